"""The vocabulary of catalogue files over real HTTP: paging, selection, fan-out, ways to prove who we are, measures."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from urllib.parse import parse_qs

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from tests.modules.account import assert_nothing_concluded
from tests.modules.vendor import Vendor, collected_from, values

from trueup.core.usage import Coverage
from trueup.modules.authentication import SIGNERS, Outgoing

SEATS = [{"id": n, "org": "a" if n < 4 else "b", "kind": "user"} for n in range(1, 6)]
ORGS = [{"id": "a", "name": "Alpha"}, {"id": "b", "name": "Beta"}, {"id": "c", "name": "Gamma"}]
REST = """
organizations: {stream: orgs, key: id, name: name}
billing_types: {seats: {label: Seats}}
"""
ORG_STREAM = "  orgs: {get: /orgs, fields: {id: id, name: name}}\n"
FIELDS = "fields: {id: id, org: org, kind: kind}, item: {key: id, organization: org, attributes: [kind]}"


def file_with(seats: str) -> str:
    return f"streams:\n{ORG_STREAM}  seats: {{get: /seats, {seats}, {FIELDS}}}\n{REST}"


ALL = {"a": {"seats": "3"}, "b": {"seats": "2"}, "c": {"seats": "0"}}


def of_pages(request: Request, *, total: bool = True) -> object:
    if request.url.path == "/orgs":
        return ORGS
    page, size = int(request.query_params["page"]), int(request.query_params["size"])
    rows = SEATS[(page - 1) * size : page * size]
    return {"items": rows, "pages": 3} if total else {"items": rows}


def test_pages_by_number_until_the_total_of_pages() -> None:
    paging = "paging: {kind: page, parameter: page, size_parameter: size, size: 2, start: 1, total_pages: pages}"
    with Vendor(of_pages) as vendor:
        collection = collected_from(vendor, file_with(f"select: items, {paging}"))
        asked = [query["page"] for query in vendor.asked("/seats")]
    assert values(collection) == ALL
    assert asked == ["1", "2", "3"]


def test_a_missing_total_of_pages_is_no_end() -> None:
    paging = "paging: {kind: page, parameter: page, size_parameter: size, size: 2, start: 1, total_pages: pages}"
    with Vendor(lambda request: of_pages(request, total=False)) as vendor:
        collection = collected_from(vendor, file_with(f"select: items, {paging}"))
    assert_nothing_concluded(collection, "module.cursor_missing", "truncated")


def test_pages_by_number_until_a_short_page() -> None:
    paging = "paging: {kind: page, parameter: page, size_parameter: size, size: 2, start: 1, stop_on_short_page: true}"
    with Vendor(lambda request: of_pages(request, total=False)) as vendor:
        collection = collected_from(vendor, file_with(f"select: items, {paging}"))
    assert values(collection) == ALL


def test_pages_by_number_until_a_404_that_ends_the_list_but_not_on_its_first_page() -> None:
    def script(request: Request) -> object:
        found = of_pages(request, total=False)
        empty = isinstance(found, dict) and not found["items"]
        return Response("gone", 404) if empty else found

    paging = "paging: {kind: page, parameter: page, size_parameter: size, size: 5, start: 1, stop_statuses: [404]}"
    with Vendor(script) as vendor:
        assert values(collected_from(vendor, file_with(f"select: items, {paging}"))) == ALL
    with Vendor(lambda request: ORGS if request.url.path == "/orgs" else Response("gone", 404)) as vendor:
        collection = collected_from(vendor, file_with(f"select: items, {paging}"))
    assert_nothing_concluded(collection, "module.not_found", "unreachable")


def test_rows_skipped_by_offset_until_the_total() -> None:
    def script(request: Request) -> object:
        if request.url.path == "/orgs":
            return ORGS
        skip = int(request.query_params["skip"])
        return {"Data": SEATS[skip : skip + 2], "Meta": {"TotalCount": len(SEATS)}}

    paging = "paging: {kind: offset, parameter: skip, size_parameter: top, size: 2}, totals: {rows: Meta.TotalCount}"
    with Vendor(script) as vendor:
        assert values(collected_from(vendor, file_with(f"select: Data, {paging}"))) == ALL
        assert [query["skip"] for query in vendor.asked("/seats")] == ["0", "2", "4"]


@pytest.mark.parametrize(("missing", "code"), [(False, None), (True, "module.cursor_missing")])
def test_a_cursor_is_followed_and_its_absence_is_no_end(missing: bool, code: str | None) -> None:
    def script(request: Request) -> object:
        if request.url.path == "/orgs":
            return ORGS
        at = int(request.query_params.get("cursor", "0"))
        following = str(at + 2) if at + 2 < len(SEATS) else None
        if missing and following is None:
            return {"data": SEATS[at : at + 2], "pagination": {}}
        return {"data": SEATS[at : at + 2], "pagination": {"nextCursor": following}}

    with Vendor(script) as vendor:
        paging = "paging: {kind: cursor, parameter: cursor, path: pagination.nextCursor}"
        collection = collected_from(vendor, file_with(f"select: data, {paging}"))
    if code is None:
        assert values(collection) == ALL
    else:
        assert_nothing_concluded(collection, code, "truncated")


def test_the_last_id_leads_to_the_next_rows_of_a_bare_array() -> None:
    def script(request: Request) -> object:
        if request.url.path == "/orgs":
            return ORGS
        after = int(request.query_params.get("after", "0"))
        return [seat for seat in SEATS if int(str(seat["id"])) > after][:2]

    with Vendor(script) as vendor:
        assert values(collected_from(vendor, file_with("paging: {kind: last_id, parameter: after, field: id}"))) == ALL


def test_a_list_of_pages_without_end_is_cut_off() -> None:
    def script(request: Request) -> object:
        if request.url.path == "/orgs":
            return ORGS
        at = int(request.query_params.get("cursor", "0"))
        return {"data": [], "next": at + 1}

    text = "limits: {max_pages: 7, requests: 1000}\n" + file_with(
        "select: data, paging: {kind: cursor, parameter: cursor, path: next}"
    )
    with Vendor(script) as vendor:
        assert_nothing_concluded(collected_from(vendor, text), "module.too_many_pages", "truncated")
        assert len(vendor.asked("/seats")) == 7


def test_a_next_address_may_be_relative_and_keys_may_hold_dots() -> None:
    def script(request: Request) -> object:
        if request.url.path == "/orgs":
            return ORGS
        if request.query_params.get("part") == "2":
            return {"value": SEATS[3:], "@odata.nextLink": ""}
        return {"value": SEATS[:3], "@odata.nextLink": "/seats?part=2"}

    with Vendor(script) as vendor:
        paging = r"paging: {kind: next_url, path: '@odata\.nextLink'}, query: {top: '3'}"
        assert values(collected_from(vendor, file_with(f"select: value, {paging}"))) == ALL
        assert vendor.asked("/seats")[1] == {"part": "2", "top": "3"}


def test_nested_lists_are_flattened_and_keep_what_stands_above_them() -> None:
    answer = {"clients": [
        {"org": "a", "agents": [{"uuid": "1"}, {"uuid": "2"}]},
        {"org": "b", "agents": []},
        {"org": "b", "agents": None},
        {"org": "b", "agents": [{"uuid": "3"}]},
    ]}  # fmt: skip
    text = f"""
