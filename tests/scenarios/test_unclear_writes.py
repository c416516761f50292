"""Adjustments that were answered badly, late or not at all. The judge is the simulator's own log of what it accepted.

A write that may have arrived is settled by reading back, never by sending it again blindly (design law 4).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.ledger.stage import Site
from tests.scenarios.msp import (
    CHANGES,
    GROWN,
    GROWN_UNITS,
    GROWTH,
    MIXED,
    SMALL,
    WORKSTATIONS,
    Msp,
    of_line,
    open_msp,
    reasons,
    states,
)

from trueup.core.outcome import OutcomeStatus, Plan
from trueup.core.reason import Reason
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.store.journal import IntentState

SETTLED = timedelta(seconds=351)
"""After a call that left at the last moment (30 s), was long on its way (20 s) and took as long as it may (300 s)."""
FIRST_SENT = WORKSTATIONS

DONE_BUT_UNANSWERED = {
    "commit_then_drop": {"kind": "commit-then-drop"},
    "commit_then_504": {"kind": "commit-then-504"},
    "commit_then_html_500": {"kind": "commit-then-html-500"},
    "half_body": {"kind": "half-body"},
    "broken_json": {"kind": "broken-json"},
}
NOT_DONE_AND_UNCLEAR = {
    "html_500": {"kind": "html-500"},
    "gateway_504": {"kind": "gateway-504"},
    "empty_500": {"kind": "empty-500"},
    "drop": {"kind": "drop"},
}
CERTAINLY_NOT_SENT = {
    "429": {"kind": "too-many-requests"},
    "429_with_a_wait": {"kind": "too-many-requests", "retry_after": 1},
    "thread_limit": {"kind": "thread-limit"},
    "zone_moved": {"kind": "zone-moved"},
}


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[Msp]:
    """The MSP with a client that waits half a second for the answer to a write."""
    with open_msp(tmp_path, TenantSettings(mode=Mode.MANUAL), {"write_seconds": "0.5"}) as opened:
        opened.set_up()
        yield opened


def all_is_right(msp: Msp) -> None:
    """Each change was accepted once, and the PSA shows the right units now and in the next period."""
    assert sorted(msp.psa.accepted()) == sorted(CHANGES)
    assert msp.units_now() == GROWN_UNITS
    assert msp.units_now(date(2026, 12, 15)) == GROWN_UNITS


def apply_to_the_end(msp: Msp, plan: Plan) -> None:
    """Apply again, as a person or the night would, until nothing is left."""
    for _ in range(5):
        msp.later(SETTLED)
        if msp.apply_the_rest(plan) is None:
            return
    pytest.fail("it never came to an end")


@pytest.mark.parametrize("fault", DONE_BUT_UNANSWERED.values(), ids=DONE_BUT_UNANSWERED.keys())
def test_a_change_that_was_done_but_not_confirmed_is_not_sent_again(fault: dict[str, object], msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.psa.fault(**fault)
    assert states(msp.apply(plan)) == {FIRST_SENT: "unsettled", MIXED: "done", SMALL: "done"}
    sends = msp.psa.sends()
    again = msp.apply(plan)
    assert [(line.line_id, line.state) for line in again.settled] == [(str(FIRST_SENT), "done")]
    assert msp.psa.sends() == sends
    all_is_right(msp)


@pytest.mark.parametrize("fault", NOT_DONE_AND_UNCLEAR.values(), ids=NOT_DONE_AND_UNCLEAR.keys())
def test_a_change_that_was_not_done_is_sent_again_only_when_it_cannot_arrive_any_more(
    fault: dict[str, object], msp: Msp
) -> None:
    plan = msp.approved_plan()
    msp.psa.fault(**fault)
    assert states(msp.apply(plan)) == {FIRST_SENT: "unsettled", MIXED: "done", SMALL: "done"}
    sends = msp.psa.sends()
    msp.later(SETTLED - timedelta(seconds=2))
    early = msp.apply(plan)
    assert reasons(early)[FIRST_SENT] == "held.unsettled"
    assert msp.psa.sends() == sends
    apply_to_the_end(msp, plan)
    all_is_right(msp)


@pytest.mark.parametrize("fault", CERTAINLY_NOT_SENT.values(), ids=CERTAINLY_NOT_SENT.keys())
def test_a_change_that_surely_did_not_arrive_may_be_sent_again_at_once(fault: dict[str, object], msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.psa.fault(**fault)
    first = states(msp.apply(plan))
    assert first[FIRST_SENT] == "waiting"
    assert states(msp.apply(plan))[FIRST_SENT] == "done"
    all_is_right(msp)


def test_a_change_that_arrives_after_our_time_out_is_seen_when_it_is_there(impatient: Msp) -> None:
    msp = impatient
    plan = msp.approved_plan()
    msp.psa.fault("commit-late", seconds=60)
    assert states(msp.apply(plan))[FIRST_SENT] == "unsettled"
    msp.later(timedelta(seconds=60))
    assert states(msp.apply(plan)) == {FIRST_SENT: "unsettled"}
    msp.psa.let_in(3)
    again = msp.apply(plan)
    assert [line.state for line in again.settled] == ["done"]
    all_is_right(msp)


def test_a_locked_user_stops_everything_and_unlocked_the_rest_is_sent(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.psa.fault("locked-user")
    assert set(states(msp.apply(plan)).values()) == {"waiting"}
    assert msp.psa.accepted() == []
    assert msp.psa.sends() == 1  # repeating it would keep the account locked
    msp.psa.order("unlock-user", user_name="api@msp.example")
    msp.apply(plan)
    all_is_right(msp)


def test_a_fault_on_every_call_in_turn_never_doubles_a_change(msp: Msp) -> None:
    plan = msp.approved_plan()
    for kind in ("commit-then-drop", "html-500", "commit-then-504", "too-many-requests", "drop"):
        msp.psa.fault(kind)
    apply_to_the_end(msp, plan)
    all_is_right(msp)


@pytest.mark.parametrize("seed", range(4))
def test_a_day_of_random_faults_ends_with_the_right_units(seed: int, msp: Msp) -> None:
    plan = msp.approved_plan()
    kinds = ("commit-then-drop", "commit-then-504", "html-500", "drop", "thread-limit", "commit-then-html-500")
    for number, kind in enumerate(kinds):
        msp.psa.fault(kind, times=1, probability=0.5, seed=seed * 100 + number)
    apply_to_the_end(msp, plan)
    all_is_right(msp)


def test_an_unclear_change_in_a_posted_period_is_settled_by_what_comes_after_it(msp: Msp) -> None:
    msp.choose(posted_period="proration_item")
    msp.psa.post_through(date(2026, 11, 30))
    plan = msp.approved_plan()
    msp.psa.fault("commit-then-drop")
    assert states(msp.apply(plan))[FIRST_SENT] == "unsettled"
    assert [line.state for line in msp.apply(plan).settled] == ["done"]
    assert sorted(msp.psa.accepted()) == sorted(CHANGES)


def test_an_unclear_change_that_somebody_edited_over_waits_for_a_person(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.psa.fault("commit-then-drop")
    msp.apply(plan)
    msp.psa.edit(FIRST_SENT, GROWN, 4)
    msp.later(SETTLED)
    again = msp.apply(plan)
    assert [line.state for line in again.settled] == ["conflict"]
    assert sorted(msp.psa.accepted()) == sorted(CHANGES)
    assert any(intent.state is IntentState.CONFLICT for intent in msp.intents())


def test_a_change_that_a_person_undid_before_anybody_saw_it_done_is_not_sent_anew_without_a_word(msp: Msp) -> None:
    """Found by chaos: after the edits the PSA's rows look as if nothing had ever been sent."""
    plan = msp.approved_plan()
    msp.psa.fault("commit-then-drop")
    msp.apply(plan)
    msp.psa.edit(FIRST_SENT, GROWN, 4)
    msp.later(SETTLED)
    msp.apply(plan)
    msp.psa.edit(FIRST_SENT, GROWN, -5)
    waiting = msp.plan()
    held = of_line(waiting, FIRST_SENT)
    assert (held.status, held.releasable) == (OutcomeStatus.HELD, ("after_conflict",))
    assert held.reasons[0] == Reason.of("held.after_conflict", day=GROWN, change=1)
    msp.approve(waiting, releases={"after_conflict"}, reason="not undone on purpose")
    assert states(msp.apply(waiting)) == {FIRST_SENT: "done"}
    assert of_line(msp.plan(), FIRST_SENT).status is OutcomeStatus.NONE
    assert msp.units_now(date(2026, 11, 13)) == GROWN_UNITS  # the first date is taken, so it moved by a day


