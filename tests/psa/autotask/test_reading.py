from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from tests.psa.autotask.conftest import FAST, FIRST, LAST, Desk

from trueup.core.contract import LineKind, PeriodType, PsaSnapshot, UnitRow
from trueup_simulators.autotask import large_scenario

Opener = Callable[..., Desk]


def read(desk: Desk, first: date = FIRST, last: date = LAST) -> PsaSnapshot:
    return desk.use(lambda psa: psa.read(first, last))


def test_a_plan_s_read_shows_contracts_lines_and_the_units_of_its_days(desk: Desk) -> None:
    snapshot = read(desk)

    contracts = {contract.id: contract for contract in snapshot.contracts}
    assert set(contracts) == {"1001", "1002", "1003", "1004", "1005", "1006", "1007", "1010", "1011"}
    assert contracts["1003"].period is PeriodType.QUARTERLY
    assert contracts["1011"].period is PeriodType.SEMI_ANNUAL
    assert (contracts["1004"].start, contracts["1004"].end) == (date(2025, 7, 1), date(2032, 6, 30))
    rows = dict(snapshot.rows)
    assert [(row.start, row.end, row.units) for row in rows["5004"]] == [
        (date(2026, 5, 15), date(2026, 6, 14), 25),
        (date(2026, 6, 15), date(2026, 7, 14), 25),
    ]
    assert rows["5001"] == (UnitRow(date(2026, 6, 1), date(2026, 6, 30), 17, Decimal("76.5")),)
    assert set(rows) == {line.id for line in snapshot.lines}


def test_a_contract_without_an_end_has_none(desk: Desk) -> None:
    contracts = {contract.id: contract for contract in read(desk).contracts}
    assert contracts["1006"].end is None


def test_an_inactive_contract_is_read_because_it_still_bills(desk: Desk) -> None:
    contracts = {contract.id: contract for contract in read(desk).contracts}
    assert not contracts["1010"].active
    assert contracts["1001"].active


def test_a_payer_is_named_only_when_it_is_another(desk: Desk) -> None:
    contracts = {contract.id: contract for contract in read(desk).contracts}
    assert contracts["1005"].payer_id == "204"
    assert contracts["1001"].payer_id is None


def test_the_msp_s_own_company_with_id_0_is_a_customer(desk: Desk) -> None:
    assert next(one for one in read(desk).customers if one.id == "0").name == "Example MSP SARL"


def test_dead_and_cancelled_companies_may_not_be_mapped(open_desk: Opener) -> None:
    companies = [
        {"id": 201, "companyName": "Customer", "companyType": 1},
        {"id": 202, "companyName": "Dead but active", "companyType": 4},
        {"id": 203, "companyName": "Cancelled", "companyType": 6},
        {"id": 204, "companyName": "Inactive", "companyType": 1, "isActive": False},
        {"id": 205, "companyName": "Vendor", "companyType": 7},
    ]
    desk = open_desk({"companies": companies, "contracts": [], "lines": [], "bundle_lines": []})
    found = desk.use(lambda psa: psa.read_catalogue())
    assert {one.id: one.billable for one in found.customers} == {
        "201": True,
        "202": False,
        "203": False,
        "204": False,
        "205": True,
    }


def test_a_catalogue_has_services_and_bundles_and_nothing_of_contracts(desk: Desk) -> None:
    found = desk.use(lambda psa: psa.read_catalogue())
    services = {service.id: service for service in found.services}
    assert services["301"].sku == "RMM-WS"
    assert services["303"].invoice_name == "Managed workstation per month"
    assert services["308"].period is PeriodType.YEARLY
    assert services["bundle-41"].kind is LineKind.BUNDLE
    assert (found.contracts, found.lines, found.rows) == ((), (), ())


def test_a_bundle_line_and_a_service_line_of_the_same_number_are_two_lines(open_desk: Opener) -> None:
    bundle_lines = [{"id": 5013, "contractID": 1007, "serviceBundleID": 41, "units": {"2025-05-01": 15}}]
    snapshot = read(open_desk({"bundle_lines": bundle_lines}))
    rows = dict(snapshot.rows)
    assert rows["5013"][0].units == 40
    assert rows["bundle-5013"][0].units == 15
    kinds = {line.id: line.kind for line in snapshot.lines}
    assert (kinds["5013"], kinds["bundle-5013"]) == (LineKind.SERVICE, LineKind.BUNDLE)


def test_a_line_that_was_never_adjusted_has_no_rows(desk: Desk) -> None:
    assert dict(read(desk).rows)["5017"] == ()


def test_a_posted_row_carries_its_mark(desk: Desk) -> None:
    desk.order("approve-and-post", through="2026-06-01")
    row = dict(read(desk).rows)["5001"][0]
    assert row.posted is not None


@pytest.mark.parametrize("side", ["old", "new"])
def test_a_renewed_contract_names_its_successor_on_whichever_side_the_id_sits(open_desk: Opener, side: str) -> None:
    desk = open_desk({"switches": {"renewed_contract_id_on": side}})
    renewed = desk.order("renew-contract", contract=1001, start_date="2026-06-20", end_date="2027-06-19")
    successor = str(renewed["contract"]["id"])
    contracts = {contract.id: contract for contract in read(desk).contracts}
    assert contracts["1001"].successor_id == successor
    assert contracts[successor].successor_id is None
    assert contracts["1001"].end == date(2026, 6, 19)


