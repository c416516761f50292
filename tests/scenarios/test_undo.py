"""Taking a run back while its period is open: the opposite on the earliest day that the PSA takes, to the cent.

The growth of 12 November: +1 at 12.00, +2 at 9.00 and +1 at 12.00 a month, 19 of November's 30 days.
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
    GROWN_UNITS,
    GROWTH,
    MIXED,
    SMALL,
    UNITS,
    WORKSTATIONS,
    Msp,
    codes_of,
    of_line,
    open_msp,
    states,
)

from trueup.app.errors import Exit, UseCaseError
from trueup.app.writes.applying import ApplyResult
from trueup.core.outcome import Outcome, OutcomeStatus, Plan
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.store.errors import StoreError

NEXT = GROWN + DAY
DECEMBER = date(2026, 12, 1)


def grown(msp: Msp) -> ApplyResult:
    return msp.apply(msp.approved_plan())


def taken_back(msp: Msp, run_id: str, reason: str = "") -> ApplyResult:
    plan = msp.undo(run_id, reason=reason)
    msp.approve(plan)
    return msp.apply(plan)


def figures(outcome: Outcome) -> list[tuple[date, int, Decimal | None]]:
    return [(made.day, made.change, made.amount) for made in outcome.adjustments]


def planned(plan: Plan) -> dict[int, list[tuple[date, int, Decimal | None]]]:
    return {int(outcome.line_id): figures(outcome) for outcome in plan.outcomes}


def test_undo_plans_the_opposite_on_the_next_free_day_with_what_stays_billed(msp: Msp) -> None:
    """No second change a date: the opposite stands a day later, and the day between stays billed."""
    run = grown(msp)
    plan = msp.undo(run.run_id, reason="wrong tariff")
    assert planned(plan) == {
        WORKSTATIONS: [(NEXT, -1, Decimal("-7.20"))],  # 18 of 30 days of 12.00
        MIXED: [(NEXT, -2, Decimal("-10.80"))],
        SMALL: [(NEXT, -1, Decimal("-7.20"))],
    }
    outcome = of_line(plan, WORKSTATIONS)
    assert (outcome.status, outcome.before, outcome.after) == (OutcomeStatus.CHANGE, 13, 12)
    assert codes_of(outcome) == ["change.undo", "note.date_moved"]
    assert outcome.reasons[1].get("difference") == Decimal("-0.40")  # 7.60 billed, 7.20 given back
    (note,) = plan.notes
    assert (note.code, note.get("run"), note.get("person"), note.get("reason")) == (
        "plan.undoes",
        run.run_id,
        "tests",
        "wrong tariff",
    )


def test_nothing_is_written_before_the_undo_is_approved(msp: Msp) -> None:
    run = grown(msp)
    plan = msp.undo(run.run_id)
    with pytest.raises(UseCaseError) as refused:
        msp.apply(plan)
    assert refused.value.reason.code == "apply.not_approved"
    assert set(msp.psa.accepted()) == CHANGES


def test_an_undo_is_approved_applied_and_verified_like_any_plan(msp: Msp) -> None:
    run = grown(msp)
    undone = taken_back(msp, run.run_id)
    assert set(states(undone).values()) == {"done"}
    assert set(msp.psa.accepted()) - CHANGES == {(line, NEXT, -change) for line, _, change in CHANGES}
    assert msp.verify(undone).right
    assert msp.units_now(NEXT) == UNITS
    assert msp.units_now(DECEMBER) == UNITS


def test_where_the_psa_merges_a_second_change_the_undo_leaves_no_trace_on_the_bill(tmp_path: Path) -> None:
    with open_msp(tmp_path, TenantSettings(mode=Mode.MANUAL, same_day="merged")) as msp:
        msp.psa.switch(same_day_duplicate="merge")
        msp.set_up()
        plan = msp.undo(grown(msp).run_id)
        assert planned(plan)[WORKSTATIONS] == [(GROWN, -1, Decimal("-7.60"))]
        assert planned(plan)[MIXED] == [(GROWN, -2, Decimal("-11.40"))]
        msp.approve(plan)
        msp.apply(plan)
        assert msp.units_now(GROWN) == UNITS
        assert not any(outcome.reasons[1:] for outcome in plan.outcomes)


@pytest.fixture
def from_period_start(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Msp]:
    """Rises are billed from the period's first day, 1 November."""
    with open_msp(tmp_path, TenantSettings(mode=Mode.MANUAL, same_day=request.param)) as msp:
        msp.bill_from_period_start()
        msp.set_up()
        yield msp


