"""A list that is read once for each record of another."""

from __future__ import annotations

import asyncio
import gzip

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from tests.modules.account import assert_nothing_concluded
from tests.modules.vendor import Vendor, collected_from, values

from trueup.core.usage import Coverage
from trueup.modules.calls import ANSWER_BYTES

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


class Late(Response):
    """An answer that takes its time."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.3)
        await super().__call__(scope, receive, send)


def test_calls_side_by_side_that_are_refused_with_one_token_log_in_once() -> None:
    tokens: list[str] = []

    def script(request: Request) -> object:
        path = request.url.path
        if path == "/token":
            tokens.append(f"t{len(tokens)}")
            return {"access_token": tokens[-1], "expires_in": 3600}
        token = request.headers["authorization"].removeprefix("Bearer ")
        if path == "/domains":
            return DOMAINS
        if token == "t0" or token != tokens[-1]:  # a login ends the token before it
            return Late("no", 401) if path.startswith("/saas/3/") else Response("no", 401)
        return [{"mainId": f"seat of {path}", "billable": "1"}]

    auth = (
        "{kind: oauth2, token_url: '{base_url}/token', grant: client_credentials, "
        "client_id: '{client}', client_secret: '{word}'}"
    )
    text = f"secret: {{client: {{label: C}}, word: {{label: W}}}}\nauth: {auth}\n{FANOUT}"
    with Vendor(script) as vendor:
        collection = collected_from(vendor, text, secret={"client": "c", "word": "w"})
    assert values(collection) == {"a": {"seats": "1"}, "b": {"seats": "1"}, "c": {"seats": "1"}}
    assert tokens == ["t0", "t1"]


def test_an_answer_that_unpacks_to_more_than_memory_should_hold_is_not_read_to_its_end() -> None:
    packed = gzip.compress(b"[" + b" " * ANSWER_BYTES + b"]", compresslevel=1)

    def script(request: Request) -> object:
        return Response(packed, headers={"Content-Encoding": "gzip"}, media_type="application/json")

    with Vendor(script) as vendor:
        collection = collected_from(vendor, FANOUT)
    assert len(packed) < 1_000_000
    assert_nothing_concluded(collection, "module.answer_too_large", "implausible")
