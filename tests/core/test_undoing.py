"""Taking back one line of a run: on which day, to the cent, and what stands in the way.

The run wrote +3 on 12 November to a line of 41 units at 12.00 a month; November has 30 days.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.core.situations import LINE, autumn, billing, codes, contract, day, line, row, sent

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.contract import UnitRow, UnitStep
from trueup.core.dates.adjusting import PsaHabits
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.planning.line_plan import LineFacts, PlanContext
from trueup.core.undo.undoing import UndoCase, Written, money_between, plan_undo, waiting_where_edited

BEFORE = (UnitStep(day("10-01"), 41),)
SHOWN = (*BEFORE, UnitStep(day("11-12"), 44))


def rows(until_12th: int = 41, from_12th: int = 44, november: str | None = None, december: str | None = None):
    return (
        row("10-01", "10-31", 41, "11-02"),
        row("11-01", "11-11", until_12th, november),
        row("11-12", "11-30", from_12th, november),
        row("12-01", "12-31", from_12th, december),
    )


def case(now: tuple[UnitRow, ...] | LineFacts | None = None, *written: tuple[str, int], **changes: object) -> UndoCase:
    facts = now if isinstance(now, LineFacts) else line(now or rows())
    made = written or (("11-12", 3),)
    numbered = tuple(Written(number, day(on), change) for number, (on, change) in enumerate(made, 7))
    used = frozenset(one.day for one in numbered)
    found = UndoCase(replace(facts, used_dates=used), "run-2", numbered, BEFORE, SHOWN)
    return replace(found, **changes)  # type: ignore[arg-type]


def undo(wanted: UndoCase, on: str = "11-12", **habits: str) -> Outcome:
    return plan_undo(wanted, PlanContext(day(on), first_day=day("10-01"), habits=PsaHabits(**habits)))


def told(outcome: Outcome, code: str) -> dict[str, object]:
    return next(dict(reason.as_dict()) for reason in outcome.reasons if reason.code == code)


def test_the_opposite_stands_on_the_next_free_day() -> None:
    outcome = undo(case())
    assert (outcome.status, outcome.before, outcome.after) == (OutcomeStatus.CHANGE, 44, 41)
    assert (sent(outcome), outcome.amount, outcome.recurring) == ([("11-13", -3)], Decimal("-21.60"), Decimal("-36.00"))
    assert codes(outcome) == ["change.undo", "note.date_moved"]


def test_a_psa_that_merges_gets_it_on_the_same_day() -> None:
    outcome = undo(case(), same_day="merged")
    assert (sent(outcome), outcome.amount, codes(outcome)) == ([("11-12", -3)], Decimal("-22.80"), ["change.undo"])


def test_two_changes_are_taken_back_in_one_after_both() -> None:
    now = (*rows()[:2], row("11-12", "11-12", 43), row("11-13", "11-30", 44), row("12-01", "12-31", 44))
    shown = (*BEFORE, UnitStep(day("11-12"), 43), UnitStep(day("11-13"), 44))
    outcome = undo(case(now, ("11-12", 2), ("11-13", 1), shown=shown), "11-13")
    assert (sent(outcome), outcome.before, outcome.after) == ([("11-14", -3)], 44, 41)


def test_a_dip_that_lies_in_a_posted_period_has_no_open_day_left_and_says_what_it_bills() -> None:
    """Three units for the eight days from the 12th to the 19th: 3 x 12.00 x 8 / 30 = 9.60, and nothing from then on."""
    now = (
        row("10-01", "10-31", 41, "11-02"),
        row("11-01", "11-11", 41, "12-02"),
        row("11-12", "11-19", 44, "12-02"),
        row("11-20", "11-30", 41, "12-02"),
        row("12-01", "12-31", 41),
    )
    shown = (*BEFORE, UnitStep(day("11-12"), 44), UnitStep(day("11-20"), 41))
    outcome = undo(case(now, ("11-12", 3), ("11-20", -3), shown=shown), "12-03")
    assert (outcome.status, sent(outcome)) == (OutcomeStatus.HELD, [])
    assert codes(outcome)[0] == "held.undo_no_open_day"
    assert told(outcome, "held.undo_no_open_day") == {"run": "run-2", "day": day("11-12"), "amount": Decimal("9.60")}


def test_what_a_posted_period_billed_stays_and_is_named_to_the_cent() -> None:
    outcome = undo(case(rows(november="12-02")), "12-03")
    assert (sent(outcome), outcome.amount) == ([("12-01", -3)], Decimal("-36.00"))
    assert told(outcome, "note.undo_closed") == {
        "day": day("11-12"),
        "until": day("11-30"),
        "change": 3,
        "amount": Decimal("22.80"),
    }


def test_a_psa_that_bills_changes_of_posted_days_takes_it_there() -> None:
    outcome = undo(case(rows(november="12-02")), "12-03", posted_period="proration_item")
    assert (sent(outcome), outcome.amount) == ([("11-13", -3)], Decimal("-21.60"))


def test_where_all_is_posted_up_to_the_contracts_end_it_says_what_that_costs() -> None:
    outcome = undo(case(rows(november="12-02", december="12-02")), "12-03")
    assert (outcome.status, outcome.adjustments, outcome.releasable) == (OutcomeStatus.HELD, (), ())
    assert codes(outcome) == ["held.contract_ends", "note.undo_closed"]
    assert told(outcome, "note.undo_closed")["amount"] == Decimal("58.80")  # 22.80 of November, 36.00 of December


def test_without_a_price_no_money_is_invented() -> None:
    facts = line(rows(november="12-02"), line=replace(LINE, price=None))
    outcome = undo(case(facts), "12-03")
    assert (sent(outcome), outcome.amount, outcome.recurring) == ([("12-01", -3)], None, None)
    assert told(outcome, "note.undo_closed")["amount"] is None


def test_units_that_are_back_already_need_nothing() -> None:
    outcome = undo(case(rows(from_12th=41)))
    assert (outcome.status, codes(outcome)) == (OutcomeStatus.NONE, ["none.undone_by_hand"])


def test_somebodys_edit_after_the_run_is_kept_and_a_person_asked() -> None:
    """44 became 46: the opposite is -3 and not -5, and it waits for a release behind the rails."""
    outcome = undo(case(rows(from_12th=46)))
    assert (sent(outcome), outcome.before, outcome.after) == ([("11-13", -3)], 46, 43)
    assert told(outcome, "held.undo_edited") == {"run": "run-2", "day": day("11-13"), "expected": 44, "found": 46}
    waiting = waiting_where_edited(outcome)
    assert (waiting.status, waiting.releasable) == (OutcomeStatus.HELD, ("undo_edited",))


def test_an_undo_that_nobody_disturbed_does_not_wait_for_a_release() -> None:
    outcome = undo(case())
    assert waiting_where_edited(outcome) is outcome


ENDED = line((*rows()[:2], row("11-12", "11-20", 44)), of=contract(end="11-20"))
"""Its last period is cut at the contract's end: 1 to 20 November."""


