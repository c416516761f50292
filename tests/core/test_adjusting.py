"""From levels to dated adjustments: posted periods, dates already taken, steps planned by hand, the contract's end."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.core.situations import (
    AT_ONCE,
    LINE,
    MONTH_END,
    autumn,
    codes,
    contract,
    day,
    habits,
    line,
    notes,
    planned,
    row,
    rule,
    seen,
    sent,
    spread,
)

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.contract import PeriodType, UnitStep, posted_on, shifted, steps_of, units_on
from trueup.core.outcome import OutcomeStatus
from trueup.core.rule import FutureSteps, Timing, TimingPolicy

UP = seen(spread(("11-01", "11-11", 41), ("11-12", "11-14", 44)))
POSTED = (row("10-01", "10-31", 41, "10-02"), row("11-01", "11-30", 41, "11-02"), row("12-01", "12-31", 41))


def test_a_change_carries_its_money_and_its_period():
    made = planned(line(), UP, "11-14", rule(AT_ONCE)).adjustments[0]
    assert (made.change, made.amount, made.recurring) == (3, Decimal("22.80"), Decimal("36.00"))
    assert (made.period_start, made.period_end, made.estimated) == (day("11-01"), day("11-30"), True)


def test_a_line_without_a_price_is_changed_without_inventing_money():
    outcome = planned(line(line=replace(LINE, price=None)), UP, "11-14", rule(AT_ONCE))
    assert sent(outcome) == [("11-12", 3)]
    assert (outcome.amount, outcome.recurring, outcome.adjustments[0].amount) == (None, None, None)


def test_the_amount_of_a_discount_line_is_a_credit():
    outcome = planned(line(line=replace(LINE, price=Decimal("-2.00"))), UP, "11-14", rule(AT_ONCE))
    assert outcome.amount == Decimal("-3.80")  # -6 x 19 / 30


def test_a_yearly_price_recurs_as_a_twelfth_a_month():
    yearly = line((row("01-01", "12-31", 41),), line=replace(LINE, price=Decimal("144.00")))
    assert planned(yearly, UP, "11-14", rule(AT_ONCE)).recurring == Decimal("36.00")


def test_before_and_after_are_the_units_on_the_day_of_the_change():
    outcome = planned(line(), UP, "11-14", rule(AT_ONCE))
    assert (outcome.before, outcome.after, outcome.effective) == (41, 44, day("11-12"))


def test_what_the_psa_should_show_afterwards():
    outcome = planned(line(), UP, "11-14", rule(AT_ONCE))
    assert outcome.expected == (UnitStep(day("10-01"), 41), UnitStep(day("11-12"), 44))


def test_rows_after_a_change_split_and_move_but_posted_ones_stay():
    moved = shifted(autumn(41), day("10-20"), -1)
    assert [(r.start, r.end, r.units) for r in moved] == [
        (day("10-01"), day("10-31"), 41),
        (day("11-01"), day("11-30"), 40),
        (day("12-01"), day("12-31"), 40),
    ]
    split = shifted(autumn(41), day("11-12"), 3)
    assert [(r.start, r.end, r.units) for r in split[1:3]] == [
        (day("11-01"), day("11-11"), 41),
        (day("11-12"), day("11-30"), 44),
    ]


def test_of_two_rows_on_one_day_the_later_one_counts_and_they_are_never_added():
    assert units_on((row("11-01", "11-30", 41), row("11-12", "11-30", 44)), day("11-20")) == 44


def test_rows_split_without_a_change_of_units_are_one_step():
    assert steps_of((row("11-01", "11-11", 41), row("11-12", "11-30", 41))) == (UnitStep(day("11-01"), 41),)


# --- posted periods ---------------------------------------------------------------------------------------------


def test_in_a_posted_period_the_psa_bills_the_change_apart_and_the_date_stands():
    outcome = planned(line(POSTED), UP, "11-14", rule(AT_ONCE), habits("proration_item"))
    assert sent(outcome) == [("11-12", 3)]
    assert outcome.status is OutcomeStatus.CHANGE
    assert outcome.amount == Decimal("22.80")
    assert outcome.expected == (UnitStep(day("10-01"), 41), UnitStep(day("12-01"), 44))
    assert notes(outcome, "note.posted_proration") == [{"day": day("11-12"), "change": 3}]


def test_until_that_is_proved_the_first_such_change_waits_and_may_be_released():
    outcome = planned(line(POSTED), UP, "11-14", rule(AT_ONCE), habits("unproven"))
    assert outcome.status is OutcomeStatus.HELD
    assert codes(outcome) == ["held.posted_unproven"]
    assert notes(outcome, "held.posted_unproven") == [{"day": day("11-12"), "change": 3}]
    assert (sent(outcome), outcome.releasable) == ([("11-12", 3)], ("posted_unproven",))


def test_a_psa_that_refuses_gets_the_first_open_period_and_the_shortfall_is_shown():
    outcome = planned(line(POSTED), UP, "11-14", rule(AT_ONCE), habits("refuse"))
    assert sent(outcome) == [("12-01", 3)]
    shown = {"day": day("11-12"), "change": 3, "amount": Decimal("22.80")}
    assert notes(outcome, "note.posted_shortfall") == [shown]


def test_what_such_a_psa_will_not_bill_has_no_amount_where_the_line_has_no_price():
    unpriced = line(POSTED, line=replace(LINE, price=None))
    outcome = planned(unpriced, UP, "11-14", rule(AT_ONCE), habits("refuse"))
    assert notes(outcome, "note.posted_shortfall") == [{"day": day("11-12"), "change": 3, "amount": None}]


def test_a_period_whose_last_day_is_the_cut_over_is_posted_all_the_same():
    usage = seen(spread(("11-01", "11-29", 41), ("11-30", "11-30", 44)))
    outcome = planned(line(POSTED), usage, "11-30", rule(AT_ONCE, cutover=day("11-30")), habits("refuse"))
    assert sent(outcome) == [("12-01", 3)]


def test_the_next_night_does_not_send_it_again_in_either_habit():
    usage = seen(spread(("11-01", "11-11", 41), ("11-12", "11-15", 44)))
    rows = (*POSTED[:2], row("12-01", "12-31", 44))
    for habit in ("proration_item", "refuse"):
        first = planned(line(POSTED), UP, "11-14", rule(AT_ONCE), habits(habit))
        known = KnownUnits(first.expected, day("11-01"), first.levels, first.decided_until)
        used = frozenset(made.day for made in first.adjustments)
        again = planned(line(rows, known=known, used_dates=used), usage, "11-15", rule(AT_ONCE), habits(habit))
        assert (sent(again), again.status) == ([], OutcomeStatus.NONE)
        assert codes(again) == ["none.right"], "the shortfall is told once, with the change"


def test_a_change_whose_first_open_period_is_not_read_is_sent_only_once():
    """A posted quarter, read 35 days ahead: the row of 1 January is not among the rows, so it cannot be compared."""
    posted = (row("10-01", "12-31", 41, "10-02"),)
    quarterly = contract(end=None, period=PeriodType.QUARTERLY)
    first = planned(line(posted, quarterly), UP, "11-14", rule(AT_ONCE), habits("refuse"))
    assert sent(first) in ([], [("01-01", 3)]), "41 units are there already, whether their row was read or not"
    known = KnownUnits(first.expected, day("11-01"), first.levels, first.decided_until)
    used = frozenset(made.day for made in first.adjustments)
    usage = seen(spread(("11-01", "11-11", 41), ("11-12", "11-15", 44)))
    again = planned(
        line(posted, quarterly, known=known, used_dates=used), usage, "11-15", rule(AT_ONCE), habits("refuse")
    )
    assert sent(again) == []


def test_a_change_in_a_posted_quarter_is_no_edit_when_the_next_quarter_comes_into_view():
    """The quarter is posted and shows 41; from 1 January, which was not read then, the PSA shows our 44."""
    posted = (row("10-01", "12-31", 41, "10-02"),)
    quarterly = contract(end=None, period=PeriodType.QUARTERLY)
    first = planned(line(posted, quarterly), UP, "11-14", rule(AT_ONCE), habits("proration_item"))
    known = KnownUnits(first.expected, day("11-01"), first.levels, first.decided_until)
    later = (*posted, row("2027-01-01", "2027-03-31", 44))
    usage = seen(spread(("11-01", "11-11", 41), ("11-12", "11-30", 44)))
    again = planned(line(later, quarterly, known=known), usage, "11-30", rule(AT_ONCE), habits("proration_item"))
    assert (sent(again), again.status) == ([], OutcomeStatus.NONE)


def test_a_change_of_a_posted_line_that_lies_in_the_open_period_needs_no_proof():
    usage = seen(spread(("11-01", "12-01", 41), ("12-02", "12-02", 44)))
    outcome = planned(line(POSTED), usage, "12-02", rule(AT_ONCE))
    assert (sent(outcome), outcome.status) == ([("12-02", 3)], OutcomeStatus.CHANGE)


def test_a_change_laid_over_a_posted_row_is_in_force_and_its_day_still_posted():
    laid = (row("11-01", "11-30", 41, "11-02"), row("11-12", "11-30", 44), row("12-01", "12-31", 44))
    assert [units_on(laid, day(on)) for on in ("11-11", "11-12", "11-30", "12-01")] == [41, 44, 44, 44]
    assert [posted_on(laid, day(on)) for on in ("11-12", "12-01")] == [True, False]
    assert units_on((laid[0], row("11-01", "11-30", 44)), day("11-05")) == 44, "laid over from the first day on"


# --- the contract's end -----------------------------------------------------------------------------------------


def test_a_month_end_change_after_the_last_period_has_no_date():
    rows = autumn(41)[:2]
    outcome = planned(line(rows, contract(end="11-30")), seen(spread(("11-01", "11-30", 44))), "11-30", rule(MONTH_END))
    assert outcome.status is OutcomeStatus.HELD
    assert codes(outcome) == ["held.contract_ends"]
    assert sent(outcome) == []


def test_a_change_on_the_contracts_last_day_is_billed_for_one_day_of_the_cut_period():
    rows = (row("11-01", "11-20", 41),)
    usage = seen(spread(("11-01", "11-19", 41), ("11-20", "11-20", 44)))
    outcome = planned(line(rows, contract(end="11-20")), usage, "11-20", rule(AT_ONCE))
    assert (sent(outcome), outcome.amount) == ([("11-20", 3)], Decimal("1.80"))  # 36 x 1 / 20


# --- steps that a person planned for later ----------------------------------------------------------------------

PLANNED_45 = (*autumn(41)[:2], row("12-01", "12-31", 45))


def future(choice: FutureSteps):
    return planned(line(PLANNED_45), UP, "11-14", rule(replace(AT_ONCE, future_steps=choice)))


def test_a_step_planned_by_hand_holds_the_line():
    outcome = future(FutureSteps.HOLD)
    assert outcome.status is OutcomeStatus.HELD
    assert outcome.reasons[0].code == "held.future_steps"
    assert outcome.reasons[0].as_dict() == {"day": day("12-01"), "units": 45, "steps": 1}


def test_kept_it_stays_the_same_step_above_the_change():
    outcome = future(FutureSteps.KEEP)
    assert outcome.status is OutcomeStatus.CHANGE
    assert sent(outcome) == [("11-12", 3)]
    assert outcome.expected[-1] == UnitStep(day("12-01"), 48)


def test_absorbed_it_goes_and_the_line_follows_its_usage():
    outcome = future(FutureSteps.ABSORB)
    assert sent(outcome) == [("11-12", 3), ("12-01", -4)]
    assert outcome.expected[-1] == UnitStep(day("11-12"), 44)


def test_of_several_steps_planned_by_hand_each_is_absorbed_by_its_own_difference():
    rows = (row("10-01", "10-31", 41, "11-02"), row("11-01", "11-19", 41), row("11-20", "11-30", 45))
    later = (*rows, row("12-01", "12-31", 50))
    outcome = planned(line(later), UP, "11-14", rule(replace(AT_ONCE, future_steps=FutureSteps.ABSORB)))
    assert sent(outcome) == [("11-12", 3), ("11-20", -4), ("12-01", -5)]
    assert outcome.expected[-1] == UnitStep(day("11-12"), 44)


def test_a_step_planned_by_hand_is_left_alone_where_nothing_else_changes():
    usage = seen(spread(("11-01", "11-14", 41)))
    outcome = planned(line(PLANNED_45), usage, "11-14", rule(AT_ONCE))
    assert (sent(outcome), outcome.status) == ([], OutcomeStatus.NONE)


def test_a_step_planned_by_hand_that_usage_reaches_is_no_future_step_any_more():
    usage = seen(spread(("11-01", "11-30", 41), ("12-01", "12-01", 45)))
    outcome = planned(line(PLANNED_45), usage, "12-01", rule(AT_ONCE))
    assert (sent(outcome), outcome.status) == ([], OutcomeStatus.NONE)


# --- assumed periods --------------------------------------------------------------------------------------------


def test_a_line_without_rows_waits_with_the_period_of_the_line_beside_it():
    outcome = planned(line((), sibling_rows=autumn(12)), seen(spread(("11-12", "11-14", 2))), "11-14", rule(AT_ONCE))
    assert outcome.status is OutcomeStatus.HELD
    assert outcome.reasons[0].as_dict() == {"start": day("11-01"), "end": day("11-30")}
    assert (sent(outcome), outcome.amount, outcome.releasable) == (
        [("11-12", 2)],
        Decimal("15.20"),
        ("period_assumed",),
    )
    assert outcome.expected == (UnitStep(day("11-12"), 2),)


def test_the_steps_of_a_line_without_rows_add_up():
    usage = seen(spread(("11-10", "11-11", 2), ("11-12", "11-14", 5)))
    outcome = planned(line((), sibling_rows=autumn(12)), usage, "11-14", rule(AT_ONCE))
    assert sent(outcome) == [("11-10", 2), ("11-12", 3)]
    assert outcome.expected == (UnitStep(day("11-10"), 2), UnitStep(day("11-12"), 5))


def test_a_line_without_rows_and_without_use_is_right_as_it_is():
    outcome = planned(line(()), seen(spread(("11-01", "11-14", 0))), "11-14", rule(AT_ONCE))
    assert outcome.status is OutcomeStatus.NONE


def test_units_that_would_fall_below_zero_in_a_later_row_wait_and_cannot_be_released():
    rows = (*autumn(41)[:2], row("12-01", "12-31", 2))
    usage = seen(spread(("11-01", "11-11", 41), ("11-12", "11-14", 30)))
    outcome = planned(line(rows), usage, "11-14", rule(replace(AT_ONCE, future_steps=FutureSteps.KEEP)))
    assert "held.would_go_negative" in codes(outcome)
    assert outcome.releasable == ()


def test_a_rise_and_a_later_fall_keep_their_signs_in_the_order_of_their_days():
    timing = TimingPolicy(increase=Timing.USAGE_DAY, decrease=Timing.NEXT_PERIOD)
    usage = seen(spread(("11-01", "11-04", 41), ("11-05", "11-20", 50), ("11-21", "11-30", 45)))
    outcome = planned(line(), usage, "11-30", rule(timing))
    assert sent(outcome) == [("11-05", 9), ("12-01", -5)]
    assert (outcome.before, outcome.after) == (41, 45)
    # 9 x 12 x 26 / 30 = 93.60; -5 x 12 = -60.00
    assert outcome.amount == Decimal("33.60")
    assert outcome.recurring == Decimal("48.00")
