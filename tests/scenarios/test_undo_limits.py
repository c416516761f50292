"""What can no longer be taken back, line by line, and what that costs to the cent.

The growth of 12 November: workstations of Morel 12 to 13 at 12.00 a month, devices of Petit 20 to 22 at 9.00, 19 of
November's 30 days: 7.60 and 11.40.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.ledger.stage import DAY, Site
from tests.scenarios.msp import (
    CHANGES,
    GROWN,
    GROWTH,
    MIXED,
    SMALL,
    UNITS,
    WORKSTATIONS,
    Msp,
    codes_of,
    of_line,
    open_msp,
    reasons,
    states,
)

from trueup.app.errors import Exit, UseCaseError
from trueup.app.writes.applying import ApplyResult
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.reason import Reason
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings

NEXT, NOVEMBER, DECEMBER, JANUARY = GROWN + DAY, date(2026, 11, 30), date(2026, 12, 1), date(2027, 1, 1)
PETIT_GROWS_ON = {**GROWTH, "Boulangerie Petit": Site({"desktop": 12, "laptop": 6, "server": 5, "printer": 1})}


def grown(msp: Msp) -> ApplyResult:
    return msp.apply(msp.approved_plan())


def figures(outcome: Outcome) -> list[tuple[date, int, Decimal | None]]:
    return [(made.day, made.change, made.amount) for made in outcome.adjustments]


def reason_of(outcome: Outcome, code: str) -> Reason:
    return next(reason for reason in outcome.reasons if reason.code == code)


@pytest.fixture
def proved(tmp_path: Path) -> Iterator[Msp]:
    """A PSA that is proved to bill a change in a posted period as an item of its own."""
    with open_msp(tmp_path, TenantSettings(mode=Mode.MANUAL, posted_period="proration_item")) as opened:
        opened.set_up()
        yield opened


@pytest.mark.parametrize("habit", ["unproven", "refuse"])
def test_days_that_are_posted_stay_billed_and_the_next_open_period_is_taken_back(msp: Msp, habit: str) -> None:
    msp.choose(posted_period=habit)
    msp.psa.switch(posted_period="refuse")
    run = grown(msp)
    msp.night(DECEMBER)
    msp.psa.post_through(NOVEMBER)
    plan = msp.undo(run.run_id)
    outcome = of_line(plan, MIXED)
    assert outcome.status is OutcomeStatus.CHANGE
    assert figures(outcome) == [(DECEMBER, -2, Decimal("-18.00"))]
    kept = reason_of(outcome, "note.undo_closed")
    assert (kept.get("day"), kept.get("until"), kept.get("change")) == (GROWN, NOVEMBER, 2)
    assert kept.get("amount") == Decimal("11.40")
    msp.approve(plan)
    undone = msp.apply(plan)
    assert set(states(undone).values()) == {"done"}
    assert msp.verify(undone).right
    assert msp.units_now(DECEMBER) == UNITS


def test_where_a_posted_period_is_billed_by_an_item_of_its_own_the_whole_effect_is_taken_back(proved: Msp) -> None:
    run = grown(proved)
    proved.night(DECEMBER)
    proved.psa.post_through(NOVEMBER)
    plan = proved.undo(run.run_id)
    outcome = of_line(plan, MIXED)
    assert figures(outcome) == [(NEXT, -2, Decimal("-10.80"))]  # the 12th is used
    assert "note.posted_proration" in codes_of(outcome)
    assert "note.undo_closed" not in codes_of(outcome)
    proved.approve(plan)
    assert set(states(proved.apply(plan)).values()) == {"done"}
    assert proved.units_now(DECEMBER) == UNITS


def test_two_posted_periods_cost_the_first_in_part_and_the_second_whole(msp: Msp) -> None:
    run = grown(msp)
    msp.night(date(2027, 1, 4))
    msp.psa.post_through(date(2026, 12, 31))
    outcome = of_line(msp.undo(run.run_id), WORKSTATIONS)
    assert figures(outcome) == [(JANUARY, -1, Decimal("-12.00"))]
    assert reason_of(outcome, "note.undo_closed").get("amount") == Decimal("19.60")  # 7.60 + 12.00


def test_days_further_back_than_what_is_read_stay_billed(msp: Msp) -> None:
    """On 10 January the rows from 6 December on are read: November is out of reach though nobody posted it."""
    run = grown(msp)
    msp.night(date(2027, 1, 10))
    outcome = of_line(msp.undo(run.run_id), WORKSTATIONS)
    assert figures(outcome) == [(DECEMBER, -1, Decimal("-12.00"))]
    assert reason_of(outcome, "note.undo_closed").get("amount") == Decimal("7.60")


def test_a_later_change_has_to_be_taken_back_first(msp: Msp) -> None:
    first = grown(msp)
    msp.night(NEXT)
    msp.collect(PETIT_GROWS_ON)
    plan = msp.plan()
    msp.approve(plan)
    second = msp.apply(plan)
    outcome = of_line(msp.undo(first.run_id), MIXED)
    assert (outcome.status, outcome.adjustments, outcome.releasable) == (OutcomeStatus.HELD, (), ())
    held = outcome.reasons[0]
    assert (held.code, held.get("later")) == ("held.undo_later_run", second.run_id)
    assert held.get("amount") == Decimal("11.40")
    undo = msp.undo(second.run_id)
    msp.approve(undo)
    assert states(msp.apply(undo)) == {MIXED: "done"}
    back = of_line(msp.undo(first.run_id), MIXED)  # the second change is gone, so the first may follow
    # the 12th to the 14th are used: +2, +1, and the undo of that
    assert figures(back) == [(GROWN + 3 * DAY, -2, Decimal("-9.60"))]


def test_lines_without_a_later_change_are_taken_back_beside_one_that_has(msp: Msp) -> None:
    first = grown(msp)
    msp.night(NEXT)
    msp.collect(PETIT_GROWS_ON)
    plan = msp.plan()
    msp.approve(plan)
    msp.apply(plan)
    undo = msp.undo(first.run_id)
    msp.approve(undo)
    assert set(states(msp.apply(undo))) == {WORKSTATIONS, SMALL}


def test_a_line_that_somebody_edited_after_the_run_waits_with_both_counts(msp: Msp) -> None:
    run = grown(msp)
    msp.psa.edit(MIXED, NEXT, 3)
    outcome = of_line(msp.undo(run.run_id), MIXED)
    assert (outcome.status, outcome.releasable) == (OutcomeStatus.HELD, ("undo_edited",))
    held = outcome.reasons[0]
    assert (held.code, held.get("expected"), held.get("found")) == ("held.undo_edited", 22, 25)
    assert (outcome.before, outcome.after) == (25, 23)


def test_a_line_that_somebody_took_back_by_hand_is_left_as_it_is(msp: Msp) -> None:
    """An undo on top of it would bill two units too few."""
    run = grown(msp)
    msp.psa.edit(MIXED, GROWN, -2)
    outcome = of_line(msp.undo(run.run_id), MIXED)
    assert (outcome.status, codes_of(outcome)) == (OutcomeStatus.NONE, ["none.undone_by_hand"])


def test_on_an_ended_contract_the_change_stays_and_its_cost_is_said(msp: Msp) -> None:
    run = grown(msp)
    msp.psa.order("end-contract", contract=200, end_date="2026-11-20")
    msp.night(date(2026, 11, 22))
    outcome = of_line(msp.undo(run.run_id), MIXED)
    assert (outcome.status, outcome.adjustments, outcome.releasable) == (OutcomeStatus.HELD, (), ())
    held = outcome.reasons[0]
    assert (held.code, held.get("end")) == ("held.undo_contract_ended", date(2026, 11, 20))
    assert held.get("amount") is not None


def test_the_undo_of_a_fall_raises_the_line_again(msp: Msp) -> None:
    """20 devices become 18 from 12 November on, told on the night of the 14th; -2 x 9.00 x 19/30 = -11.40."""
    fewer = {**GROWTH, "Boulangerie Petit": Site({"desktop": 12, "laptop": 4, "server": 2, "printer": 1})}
    for days in range(3):
        msp.night(GROWN + days * DAY)
        msp.collect(fewer)
    plan = msp.plan()
    msp.approve(plan, {MIXED})
    run = msp.apply(plan)
    assert msp.psa.accepted() == [(MIXED, GROWN, -2)]
    undo = msp.undo(run.run_id)
    assert figures(of_line(undo, MIXED)) == [(NEXT, 2, Decimal("10.80"))]
    msp.approve(undo)
    undone = msp.apply(undo)
    assert msp.verify(undone).right
    assert msp.psa.units(MIXED, NEXT) == 20
    msp.night(GROWN + 3 * DAY)
    msp.collect(fewer)
    again = of_line(msp.plan(), MIXED)
    assert (again.status, again.before, again.after) == (OutcomeStatus.HELD, 20, 18)
    assert codes_of(again)[0] == "held.undone"


def test_a_run_that_caught_up_two_days_is_taken_back_from_both(msp: Msp) -> None:
    """Told in one night: +2 from the 12th and +1 from the 13th. Both opposites stand on the first day after them."""
    msp.night(GROWN)
    msp.collect(GROWTH)
    msp.night(NEXT)
    msp.collect(PETIT_GROWS_ON)
    plan = msp.plan()
    msp.approve(plan, {MIXED})
    run = msp.apply(plan)
    assert msp.psa.accepted() == [(MIXED, GROWN, 2), (MIXED, NEXT, 1)]
    undo = msp.undo(run.run_id)
    outcome = of_line(undo, MIXED)
    assert figures(outcome) == [(GROWN + 2 * DAY, -3, Decimal("-15.30"))]  # 17 of 30 days of 27.00
    assert (outcome.before, outcome.after) == (23, 20)


def test_an_undo_replaces_the_nightly_plan_that_is_open(msp: Msp) -> None:
    run = grown(msp)
    msp.night(NEXT)
    msp.collect(PETIT_GROWS_ON)
    nightly = msp.plan()
    msp.approve(nightly)
    msp.undo(run.run_id)
    with pytest.raises(UseCaseError) as refused:
        msp.apply(nightly)
    assert (refused.value.reason.code, refused.value.exit_code) == ("plan.superseded", Exit.REFUSED)


def test_the_nightly_plan_replaces_an_undo_that_nobody_applied(msp: Msp) -> None:
    undo = msp.undo(grown(msp).run_id)
    msp.approve(undo)
    msp.night(NEXT)
    msp.collect(PETIT_GROWS_ON)
    msp.plan()
    with pytest.raises(UseCaseError) as refused:
        msp.apply(undo)
    assert refused.value.reason.code == "plan.superseded"
    assert set(msp.psa.accepted()) == CHANGES


def test_a_line_that_moved_after_the_undo_was_shown_is_skipped(msp: Msp) -> None:
    undo = msp.undo(grown(msp).run_id)
    msp.approve(undo)
    msp.psa.edit(SMALL, NEXT, 1)
    applied = msp.apply(undo)
    assert states(applied) == {WORKSTATIONS: "done", MIXED: "done", SMALL: "skipped"}
    assert reasons(applied)[SMALL] == "apply.moved"
