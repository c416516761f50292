"""Between approving and applying somebody changed something: what was not shown is not done (design law 3)."""

from __future__ import annotations

from datetime import date, timedelta

import httpx2
import pytest
from tests.scenarios.msp import CHANGES, GROWN, GROWN_UNITS, MIXED, SMALL, WORKSTATIONS, Msp, reasons, states

from trueup.app.errors import Exit, UseCaseError
from trueup.core.outcome import Plan

DECEMBER = date(2026, 12, 1)


def refusal(msp: Msp, plan: Plan) -> UseCaseError:
    with pytest.raises(UseCaseError) as refused:
        msp.apply(plan)
    return refused.value


def only_the_stale_line_is_skipped(msp: Msp, plan: Plan, stale: int) -> None:
    applied = msp.apply(plan)
    assert states(applied) == {line: "skipped" if line == stale else "done" for line, _, _ in CHANGES}
    assert reasons(applied)[stale] == "apply.moved"
    assert set(msp.psa.accepted()) == {change for change in CHANGES if change[0] != stale}
    assert msp.verify(applied).right


def test_a_line_that_a_person_edited_meanwhile_is_skipped_and_reported(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.psa.edit(MIXED, GROWN, 1)
    only_the_stale_line_is_skipped(msp, plan, MIXED)
    assert msp.psa.units(MIXED, GROWN) == 21


def test_a_line_that_a_person_edited_in_a_later_period_is_skipped(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.psa.edit(SMALL, DECEMBER, 2)
    only_the_stale_line_is_skipped(msp, plan, SMALL)
    assert (msp.psa.units(SMALL, GROWN), msp.psa.units(SMALL, DECEMBER)) == (11, 13)


def test_a_line_whose_contract_was_ended_meanwhile_is_skipped(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.psa.order("end-contract", contract=300, end_date="2026-11-30")
    only_the_stale_line_is_skipped(msp, plan, SMALL)


def test_a_line_whose_price_was_changed_meanwhile_is_skipped(msp: Msp) -> None:
    plan = msp.approved_plan()
    signed_in = msp.psa.sim.credentials
    headers = {
        "UserName": signed_in["user_name"],
        "Secret": signed_in["secret"],
        "ApiIntegrationCode": signed_in["integration_code"],
    }
    root = httpx2.get(
        f"{msp.psa.sim.url}/atservicesrest/v1.0/zoneInformation", params={"user": headers["UserName"]}
    ).json()["url"]
    body = {"id": MIXED, "adjustedPrice": 9.5}
    changed = httpx2.patch(f"{root.rstrip('/')}/V1.0/Contracts/200/Services", json=body, headers=headers)
    assert changed.status_code == 200, changed.text
    only_the_stale_line_is_skipped(msp, plan, MIXED)


def test_a_line_whose_period_was_posted_meanwhile_is_skipped(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.psa.order("approve-and-post", through="2026-11-30", contract=100)
    only_the_stale_line_is_skipped(msp, plan, WORKSTATIONS)


def test_a_line_that_moved_is_planned_anew_the_next_time(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.psa.edit(SMALL, GROWN, 1)  # just what we wanted
    msp.apply(plan)
    again = msp.plan()
    assert not any(outcome.adjustments for outcome in again.outcomes)
    assert msp.units_now() == GROWN_UNITS


def test_an_expired_plan_is_refused_and_nothing_is_sent(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.later(timedelta(hours=24, seconds=1))
    refused = refusal(msp, plan)
    assert (refused.reason.code, refused.exit_code) == ("plan.expired", Exit.REFUSED)
    assert msp.psa.sends() == 0


def test_a_plan_is_good_for_its_whole_day(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.later(timedelta(hours=23, minutes=59))
    msp.apply(plan)
    assert set(msp.psa.accepted()) == CHANGES


def test_a_superseded_plan_is_refused_and_nothing_is_sent(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.plan()
    refused = refusal(msp, plan)
    assert (refused.reason.code, refused.exit_code) == ("plan.superseded", Exit.REFUSED)
    assert msp.psa.sends() == 0


def test_a_plan_that_nobody_approved_is_refused(msp: Msp) -> None:
    msp.grow()
    refused = refusal(msp, msp.plan())
    assert (refused.reason.code, refused.exit_code) == ("apply.not_approved", Exit.REFUSED)
    assert msp.psa.sends() == 0


def test_a_line_that_was_not_approved_is_not_sent(msp: Msp) -> None:
    msp.grow()
    plan = msp.plan()
    msp.approve(plan, {SMALL})
    assert states(msp.apply(plan)) == {SMALL: "done"}
    assert msp.psa.accepted() == [(SMALL, GROWN, 1)]


def test_applying_twice_sends_nothing_twice(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.apply(plan)
    assert refusal(msp, plan).exit_code is Exit.REFUSED
    assert sorted(msp.psa.accepted()) == sorted(CHANGES)
