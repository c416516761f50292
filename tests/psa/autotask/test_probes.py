from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import islice

import pytest
from tests.psa.autotask.conftest import Desk

from trueup.core.finding import Finding, FindingState
from trueup.psa.autotask.sample import period_starts

Opener = Callable[..., Desk]


def probe(desk: Desk) -> dict[str, Finding]:
    return {finding.code: finding for finding in desk.use(lambda psa: psa.probe_facts())}


def state(found: dict[str, Finding], code: str) -> FindingState:
    return found[f"autotask.fact.{code}"].state


def test_what_is_assumed_holds_in_a_tenant_that_behaves_as_described(desk: Desk) -> None:
    desk.order("approve-and-post", through="2026-06-01")
    found = probe(desk)
    for code in (
        "contract_type", "period_type", "dates_at_midnight", "line_without_rows", "row_price_extended",
        "rows_do_not_overlap", "rows_follow_without_gap", "rows_anchored_at_contract_start", "rows_end_with_contract",
        "future_rows", "posted_marks", "billing_item_period", "missing_item", "exact_page", "count_matches",
    ):  # fmt: skip
        assert state(found, code) is FindingState.OK, code


def test_probing_writes_nothing_and_names_nobody(desk: Desk) -> None:
    before = desk.ask("state")
    found = probe(desk)
    assert desk.ask("state") == before
    shown = repr(found)
    assert not [one["companyName"] for one in before["companies"] if one["companyName"] in shown]
    assert not [one["contractName"] for one in before["contracts"] if one["contractName"] in shown]
    assert not [value for value in dict(desk.sim.credentials).values() if value in shown]


def test_nothing_posted_is_nothing_to_judge_by(desk: Desk) -> None:
    found = probe(desk)
    for code in ("posted_marks", "billing_item_period", "billing_item_adjustment", "successor_on_old_contract"):
        assert state(found, code) is FindingState.SKIPPED, code


@pytest.mark.parametrize(("rule", "answer"), [("200null", "null"), ("404", "404")])
def test_both_answers_to_a_missing_id_are_known(desk: Desk, rule: str, answer: str) -> None:
    desk.switch(missing_item=rule)
    finding = probe(desk)["autotask.fact.missing_item"]
    assert (finding.state, finding.reason.get("answer")) == (FindingState.OK, answer)


@pytest.mark.parametrize(("side", "expected"), [("old", FindingState.OK), ("new", FindingState.WARNING)])
def test_the_side_of_the_renewal_id_is_told(desk: Desk, side: str, expected: FindingState) -> None:
    desk.switch(renewed_contract_id_on=side)
    desk.order("renew-contract", contract=1001, start_date="2026-01-01", end_date="2031-12-31")
    desk.order("renew-contract", contract=1002, start_date="2027-06-15", end_date="2031-06-14")
    assert state(probe(desk), "successor_on_old_contract") is expected


def test_a_row_whose_price_is_per_unit_is_noticed(desk: Desk) -> None:
    desk.fault("set-field", entity="ContractServiceUnits", action="query", field="price", value=4.5, times=None)
    finding = probe(desk)["autotask.fact.row_price_extended"]
    assert finding.state is FindingState.WARNING
    assert int(str(finding.reason.get("differ"))) > 0


def test_rows_that_overlap_are_noticed(desk: Desk) -> None:
    desk.fault("set-field", entity="ContractServiceUnits", field="endDate", value="2032-12-31T00:00:00Z", times=None)
    found = probe(desk)
    assert state(found, "rows_do_not_overlap") is FindingState.WARNING
    assert state(found, "rows_end_with_contract") is FindingState.WARNING


def test_rows_that_do_not_begin_with_the_contract_s_periods_are_noticed(desk: Desk) -> None:
    desk.fault("set-field", entity="Contracts", field="startDate", value="2025-01-11T00:00:00Z", times=None)
    assert state(probe(desk), "rows_anchored_at_contract_start") is FindingState.WARNING


def test_times_within_date_fields_are_noticed(desk: Desk) -> None:
    desk.fault("set-field", entity="Contracts", field="startDate", value="2025-01-01T13:00:00Z", times=None)
    assert state(probe(desk), "dates_at_midnight") is FindingState.WARNING


def test_a_count_that_does_not_match_is_noticed(desk: Desk) -> None:
    desk.fault("empty-list", entity="Contracts", action="count", times=None)
    assert state(probe(desk), "count_matches") is FindingState.WARNING


def test_a_service_s_own_period_that_drives_the_rows_is_noticed(open_desk: Opener) -> None:
    desk = open_desk({"switches": {"period_source": "service"}})
    assert state(probe(desk), "contract_period_decides") is FindingState.WARNING
    assert state(probe(open_desk()), "contract_period_decides") is FindingState.OK


def test_a_probe_that_fails_does_not_stop_the_others(desk: Desk) -> None:
    desk.fault("html-500", entity="BillingItems", times=None)
    found = probe(desk)
    assert state(found, "billing_item_period") is FindingState.FAILED
    assert state(found, "exact_page") is FindingState.OK


def test_without_a_sign_in_there_is_one_finding(desk: Desk) -> None:
    found = desk.use(lambda psa: psa.probe_facts(), credentials=desk.credentials(secret="x"))
    assert [(one.code, one.state) for one in found] == [("autotask.fact.sample", FindingState.FAILED)]


def test_periods_are_counted_from_the_anchor_and_clamped_to_short_months() -> None:
    assert list(islice(period_starts(date(2025, 1, 31), 1), 4)) == [
        date(2025, 1, 31),
        date(2025, 2, 28),
        date(2025, 3, 31),
        date(2025, 4, 30),
    ]
    assert list(islice(period_starts(date(2024, 2, 29), 12), 3)) == [
        date(2024, 2, 29),
        date(2025, 2, 28),
        date(2026, 2, 28),
    ]
    assert list(islice(period_starts(date(2025, 11, 15), 3), 2)) == [date(2025, 11, 15), date(2026, 2, 15)]