streams:
{ORG_STREAM}
  agents:
    get: /agents
    select: clients[].agents[]
    fields: {{id: uuid, org: ^org}}
    item: {{key: id, organization: org}}
organizations: {{stream: orgs, key: id, name: name}}
billing_types: {{agents: {{label: Agents}}}}
"""
    with Vendor(lambda request: ORGS if request.url.path == "/orgs" else answer) as vendor:
        found = values(collected_from(vendor, text))
    assert found == {"a": {"agents": "2"}, "b": {"agents": "1"}, "c": {"agents": "0"}}


def test_the_values_of_an_object_are_rows() -> None:
    keyed = {"nodes": {str(seat["id"]): seat for seat in SEATS}}
    with Vendor(lambda request: ORGS if request.url.path == "/orgs" else keyed) as vendor:
        assert values(collected_from(vendor, file_with("select: nodes, values_of: true"))) == ALL


def test_a_page_that_holds_fewer_rows_than_it_says_is_cut_short() -> None:
    def script(request: Request) -> object:
        return ORGS if request.url.path == "/orgs" else {"items": SEATS[:3], "count": 5}

    with Vendor(script) as vendor:
        collection = collected_from(vendor, file_with("select: items, totals: {page_rows: count}"))
    assert_nothing_concluded(collection, "module.page_short", "truncated")


# --- fan-out

DOMAINS = [
    {"id": 1, "org": "a", "name": "Alpha"},
    {"id": 2, "org": "b", "name": "Beta"},
    {"id": 2, "org": "b", "name": "Beta"},
    {"id": 3, "org": "c", "name": "Gamma"},
]
FANOUT = """
streams:
  domains: {get: /domains, fields: {id: id, org: org, name: name}}
  seats:
    for_each: {stream: domains, organization: org, distinct: id}
    get: /saas/{id}/seats
    fields: {id: mainId, billable: billable, domain: {parent: id}, org: {parent: org}}
    item: {key: id, organization: org, attributes: [billable]}
