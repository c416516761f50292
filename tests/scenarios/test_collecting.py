"""What a source delivers, and what it fails to deliver, seen from the PSA."""

from __future__ import annotations

from datetime import date

import pytest
from tests.scenarios.msp import CHANGES, GROWN, GROWTH, MIXED, UNITS, Msp, of_line, states

from trueup.core.outcome import OutcomeStatus
from trueup.core.usage import Coverage

DEVICES = "/v2/account/devices"
IN_THE_MIDDLE = {
    "errors": {"kind": "status", "status": 500},
    "half_body": {"kind": "half_body"},
    "broken_json": {"kind": "broken_json"},
    "html": {"kind": "html"},
    "drop": {"kind": "drop"},
    "loop": {"kind": "loop"},
    "ends_early": {"kind": "early_end"},
    "next_page_missing": {"kind": "missing_next_url"},
    "leaves_the_host": {"kind": "other_host"},
    "empty_page": {"kind": "empty"},
    "forbidden": {"kind": "status", "status": 403},
}


def test_a_service_driven_by_desktops_laptops_and_servers_shows_the_sum_of_the_three(msp: Msp) -> None:
    plan = msp.approved_plan()
    assert of_line(plan, MIXED).after == 12 + 6 + 4
    msp.apply(plan)
    assert msp.psa.units(MIXED, GROWN) == 12 + 6 + 4
    assert msp.psa.units(MIXED, date(2026, 12, 1)) == 12 + 6 + 4


@pytest.mark.parametrize("fault", IN_THE_MIDDLE.values(), ids=IN_THE_MIDDLE.keys())
def test_a_source_that_fails_in_the_middle_changes_nothing_and_says_why(fault: dict[str, object], msp: Msp) -> None:
    msp.rmm.control.post("switches", {"page_max": 10})
    msp.rmm.fault(**fault, path=DEVICES, page=2, times=0)
    msp.night(GROWN)
    collected = msp.collect(GROWTH)

    assert collected.failure is not None
    assert collected.coverage is Coverage.UNKNOWN
    plan = msp.plan()
    assert not any(outcome.adjustments for outcome in plan.outcomes)
    said = [note for note in plan.notes if note.code == "plan.source_failed"]
    assert [note.get("connection") for note in said] == ["rmm"]
    assert said[0].get("failure") == collected.failure.reason.code
    assert said[0].get("category") == collected.failure.category.value
    assert msp.psa.accepted() == []
    assert msp.units_now() == UNITS


def test_after_a_failed_night_the_next_one_sends_what_is_then_measured(msp: Msp) -> None:
    msp.rmm.fail()
    msp.night(GROWN)
    msp.collect(GROWTH)
    assert not any(outcome.adjustments for outcome in msp.plan().outcomes)
    msp.rmm.heal()
    next_day = date(2026, 11, 13)
    msp.night(next_day)
    msp.collect()
    plan = msp.plan()
    msp.approve(plan)
    applied = msp.apply(plan)
    assert set(states(applied).values()) == {"done"}
    assert set(msp.psa.accepted()) == {(line, next_day, change) for line, _, change in CHANGES}
    assert msp.verify(applied).right


def test_a_failure_does_not_take_back_what_was_measured_before(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.apply(plan)
    for day in (13, 14, 15):
        msp.night(date(2026, 11, day))
        msp.rmm.fail()
        msp.collect()
        statuses = {outcome.status for outcome in msp.plan().outcomes}
        assert statuses == {OutcomeStatus.NONE}
    assert set(msp.psa.accepted()) == CHANGES
