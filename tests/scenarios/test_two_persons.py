"""Above an amount two persons approve; releases go by line or by a named group, and end when the figures change."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.ledger.stage import DAY, Site
from tests.places import ask
from tests.scenarios.msp import (
    CHANGES,
    GROWN,
    MIXED,
    SERVERS,
    SMALL,
    WORKSTATIONS,
    Msp,
    of_line,
    open_msp,
    reasons,
    states,
)

from trueup.app.errors import Exit, UseCaseError
from trueup.app.mapping.onboarding import set_onboarding
from trueup.app.people.installation import Installation
from trueup.app.plans.approving import Approved, approve
from trueup.app.plans.browsing import PlanQuestion
from trueup.app.plans.explaining import explain
from trueup.app.plans.plan_parts import PlanPart
from trueup.app.plans.room import room_at_hand
from trueup.app.platform.standing import TenantStanding, standing_of
from trueup.core.outcome import OutcomeStatus, Plan
from trueup.core.period import add_months
from trueup.core.rails.thresholds import ThresholdChoice, ThresholdLevel
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.store.database import Database
from trueup.store.plan_projection import Part


def limit(msp: Msp, amount: str, currency: str = "EUR") -> None:
    msp.choose(currency="EUR")
    with msp.stage.open() as ws:
        choice = ThresholdChoice(ThresholdLevel.TENANT, "", ((f"second_approval_above.{currency}", amount),))
        ws.store.rails.save(choice, "anna", now=ws.now())


def approved_by(
    msp: Msp,
    person: str,
    plan: Plan,
    lines: Collection[int] | None = None,
    releases: Collection[str] = (),
    part: PlanPart | None = None,
) -> Approved:
    named = None if lines is None else {str(line) for line in lines}
    with msp.stage.open(actor=person) as ws:
        return asyncio.run(approve(ws, plan.id, named, releases, "looked at it", plan.checksum, part))


def refused_with(msp: Msp, plan: Plan) -> str:
    with pytest.raises(UseCaseError) as refused:
        msp.apply(plan)
    assert refused.value.exit_code is Exit.REFUSED
    return refused.value.reason.code


# Workstations +1 and the garage +1 are 12.00 a month each, Petit's two devices 18.00.


def test_a_line_above_the_amount_waits_for_a_second_person_and_the_others_go(msp: Msp) -> None:
    limit(msp, "12.00")
    msp.grow()
    plan = msp.plan()
    done = approved_by(msp, "anna", plan)
    assert done.second == ((str(MIXED), ("anna",)),)
    applied = msp.apply(plan)
    assert states(applied) == {WORKSTATIONS: "done", SMALL: "done", MIXED: "waiting"}
    assert reasons(applied)[MIXED] == "apply.second_approval_needed"
    assert refused_with(msp, plan) == "apply.second_approval"
    assert approved_by(msp, "bruno", plan, {MIXED}).second == ()
    assert states(msp.apply(plan)) == {MIXED: "done"}
    assert set(msp.psa.accepted()) == CHANGES


def test_the_same_person_twice_is_one_person(msp: Msp) -> None:
    limit(msp, "0")
    msp.grow()
    plan = msp.plan()
    approved_by(msp, "anna", plan)
    assert len(approved_by(msp, " Anna ", plan).second) == 3
    assert refused_with(msp, plan) == "apply.second_approval"
    assert msp.psa.sends() == 0


def test_exactly_the_amount_needs_one_person_and_a_cent_less_two(msp: Msp) -> None:
    limit(msp, "18.00")
    msp.grow()
    assert approved_by(msp, "anna", msp.plan()).second == ()
    limit(msp, "17.99")
    assert [line for line, _ in approved_by(msp, "anna", msp.plan()).second] == [str(MIXED)]


def test_an_approval_of_another_plan_is_no_second_approval(msp: Msp) -> None:
    limit(msp, "0")
    msp.grow()
    approved_by(msp, "anna", msp.plan())
    later = msp.plan()
    approved_by(msp, "bruno", later)
    assert refused_with(msp, later) == "apply.second_approval"


def test_a_limit_raised_after_the_plan_does_not_open_it(msp: Msp) -> None:
    limit(msp, "0")
    msp.grow()
    plan = msp.plan()
    approved_by(msp, "anna", plan)
    limit(msp, "100000")
    assert refused_with(msp, plan) == "apply.second_approval"


def test_the_limit_of_another_currency_says_nothing(msp: Msp) -> None:
    limit(msp, "0", "CHF")
    msp.grow()
    assert approved_by(msp, "anna", msp.plan()).second == ()


def test_what_needs_two_persons_never_goes_by_itself(tmp_path: Path) -> None:
    with open_msp(tmp_path, TenantSettings(mode=Mode.AUTOMATIC)) as automatic:
        automatic.set_up()
        limit(automatic, "12.00")
        automatic.grow()
        plan = automatic.plan()
        automatic.apply(plan)
        assert set(automatic.psa.accepted()) == {one for one in CHANGES if one[0] != MIXED}


def test_where_nobody_names_a_currency_the_limit_counts(msp: Msp) -> None:
    limit(msp, "0", "CHF")
    msp.choose(currency=None)
    msp.grow()
    assert len(approved_by(msp, "anna", msp.plan()).second) == 3


# --- releases by line and group -------------------------------------------------------------------------------

BIG = {
    "Ateliers Morel": Site({"desktop": 9, "laptop": 10, "server": 4, "printer": 4}),
    "Boulangerie Petit": Site({"desktop": 12, "laptop": 15, "server": 3, "printer": 1}),
    "Garage du Lac": Site({"desktop": 10, "laptop": 1}),
}
"""Morel: workstations 12 to 19, servers 2 to 4. Petit: 20 to 30. All of it is a large rise of the module too."""


def big(msp: Msp) -> Plan:
    msp.night(GROWN)
    msp.collect(BIG)
    return msp.plan()


def test_a_customer_is_released_by_name_and_nobody_else_goes(msp: Msp) -> None:
    plan = big(msp)
    rails = of_line(plan, WORKSTATIONS).releasable
    assert {"large_move", "module_total"} <= set(rails)
    done = approved_by(msp, "anna", plan, releases=rails, part=PlanPart(customer="ateliers morel"))
    assert set(done.released) == {str(WORKSTATIONS), str(SERVERS)}
    msp.apply(plan)
    assert {line for line, _, _ in msp.psa.accepted()} == {WORKSTATIONS, SERVERS}


def test_what_was_released_and_written_waits_no_more(msp: Msp) -> None:
    plan = big(msp)
    with msp.stage.open() as ws:
        waited = ws.store.plan_totals.waiting()
    approved_by(msp, "anna", plan, {WORKSTATIONS}, of_line(plan, WORKSTATIONS).releasable)
    msp.apply(plan)
    with msp.stage.open() as ws:
        room = room_at_hand(ws, plan.id, PlanQuestion())
        assert room is not None
        left = {(total.part, total.currency): total.lines for total in room.left}
        waiting = sum(lines for (part, _), lines in left.items() if part is Part.WAITS)
        assert (waiting, ws.store.plan_totals.waiting()) == (waited - 1, waited - 1)
        assert waited > 1
    with Database.open(msp.stage.where, msp.stage.key) as database:
        seen = asyncio.run(standing_of(Installation(database, msp.stage.clock), "default"))
    assert seen.waiting == waited - 1, "an operator sees the same"


@pytest.mark.parametrize("gone", [("plan_row",), ("plan_row", "plan_total")])
def test_after_an_upgrade_an_operator_sees_what_waits_before_anybody_looked_at_the_plan(
    msp: Msp, gone: tuple[str, ...]
) -> None:
    plan = big(msp)
    approved_by(msp, "anna", plan, {WORKSTATIONS}, of_line(plan, WORKSTATIONS).releasable)
    msp.apply(plan)

    def seen() -> TenantStanding:
        with Database.open(msp.stage.where, msp.stage.key) as database:
            return asyncio.run(standing_of(Installation(database, msp.stage.clock), "default"))

    before = seen()
    for table in gone:
        ask(msp.stage.where, f"DELETE FROM {table}")
    after = seen()
    assert (after.waiting, after.billed) == (before.waiting, before.billed)
    assert after.waiting > 0


def test_ready_to_post_is_said_of_the_month_before_too(msp: Msp) -> None:
    plan = big(msp)
    with msp.stage.open() as ws:
        told = [room_at_hand(ws, plan.id, PlanQuestion(month=day)) for day in (None, add_months(GROWN, -1))]
    now, before = (one.ready for one in told if one is not None and one.ready is not None)
    assert before.month.end < now.month.start
    assert (before.undecided, before.days_left) == (0, 0)
    assert now.undecided > 0


def test_a_customer_and_a_service_name_the_lines_that_belong_to_both(msp: Msp) -> None:
    plan = big(msp)
    part = PlanPart(customer="1", service="Managed Workstation")
    done = approved_by(msp, "anna", plan, releases=of_line(plan, WORKSTATIONS).releasable, part=part)
    assert done.released == (str(WORKSTATIONS),)


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (PlanPart(customer="Nobody"), "approve.unknown_part"),
        (PlanPart(service="Nothing"), "approve.unknown_part"),
        (PlanPart(group="none"), "approve.unknown_part"),
        (PlanPart(), "approve.group_needed"),
    ],
)
def test_several_rails_need_named_lines_or_a_group_that_exists(msp: Msp, part: PlanPart, code: str) -> None:
    plan = big(msp)
    with pytest.raises(UseCaseError) as wrong:
        approved_by(msp, "anna", plan, releases=of_line(plan, WORKSTATIONS).releasable, part=part)
    assert (wrong.value.reason.code, wrong.value.exit_code) == (code, Exit.USAGE)


def test_a_release_does_not_come_back_when_the_figures_do(msp: Msp) -> None:
    plan = big(msp)
    approved_by(msp, "anna", plan, {WORKSTATIONS}, of_line(plan, WORKSTATIONS).releasable)
    assert of_line(msp.plan(), WORKSTATIONS).status is OutcomeStatus.CHANGE  # released, not applied yet
    msp.night(GROWN)
    more = {**BIG, "Ateliers Morel": Site({"desktop": 9, "laptop": 11, "server": 4, "printer": 4})}
    msp.later(timedelta(minutes=5))
    msp.collect(more)
    assert of_line(msp.plan(), WORKSTATIONS).status is OutcomeStatus.HELD
    msp.later(timedelta(minutes=5))
    msp.collect(BIG)
    assert of_line(msp.plan(), WORKSTATIONS).status is OutcomeStatus.HELD
    told = msp.work(lambda ws: explain(ws, str(WORKSTATIONS), live=False))
    released = [note for note in told.notes if note.code == "explain.released"]
    assert {note.get("person") for note in released} == {"anna"}
    assert all(note.get("ended") is not None and note.get("why") == "looked at it" for note in released)


def test_the_rises_of_a_customer_that_is_taken_on_are_not_held(msp: Msp) -> None:
    msp.work(lambda ws: set_onboarding(ws, "Ateliers Morel", date(2026, 11, 12)))
    plan = big(msp)
    assert of_line(plan, WORKSTATIONS).status is OutcomeStatus.CHANGE
    assert of_line(plan, MIXED).status is OutcomeStatus.HELD
    msp.night(GROWN + DAY)
    msp.collect(BIG)
    assert of_line(msp.plan(), WORKSTATIONS).status is OutcomeStatus.HELD  # the 12th was the last day