organizations: {stream: domains, key: org, name: name}
billing_types:
  seats: {label: Billable seats, where: billable == "1"}
"""


def fan_out(failing: dict[str, object]) -> Vendor:
    def script(request: Request) -> object:
        if request.url.path == "/domains":
            return DOMAINS
        number = request.url.path.split("/")[2]
        if number in failing:
            return failing[number]
        return [{"mainId": f"{number}-{seat}", "billable": "1" if seat else "0"} for seat in range(int(number) + 1)]

    return Vendor(script)


def test_a_list_is_read_once_for_each_distinct_parent() -> None:
    with fan_out({}) as vendor:
        collection = collected_from(vendor, FANOUT)
        assert sorted(path for _, path, _, _, _ in vendor.log) == [
            "/domains", "/saas/1/seats", "/saas/2/seats", "/saas/3/seats",
        ]  # fmt: skip
    assert collection.coverage is Coverage.MEASURED
    assert values(collection) == {"a": {"seats": "1"}, "b": {"seats": "2"}, "c": {"seats": "3"}}


def test_two_customers_may_have_an_item_of_the_same_key() -> None:
    def script(request: Request) -> object:
        return DOMAINS if request.url.path == "/domains" else [{"mainId": "guest@x", "billable": "1"}]

    with Vendor(script) as vendor:
        collection = collected_from(vendor, FANOUT)
    assert values(collection) == {"a": {"seats": "1"}, "b": {"seats": "1"}, "c": {"seats": "1"}}
    (inventory,) = collection.inventories
    assert [item.key for item in inventory.items] == ["1/guest@x", "2/guest@x", "3/guest@x"]


def test_a_child_list_that_is_short_makes_only_its_organization_partial() -> None:
    def script(request: Request) -> object:
        if request.url.path == "/domains":
            return DOMAINS
        number = request.url.path.split("/")[2]
        return {"rows": [{"mainId": "x", "billable": "1"}], "total": 5 if number == "2" else 1}

    text = FANOUT.replace("    get: /saas", "    select: rows\n    totals: {rows: total}\n    get: /saas")
    with Vendor(script) as vendor:
        collection = collected_from(vendor, text)
    assert {reading.organization: reading.coverage.value for reading in collection.readings} == {
        "a": "measured",
        "b": "partial",
        "c": "measured",
    }


def test_a_child_that_fails_makes_its_organization_partial_and_no_other() -> None:
    with fan_out({"2": Response("{", 200)}) as vendor:
        collection = collected_from(vendor, FANOUT)
    assert collection.coverage is Coverage.PARTIAL
    assert {reading.organization: reading.coverage for reading in collection.readings} == {
        "a": Coverage.MEASURED,
        "b": Coverage.PARTIAL,
        "c": Coverage.MEASURED,
    }
    (inventory,) = collection.inventories
    assert inventory.partial == {"b"}
    assert [note.get("organization") for note in collection.notes if note.code == "module.child_failed"] == ["b"]


def test_children_that_all_fail_leave_nothing_to_conclude() -> None:
    with fan_out(dict.fromkeys("123", Response("oops", 500))) as vendor:
        assert_nothing_concluded(collected_from(vendor, FANOUT), "module.server_error", "unreachable")


def test_a_block_in_the_middle_of_a_fan_out_ends_the_run() -> None:
    block = JSONResponse({"message": "Too many requests, blocked"}, 403)
    with fan_out({"2": block}) as vendor:
        assert_nothing_concluded(collected_from(vendor, FANOUT), "module.address_blocked", "rate_limited")


# --- who we are


def test_basic_header_and_query_proofs_reach_the_vendor_and_stand_in_no_result() -> None:
    kinds = {
        "{kind: basic, user: '{key}', password: '{token}', headers: {clientId: x}}": ("authorization", None),
        "{kind: header, headers: {Authorization: 'ApiToken {token}'}}": ("authorization", "ApiToken t0k3n"),
        "{kind: query, parameters: {access_token: '{token}'}}": ("query", "t0k3n"),
    }
    for kind, (where, expected) in kinds.items():
        with Vendor(lambda request: ORGS if request.url.path == "/orgs" else SEATS) as vendor:
            text = "secret: {key: {label: K}, token: {label: T}}\nauth: " + kind + "\n" + file_with("select: '.'")
            collection = collected_from(vendor, text, secret={"key": "k", "token": "t0k3n"})
            _, _, query, headers, _ = vendor.log[0]
        assert values(collection) == ALL
        basic = "Basic " + base64.b64encode(b"k:t0k3n").decode()
        assert (query["access_token"] if where == "query" else headers["authorization"]) == (expected or basic)
        assert "t0k3n" not in repr(collection)


@pytest.mark.parametrize("encoding", ["form", "json"])
def test_client_credentials_in_the_body_give_a_bearer_token(encoding: str) -> None:
    def script(request: Request) -> object:
        if request.url.path == "/token":
            return {"result": {"token": "abc"}, "expires_in": 3600}
        if request.headers.get("authorization") != "Bearer abc" or request.headers.get("x-partner") != "p-1":
            return Response("no", 401)
        return {"id": "p-1"} if request.url.path == "/whoami" else ORGS if request.url.path == "/orgs" else SEATS

    text = f"""
