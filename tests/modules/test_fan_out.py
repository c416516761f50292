"""A list that is read once for each record of another."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from tests.modules.account import assert_nothing_concluded
from tests.modules.vendor import Vendor, collected_from, values

from trueup.core.usage import Coverage

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