@pytest.mark.parametrize("from_period_start", ["reused_at_period_start"], indirect=True)
def test_a_period_start_that_takes_a_second_change_is_used_again(from_period_start: Msp) -> None:
    plan = from_period_start.undo(grown(from_period_start).run_id)
    assert planned(plan)[WORKSTATIONS] == [(date(2026, 11, 1), -1, Decimal("-12.00"))]
    from_period_start.approve(plan)
    assert set(states(from_period_start.apply(plan)).values()) == {"done"}
    assert from_period_start.units_now(date(2026, 11, 1)) == UNITS


@pytest.mark.parametrize("from_period_start", ["never"], indirect=True)
def test_a_period_start_that_is_not_known_to_take_one_costs_a_day(from_period_start: Msp) -> None:
    from_period_start.psa.switch(same_day_duplicate="reject_always")
    plan = from_period_start.undo(grown(from_period_start).run_id)
    assert planned(plan)[WORKSTATIONS] == [(date(2026, 11, 2), -1, Decimal("-11.60"))]  # 29 of 30 days
    assert of_line(plan, WORKSTATIONS).reasons[1].get("difference") == Decimal("-0.40")
    from_period_start.approve(plan)
    assert set(states(from_period_start.apply(plan)).values()) == {"done"}


def test_undo_twice_finds_nothing_left(msp: Msp) -> None:
    run = grown(msp)
    taken_back(msp, run.run_id)
    with pytest.raises(UseCaseError) as refused:
        msp.undo(run.run_id)
    assert (refused.value.reason.code, refused.value.exit_code) == ("undo.nothing_left", Exit.REFUSED)


def test_an_undo_is_no_drift_and_the_same_change_waits_for_a_person(msp: Msp) -> None:
    run = grown(msp)
    taken_back(msp, run.run_id, "tariff of last year")
    msp.night(NEXT)
    msp.collect(GROWTH)
    plan = msp.plan()
    outcome = of_line(plan, MIXED)
    assert (outcome.status, outcome.before, outcome.after) == (OutcomeStatus.HELD, 20, 22)
    assert outcome.releasable == ("undone",)
    held = outcome.reasons[0]
    assert held.code == "held.undone"
    assert (held.get("person"), held.get("reason"), held.get("on")) == ("tests", "tariff of last year", GROWN)
    assert (held.get("units"), held.get("day"), held.get("run")) == (22, GROWN, run.run_id)


def test_what_was_undone_is_never_written_again_by_itself(tmp_path: Path) -> None:
    with open_msp(tmp_path, TenantSettings(mode=Mode.AUTOMATIC)) as msp:
        msp.set_up()
        run = grown(msp)
        taken_back(msp, run.run_id)
        before = msp.psa.sends()
        for days in range(1, 45, 4):  # well past the days that a plan looks back
            msp.night(GROWN + days * DAY)
            msp.collect()
            plan = msp.plan()
            assert {codes_of(of_line(plan, line))[0] for line in (WORKSTATIONS, MIXED, SMALL)} == {"held.undone"}
            with pytest.raises(UseCaseError):
                msp.apply(plan)
        assert msp.psa.sends() == before
        assert msp.units_now(GROWN + 40 * DAY) == UNITS