secret: {{client: {{label: C}}, word: {{label: W}}}}
settings: {{partner: {{label: P, default: p-1}}}}
auth:
  kind: oauth2
  token_url: "{{base_url}}/token"
  grant: client_credentials
  encoding: {encoding}
  client_id: "{{client}}"
  client_secret: "{{word}}"
  extra: {{scope: token}}
  token_path: result.token
  headers: {{X-Partner: "{{partner}}"}}
bootstrap: {{url: /whoami, variables: {{partner_id: id}}}}
""" + file_with("select: '.', query: {of: '{partner_id}'}")
    with Vendor(script) as vendor:
        collection = collected_from(vendor, text, secret={"client": "c", "word": "w"})
        method, path, _, _, body = vendor.log[0]
        assert vendor.asked("/seats") == [{"of": "p-1"}]
    assert values(collection) == ALL
    sent = json.loads(body) if encoding == "json" else {k: v[0] for k, v in parse_qs(body.decode()).items()}
    assert (method, path) == ("POST", "/token")
    assert sent == {"grant_type": "client_credentials", "client_id": "c", "client_secret": "w", "scope": "token"}


def test_a_long_lived_token_is_exchanged_for_a_short_one() -> None:
    def script(request: Request) -> object:
        if request.url.path == "/auth":
            good = request.headers["authorization"] == "Bearer jwt"
            return {"tokens": {"access": {"token": "short"}}} if good else Response("no", 401)
        if request.headers.get("authorization") != "Bearer short":
            return Response("no", 401)
        return ORGS if request.url.path == "/orgs" else SEATS

    auth = "{kind: exchange, token_url: '{base_url}/auth', bearer: '{jwt}', token_path: tokens.access.token}"
    with Vendor(script) as vendor:
        text = "secret: {jwt: {label: J}}\nauth: " + auth + "\n" + file_with("select: '.'")
        assert values(collected_from(vendor, text, secret={"jwt": "jwt"})) == ALL


def test_a_vendor_with_a_signature_of_its_own_needs_one_function() -> None:
    def sign(request: Outgoing, given: Mapping[str, str]) -> None:
        request.headers["Signature"] = given["secret"][::-1] + request.url.rsplit("/", 1)[1]

    SIGNERS["backwards"] = sign
    try:
        with Vendor(lambda request: ORGS if request.url.path == "/orgs" else SEATS) as vendor:
            auth = "auth: {kind: signed, signer: backwards, values: {secret: '{word}'}}\n"
            text = "secret: {word: {label: W}}\n" + auth + file_with("select: '.'")
            assert values(collected_from(vendor, text, secret={"word": "abc"})) == ALL
            assert [headers["signature"] for _, _, _, headers, _ in vendor.log] == ["cbaorgs", "cbaseats"]
    finally:
        del SIGNERS["backwards"]


# --- reading by POST, errors with status 200


def test_a_query_by_post_carries_its_body_and_an_error_in_the_body_is_an_error() -> None:
    failing = False

    def script(request: Request) -> object:
        if request.url.path == "/orgs":
            return ORGS
        return {"error": {"code": -32600}} if failing else {"result": SEATS, "error": None}

    text = (
        f"""