@pytest.mark.parametrize("side", ["old", "new"])
def test_a_successor_that_starts_after_the_days_is_still_told_from_a_predecessor(open_desk: Opener, side: str) -> None:
    desk = open_desk({"switches": {"renewed_contract_id_on": side}})
    renewed = desk.order("renew-contract", contract=1001, start_date="2026-07-01", end_date="2027-06-30")
    successor = str(renewed["contract"]["id"])
    june = {contract.id: contract for contract in read(desk).contracts}
    july = {contract.id: contract for contract in read(desk, date(2026, 7, 1), date(2026, 7, 31)).contracts}
    assert june["1001"].successor_id == (successor if side == "old" else None)
    assert july[successor].successor_id is None


def test_lines_of_a_contract_that_ended_are_not_read(desk: Desk) -> None:
    assert "5014" not in {line.id for line in read(desk).lines}
    december = read(desk, date(2025, 12, 1), date(2025, 12, 31))
    assert "5014" in {line.id for line in december.lines}


def test_fresh_units_come_for_the_asked_lines_only_in_the_asked_order(desk: Desk) -> None:
    found = desk.use(lambda psa: psa.read_units(["5017", "bundle-6001", "5001"], FIRST, LAST))
    assert [line for line, _ in found] == ["5017", "bundle-6001", "5001"]
    assert [[row.units for row in rows] for _, rows in found] == [[], [15], [17]]


def test_fresh_lines_come_with_their_contracts_also_when_these_ended(desk: Desk) -> None:
    found = desk.use(lambda psa: psa.read_lines(["5014", "5001", "bundle-6001"]))
    assert [line.id for line in found.lines] == ["5001", "5014", "bundle-6001"]
    assert {contract.id: contract.end for contract in found.contracts} == {
        "1001": date(2030, 12, 31),
        "1008": date(2025, 12, 31),
        "1007": date(2030, 4, 30),
    }


def test_billing_codes_are_the_active_ones_for_recurring_services(desk: Desk) -> None:
    codes = desk.use(lambda psa: psa.billing_codes())
    assert [(code.id, code.name) for code in codes] == [("2001", "Recurring Services")]


def test_progress_names_each_step_with_a_growing_number(desk: Desk) -> None:
    seen: list[tuple[str, int]] = []
    desk.use(lambda psa: psa.read(FIRST, LAST, lambda step, done, _: seen.append((step, done))))
    assert {step for step, _ in seen} == {"customers", "services", "contracts", "lines", "units"}
    assert ("lines", 16) in seen


def test_a_listing_of_many_pages_is_read_to_its_last_row(open_desk: Opener) -> None:
    desk = open_desk(large_scenario(customers=30, lines=1_700, months=12))
    small = replace(FAST, page_size=100, longest_list=7)
    snapshot = desk.use(lambda psa: psa.read(FIRST, LAST), settings=small)
    state = desk.ask("state")
    assert {line.id for line in snapshot.lines} == {str(line["id"]) for line in state["lines"]}
    june = {
        str(row["contractServiceID"]): row["units"] for row in state["rows"] if row["startDate"][:10] == "2026-06-01"
    }
    assert {line: rows[0].units for line, rows in snapshot.rows} == june
    assert len(june) == 1_700


def test_a_page_that_is_exactly_full_and_the_last_costs_no_further_call(open_desk: Opener) -> None:
    desk = open_desk(large_scenario(customers=25, lines=100))
    desk.use(lambda psa: psa.read_catalogue(), settings=replace(FAST, page_size=25))
    calls = desk.ask("calls")["counters"]
    assert calls["Companies POST query"] == 1


def test_never_more_than_the_allowed_threads_at_an_endpoint(open_desk: Opener) -> None:
    desk = open_desk(large_scenario(customers=40, lines=2_000))
    desk.switch(latency_ms=20)
    slow = replace(FAST, page_size=50, longest_list=10)
    desk.use(lambda psa: psa.read(FIRST, LAST), settings=slow)
    assert max(desk.ask("calls")["peak_threads"].values()) == 3
    desk.order("switches", thread_limit=2)
    for_two = replace(slow, threads=2)
    calls = desk.use(lambda psa: psa.read(FIRST, LAST), settings=for_two)
    assert len(calls.lines) == 2_000


def test_a_plan_for_a_thousand_customers_needs_at_most_a_tenth_more_calls_than_its_pages(open_desk: Opener) -> None:
    desk = open_desk(large_scenario(customers=1_000, lines=20_000))

    async def read_and_count(psa):  # type: ignore[no-untyped-def]
        return await psa.read(FIRST, LAST), psa.calls

    snapshot, calls = desk.use(read_and_count)
    rows = sum(len(rows) for _, rows in snapshot.rows)
    listings = (snapshot.customers, snapshot.contracts, snapshot.services, snapshot.lines)
    least = sum(math.ceil(len(listing) / 500) for listing in listings) + math.ceil(rows / 500)
    assert (len(snapshot.lines), rows) == (20_000, 20_000)
    assert calls.reads <= least * 1.10
    assert calls.setup <= 8
    # the simulator counts every call but the zone lookup
    assert desk.ask("calls")["total"] == calls.setup + calls.reads - 1