@pytest.mark.parametrize(
    ("stopped", "on", "code"),
    [
        (case(later_run="run-3"), "11-14", "held.undo_later_run"),
        (case(half_undone=True), "11-14", "held.undo_half_done"),
        (case(line(rows(), unsettled=True)), "11-14", "held.unsettled"),
        (case(line(rows(), unsettled=True), later_run="run-3", half_undone=True), "11-14", "held.unsettled"),
        (case(half_undone=True, later_run="run-3"), "11-14", "held.undo_half_done"),
        (case(ENDED), "11-21", "held.undo_contract_ended"),
    ],
)
def test_what_nobody_can_release_is_one_reason_and_no_change(stopped: UndoCase, on: str, code: str) -> None:
    outcome = undo(stopped, on)
    assert (outcome.status, codes(outcome)) == (OutcomeStatus.HELD, [code])
    assert (outcome.adjustments, outcome.releasable) == ((), ())


def test_a_later_run_is_named_with_what_this_one_bills_to_the_end_of_the_period() -> None:
    held = told(undo(case(later_run="run-3"), "11-14"), "held.undo_later_run")
    assert (held["later"], held["amount"]) == ("run-3", Decimal("22.80"))


def test_a_contract_that_ended_costs_up_to_its_end() -> None:
    assert told(undo(case(ENDED), "11-21"), "held.undo_contract_ended")["amount"] == Decimal("16.20")  # 9 of 20 days


def test_on_its_last_day_a_contract_is_still_open() -> None:
    assert undo(case(ENDED), "11-20").status is OutcomeStatus.CHANGE


def test_the_settled_levels_carry_the_undo_so_that_the_next_night_takes_it_for_ours() -> None:
    known = KnownUnits(SHOWN, day("11-01"), SHOWN, day("11-12"))
    outcome = undo(case(line(rows(), known=known)))
    assert outcome.levels == (*SHOWN, UnitStep(day("11-13"), 41))
    assert outcome.decided_until == day("11-12")
    assert outcome.expected[-1] == UnitStep(day("11-13"), 41)


@pytest.mark.parametrize(("read_only", "mode"), [(False, "manual"), (True, "read_only")])
def test_an_undo_never_goes_by_itself(read_only: bool, mode: str) -> None:
    assert undo(case(read_only=read_only)).mode == mode.replace("_", "-")


def test_an_approval_is_bound_to_the_very_changes_that_are_taken_back() -> None:
    other = case()
    other = replace(other, written=tuple(replace(one, intent=99) for one in other.written))
    assert undo(case()).digest == undo(case()).digest != undo(other).digest


@pytest.mark.parametrize(
    ("first", "last", "amount"),
    [
        ("11-12", "11-30", "22.80"),  # 19 of 30 days of 36.00
        ("11-12", "11-20", "10.80"),  # less the 10 days from the 21st
        ("11-12", "12-31", "58.80"),  # and December as a whole
        ("11-12", "12-15", "40.22"),  # 22.80 + 36.00 - 16 of 31 days (18.58)
        ("11-30", "11-30", "1.20"),
        ("12-01", "11-30", "0.00"),
    ],
)
def test_money_between_two_days_rounds_each_period_by_itself(first: str, last: str, amount: str) -> None:
    found = money_between(3, Decimal("12.00"), day(first), day(last), billing(rows=autumn(41)))
    assert found == Decimal(amount)