streams:
{ORG_STREAM}
  seats:
    post_query: /rpc
    body: {{jsonrpc: "2.0", method: getSeats, params: {{month: "{{month}}/{{year}}"}}}}
    select: result
    errors: {{error: error}}
    {FIELDS.replace(", item", chr(10) + "    item")}
"""
        + REST
    )
    with Vendor(script) as vendor:
        assert values(collected_from(vendor, text)) == ALL
        method, _, _, _, body = vendor.log[-1]
        assert method == "POST"
        assert json.loads(body) == {"jsonrpc": "2.0", "method": "getSeats", "params": {"month": "03/2026"}}
        failing = True
        assert_nothing_concluded(collected_from(vendor, text), "module.error_in_body", "schema_changed")


def test_an_answer_that_says_it_did_not_succeed_is_an_error() -> None:
    def script(request: Request) -> object:
        return ORGS if request.url.path == "/orgs" else {"stat": "FAIL", "response": []}

    with Vendor(script) as vendor:
        collection = collected_from(vendor, file_with("select: response, errors: {success: stat}"))
    assert_nothing_concluded(collection, "module.error_in_body", "schema_changed")


def test_a_status_that_means_empty_for_one_stream_is_an_empty_list() -> None:
    def script(request: Request) -> object:
        return ORGS if request.url.path == "/orgs" else Response("nothing this month", 404)

    with Vendor(script) as vendor:
        collection = collected_from(vendor, file_with("select: items, empty_on: [404]"))
    assert values(collection) == {"a": {"seats": "0"}, "b": {"seats": "0"}, "c": {"seats": "0"}}


def test_a_list_that_is_null_or_missing_is_not_an_empty_list() -> None:
    for answer in ({"items": None}, {}, {"items": "none"}, [], None):
        with Vendor(
            lambda request, answer=answer: ORGS if request.url.path == "/orgs" else JSONResponse(answer)
        ) as vendor:
            collection = collected_from(vendor, file_with("select: items"))
        assert_nothing_concluded(collection, "module.list_missing", "schema_changed")


# --- what is counted

USAGE = [
    {"org": "a", "sku": "SPE_E3", "owner": "x", "used": "7", "on": 1},
    {"org": "a", "sku": "SPE_E3", "owner": "x", "used": 2.5, "on": 0},
    {"org": "a", "sku": "Exchange Plan 1", "owner": "y", "used": 4, "on": 0},
    {"org": "b", "sku": "SPE_E3", "owner": "z", "used": 0.1, "on": 0},
    {"org": "b", "sku": "SPE_E3", "owner": "z", "used": 0.2, "on": 0},
]
MEASURES = f"""
streams:
{ORG_STREAM}
  usage:
    get: /usage
    fields:
      row: {{paths: [id, row]}}
      org: org
      sku: sku
      owner: owner
      used: {{paths: [used], kind: number}}
      active: {{paths: ["on"], kind: flag}}
    item: {{key: row, organization: org, attributes: [sku, owner, used, active]}}