def test_an_undo_never_goes_by_itself_in_automatic_mode(tmp_path: Path) -> None:
    with open_msp(tmp_path, TenantSettings(mode=Mode.AUTOMATIC)) as msp:
        msp.set_up()
        plan = msp.undo(grown(msp).run_id)
        with pytest.raises(UseCaseError) as refused:
            msp.apply(plan)
        assert refused.value.reason.code == "apply.not_approved"


def test_read_only_shows_the_undo_and_writes_nothing(msp: Msp) -> None:
    run = grown(msp)
    msp.choose(mode=Mode.READ_ONLY)
    plan = msp.undo(run.run_id)
    assert all(outcome.adjustments for outcome in plan.outcomes)
    with pytest.raises(UseCaseError) as refused:
        msp.approve(plan)
    assert refused.value.reason.code == "apply.read_only"


def test_what_was_undone_is_written_after_all_once_a_person_releases_it(msp: Msp) -> None:
    taken_back(msp, grown(msp).run_id)
    msp.night(NEXT)
    msp.collect(GROWTH)
    plan = msp.plan()
    msp.approve(plan, {SMALL}, ("undone",), "the order came after all")
    again = msp.apply(plan)
    assert states(again) == {SMALL: "done"}
    assert msp.psa.accepted()[-1] == (SMALL, NEXT + DAY, 1)  # the 12th and 13th are used
    msp.night(NEXT + DAY)
    msp.collect(GROWTH)
    assert of_line(msp.plan(), SMALL).status is OutcomeStatus.NONE


def test_the_wait_ends_when_usage_asks_for_other_units(msp: Msp) -> None:
    taken_back(msp, grown(msp).run_id)
    msp.night(NEXT)
    msp.collect({**GROWTH, "Garage du Lac": Site({"desktop": 11, "laptop": 2})})
    outcome = of_line(msp.plan(), SMALL)
    assert (outcome.status, outcome.before, outcome.after) == (OutcomeStatus.CHANGE, 11, 13)


def test_the_wait_ends_when_usage_comes_back_to_what_the_line_has(msp: Msp) -> None:
    """Once 11 were right again, 12 is a new wish: nobody took that one back."""
    taken_back(msp, grown(msp).run_id)
    for days, laptops in ((1, 1), (2, 1), (3, 1), (4, 2)):
        msp.night(GROWN + days * DAY)
        msp.collect({**GROWTH, "Garage du Lac": Site({"desktop": 10, "laptop": laptops})})
        plan = msp.plan()
    outcome = of_line(plan, SMALL)
    assert (outcome.status, figures(outcome)[0][:2]) == (OutcomeStatus.CHANGE, (GROWN + 4 * DAY, 1))


def test_a_person_who_fixes_the_units_is_not_asked_again(msp: Msp) -> None:
    taken_back(msp, grown(msp).run_id)
    msp.fix_units(SMALL, 12, "agreed on the telephone")
    msp.night(NEXT)
    msp.collect(GROWTH)
    plan = msp.plan()
    assert of_line(plan, SMALL).status is OutcomeStatus.CHANGE
    assert of_line(plan, MIXED).status is OutcomeStatus.HELD


def test_the_undo_of_an_undo_writes_the_change_again(msp: Msp) -> None:
    run = grown(msp)
    undone = taken_back(msp, run.run_id)
    plan = msp.undo(undone.run_id)
    third = GROWN + 2 * DAY  # the 12th and the 13th are used
    assert planned(plan)[WORKSTATIONS] == [(third, 1, Decimal("6.80"))]  # 17 of 30 days
    msp.approve(plan)
    redone = msp.apply(plan)
    assert msp.verify(redone).right
    assert msp.units_now(third) == GROWN_UNITS
    msp.night(third)
    msp.collect(GROWTH)
    nightly = msp.plan()
    assert {of_line(nightly, line).status for line in UNITS} == {OutcomeStatus.NONE}
    once_more = msp.undo(run.run_id)  # the run is in force again, so it can be taken back again
    assert planned(once_more)[WORKSTATIONS] == [(GROWN + 3 * DAY, -1, Decimal("-6.40"))]