def test_a_line_that_is_right_after_a_conflict_is_agreed_with_and_later_goes_on_by_itself(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.psa.fault("commit-then-drop")
    msp.apply(plan)
    msp.psa.edit(FIRST_SENT, GROWN, 4)
    msp.later(SETTLED)
    msp.apply(plan)
    msp.psa.edit(FIRST_SENT, GROWN, -4)
    assert of_line(msp.plan(), FIRST_SENT).status is OutcomeStatus.NONE
    msp.night(date(2026, 11, 13))
    msp.collect({**GROWTH, "Ateliers Morel": Site({"desktop": 9, "laptop": 5, "server": 2, "printer": 4})})
    assert of_line(msp.plan(), FIRST_SENT).status is OutcomeStatus.CHANGE


@pytest.mark.parametrize(
    ("fault", "left"),
    [("commit-then-drop", []), ("html-500", [(FIRST_SENT, GROWN, 1)])],
    ids=["done", "not_done"],
)
def test_the_next_plan_first_looks_what_became_of_an_unclear_change(
    fault: str, left: list[tuple[int, date, int]], msp: Msp
) -> None:
    """Also when that plan has nothing to send, and nobody ever applies the old one again."""
    msp.psa.fault(fault)
    msp.apply(msp.approved_plan())
    msp.night(date(2026, 11, 13))
    msp.collect()
    tonight = msp.plan()
    assert [(int(o.line_id), a.day, a.change) for o in tonight.outcomes for a in o.adjustments] == left
    assert {o.status for o in tonight.outcomes} <= {OutcomeStatus.NONE, OutcomeStatus.CHANGE}
    if left:
        msp.approve(tonight)
        msp.apply(tonight)
    all_is_right(msp)


def test_an_unclear_change_that_may_still_arrive_holds_its_line_in_the_next_plan(msp: Msp) -> None:
    msp.psa.fault("html-500")
    msp.apply(msp.approved_plan())
    msp.later(timedelta(seconds=100))
    held = of_line(msp.plan(), FIRST_SENT)
    assert [reason.code for reason in held.reasons] == ["held.unsettled"]
    assert not held.adjustments
    msp.later(SETTLED)
    plan = msp.plan()
    msp.approve(plan)
    msp.apply(plan)
    all_is_right(msp)


def test_our_own_change_is_no_drift_however_we_learnt_of_it(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.psa.fault("commit-then-drop")
    msp.apply(plan)
    msp.apply(plan)
    msp.night(date(2026, 11, 13))
    more = {**GROWTH, "Ateliers Morel": Site({"desktop": 9, "laptop": 5, "server": 2, "printer": 4})}
    msp.collect(more)
    tonight = of_line(msp.plan(), FIRST_SENT)
    assert tonight.status is OutcomeStatus.CHANGE
    assert [(a.day, a.change) for a in tonight.adjustments] == [(date(2026, 11, 13), 1)]