organizations: {{stream: orgs, key: id, name: name}}
billing_types:
  used: {{label: Used, measure: sum, field: used, unit: GB}}
  owners: {{label: Owners, measure: count_distinct, field: owner}}
  module_on: {{label: Is on, measure: flag, where: active, kind: flag}}
dynamic:
  - {{name_from: sku, measure: sum, field: used}}
"""


def usage_answers(rows: list[dict[str, object]]) -> Vendor:
    numbered = [{**row, "row": f"r{number}"} for number, row in enumerate(rows)]
    return Vendor(lambda request: ORGS if request.url.path == "/orgs" else numbered)


def test_sums_are_exact_distinct_values_count_once_and_flags_are_one_or_zero() -> None:
    with usage_answers(USAGE) as vendor:
        collection = collected_from(vendor, MEASURES)
    found = values(collection)
    assert {key: found["a"][key] for key in ("used", "owners", "module_on", "spe_e3")} == {
        "used": "13.5", "owners": "2", "module_on": "1", "spe_e3": "9.5",
    }  # fmt: skip
    assert {key: found["b"][key] for key in ("used", "owners", "module_on", "spe_e3")} == {
        "used": "0.3", "owners": "1", "module_on": "0", "spe_e3": "0.3",
    }  # fmt: skip
    assert set(found["c"].values()) == {"0"}


def test_a_product_that_the_module_names_itself_becomes_a_billing_type() -> None:
    with usage_answers(USAGE) as vendor:
        collection = collected_from(vendor, MEASURES)
    named = {t.label: t for t in collection.billing_types}
    assert named["SPE_E3"].key == "acme.spe_e3"
    assert named["Exchange Plan 1"].key.startswith("acme.n_exchange_plan_1_")
    assert named["SPE_E3"].condition == 'sku == "SPE_E3"'


def test_a_number_that_is_none_makes_its_organization_partial_not_smaller() -> None:
    with usage_answers([*USAGE, {"org": "b", "sku": "SPE_E3", "owner": "z", "used": "lots", "on": 0}]) as vendor:
        collection = collected_from(vendor, MEASURES)
    assert collection.coverage is Coverage.PARTIAL
    covered = {(r.organization, r.metric): r.coverage for r in collection.readings}
    assert covered["b", "acme.used"] is Coverage.PARTIAL
    assert covered["b", "acme.owners"] is Coverage.MEASURED
    assert covered["a", "acme.used"] is Coverage.MEASURED


def test_an_organization_is_known_by_the_first_key_that_is_there() -> None:
    rows = [{"id": 1, "org": None, "client": "Small"}, {"id": 2, "org": 77, "client": "Big"}, {"id": 3}]
    text = """
streams:
  devices:
    get: /devices
    fields:
      id: id
      name: client
      org: {paths: [org, client], prefixes: ["org:", "name:"]}
    item: {key: id, organization: org}
  orgs:
    get: /devices
    fields: {key: {paths: [org, client], prefixes: ["org:", "name:"]}, name: client}
organizations: {stream: orgs, key: key, name: name}
billing_types: {devices: {label: Devices}}
"""
    with Vendor(lambda _request: rows) as vendor:
        collection = collected_from(vendor, text)
    assert values(collection) == {
        "org:77": {"devices": "1"},
        "name:Small": {"devices": "1"},
        "~unassigned": {"devices": "1"},
    }