def test_one_line_of_a_run_is_taken_back_and_then_the_rest(msp: Msp) -> None:
    run = grown(msp)
    plan = msp.undo(run.run_id, {MIXED})
    assert set(planned(plan)) == {MIXED}
    msp.approve(plan)
    msp.apply(plan)
    assert set(planned(msp.undo(run.run_id))) == {WORKSTATIONS, SMALL}


def test_a_rail_holds_the_undo_of_a_rise_like_any_fall(msp: Msp) -> None:
    """11 to 31 needs a release, and back to 11 is a fall of more than half: a person releases that too."""
    msp.night(GROWN)
    msp.collect({**GROWTH, "Garage du Lac": Site({"desktop": 20, "laptop": 11})})
    plan = msp.plan()
    wanted = of_line(plan, SMALL)
    msp.approve(plan, {SMALL}, wanted.releasable, "opened a second workshop")
    run = msp.apply(plan)
    undo = msp.undo(run.run_id)
    back = of_line(undo, SMALL)
    assert (back.status, back.before, back.after) == (OutcomeStatus.HELD, 31, 11)
    assert "fall_more_than_half" in back.releasable
    with pytest.raises(UseCaseError):
        msp.approve(undo)
    msp.approve(undo, {SMALL}, back.releasable, "the workshop never opened")
    assert states(msp.apply(undo)) == {SMALL: "done"}


def test_a_run_that_is_not_known_is_refused(msp: Msp) -> None:
    with pytest.raises(StoreError) as refused:
        msp.undo("run-99")
    assert refused.value.reason.code == "store.unknown_run"


def test_a_run_of_plan_is_no_run_to_take_back(msp: Msp) -> None:
    with pytest.raises(UseCaseError) as refused:
        msp.undo("run-1")
    assert (refused.value.reason.code, refused.value.exit_code) == ("undo.not_an_apply_run", Exit.USAGE)


def test_a_run_that_wrote_nothing_has_nothing_to_take_back(msp: Msp) -> None:
    plan = msp.approved_plan()
    for line, day, _ in CHANGES:
        msp.psa.edit(line, day, 1)
    run = msp.apply(plan)
    assert set(states(run).values()) == {"skipped"}
    with pytest.raises(UseCaseError) as refused:
        msp.undo(run.run_id)
    assert refused.value.reason.code == "undo.nothing_written"


def test_a_line_that_the_run_did_not_touch_is_refused(msp: Msp) -> None:
    run = grown(msp)
    with pytest.raises(UseCaseError) as refused:
        msp.undo(run.run_id, {1001})
    assert (refused.value.reason.code, refused.value.exit_code) == ("undo.unknown_line", Exit.USAGE)


def test_a_line_that_is_still_unclear_waits_and_the_rest_is_taken_back(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.psa.fault("drop", times=1)
    run = msp.apply(plan)
    assert states(run) == {WORKSTATIONS: "unsettled", MIXED: "done", SMALL: "done"}
    undo = msp.undo(run.run_id)
    assert codes_of(of_line(undo, WORKSTATIONS)) == ["held.unsettled"]
    assert not of_line(undo, WORKSTATIONS).adjustments
    assert {line for line, made in planned(undo).items() if made} == {MIXED, SMALL}


def test_what_reading_back_found_done_is_taken_back_too(msp: Msp) -> None:
    """The answer to one write was lost; the undo looks, finds it done, and takes it back with the rest."""
    plan = msp.approved_plan()
    msp.psa.fault("commit-then-drop", times=1)
    run = msp.apply(plan)
    undo = msp.undo(run.run_id)
    assert set(planned(undo)) == {line for line, _, _ in CHANGES}
    msp.approve(undo)
    msp.apply(undo)
    assert msp.units_now(NEXT) == UNITS
