"""How lists go on and where their rows are, over real HTTP with a scripted vendor."""

from __future__ import annotations

import json

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from tests.modules.account import assert_nothing_concluded
from tests.modules.vendor import ALL, FIELDS, ORG_STREAM, ORGS, REST, SEATS, Vendor, collected_from, file_with, values


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


def test_a_record_that_is_null_is_shown_and_loses_nobody_else() -> None:
    script = {"/orgs": [None, *ORGS], "/seats": {"items": [*SEATS, None], "total": 6}}
    with Vendor(lambda request: script[request.url.path]) as vendor:
        collection = collected_from(vendor, file_with("select: items, totals: {rows: total}"))
    assert values(collection) == {**ALL, "~unassigned": {"seats": "1"}}
    assert "module.item_without_key" in [note.code for note in collection.notes]
