"""On which day a change takes effect: each timing in both directions, settling, late runs, cut-off, hold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.core.situations import (
    AT_ONCE,
    MONTH_END,
    autumn,
    codes,
    contract,
    day,
    line,
    planned,
    row,
    rule,
    seen,
    sent,
    spread,
)

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.contract import PeriodType, UnitStep
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.planning.line_plan import LineFacts
from trueup.core.rule import Override, Timing, TimingPolicy

UP = (("11-01", "11-11", 41), ("11-12", "11-30", 44))
DOWN = (("11-01", "11-11", 41), ("11-12", "11-30", 38))


def after(timing: TimingPolicy, as_of: str, *parts: tuple[str, str, int], facts: LineFacts | None = None) -> Outcome:
    """The plan of the night after `as_of`, with usage up to that day."""
    story = {on: value for on, value in spread(*parts).items() if on <= day(as_of)}
    return planned(facts or line(), seen(story), as_of, rule(timing))


def alone(timing: Timing) -> TimingPolicy:
    return TimingPolicy(increase=timing, decrease=timing, increase_settle_days=1, decrease_settle_days=1)


@pytest.mark.parametrize(
    ("timing", "as_of", "expected"),
    [
        (Timing.USAGE_DAY, "11-12", [("11-12", 3)]),
        (Timing.USAGE_DAY, "11-20", [("11-12", 3)]),
        (Timing.PERIOD_START, "11-12", [("11-01", 3)]),
        (Timing.NEXT_PERIOD, "11-29", []),
        (Timing.NEXT_PERIOD, "11-30", [("12-01", 3)]),
        (Timing.NEXT_MONTH, "11-30", [("12-01", 3)]),
        (Timing.HOLD, "11-30", []),
    ],
)
def test_three_laptops_more_from_12_november(timing, as_of, expected):
    assert sent(after(alone(timing), as_of, *UP)) == expected


@pytest.mark.parametrize(
    ("timing", "as_of", "expected"),
    [
        (Timing.USAGE_DAY, "11-12", [("11-12", -3)]),
        (Timing.USAGE_DAY, "11-20", [("11-12", -3)]),
        (Timing.PERIOD_START, "11-12", [("11-01", -3)]),
        (Timing.NEXT_PERIOD, "11-29", []),
        (Timing.NEXT_PERIOD, "11-30", [("12-01", -3)]),
        (Timing.NEXT_MONTH, "11-30", [("12-01", -3)]),
        (Timing.HOLD, "11-30", []),
    ],
)
def test_three_laptops_fewer_from_12_november(timing, as_of, expected):
    assert sent(after(alone(timing), as_of, *DOWN)) == expected


QUARTERLY = line(
    (row("10-01", "12-31", 41), row("2027-01-01", "2027-03-31", 41)), contract("01-01", None, PeriodType(3))
)


@pytest.mark.parametrize(
    ("timing", "as_of", "expected", "amount"),
    [
        (Timing.NEXT_MONTH, "11-30", [("12-01", 3)], "12.13"),  # 36 x 31 / 92 = 12.1304
        (Timing.NEXT_PERIOD, "11-30", [], None),
        (Timing.PERIOD_START, "11-30", [("10-01", 3)], "36.00"),
        (Timing.USAGE_DAY, "11-30", [("11-12", 3)], "19.57"),  # 36 x 50 / 92 = 19.565
    ],
)
def test_inside_a_quarter_the_next_month_is_prorated_and_the_next_period_waits(timing, as_of, expected, amount):
    by = replace(rule(alone(timing)), cutover=day("10-01"))
    outcome = planned(QUARTERLY, seen(spread(("10-01", "11-11", 41), ("11-12", "11-30", 44))), as_of, by)
    assert sent(outcome) == expected
    assert (str(outcome.amount) if outcome.amount is not None else None) == amount


def test_the_next_quarter_starts_with_what_its_eve_shows():
    by = replace(rule(MONTH_END), cutover=day("11-01"))
    outcome = planned(QUARTERLY, seen(spread(("11-01", "12-31", 44))), "12-31", by)
    assert [(made.day, made.change) for made in outcome.adjustments] == [(day("2027-01-01"), 3)]


def test_a_fall_must_stand_three_measured_days_and_is_dated_on_the_first():
    three = TimingPolicy()
    waiting = after(three, "11-13", *DOWN)
    assert (waiting.status, codes(waiting)) == (OutcomeStatus.SCHEDULED, ["scheduled.settling"])
    assert waiting.reasons[0].as_dict() == {"wanted": 38, "level": 41, "since": day("11-12"), "days": 1}
    assert sent(after(three, "11-14", *DOWN)) == [("11-12", -3)]


def test_a_dip_of_two_days_is_no_fall():
    dip = (("11-01", "11-11", 41), ("11-12", "11-13", 38), ("11-14", "11-30", 41))
    for as_of in ("11-12", "11-13", "11-14", "11-30"):
        assert sent(after(TimingPolicy(), as_of, *dip)) == []


def test_a_fall_in_two_steps_is_credited_from_two_dates():
    steps = (("11-01", "11-15", 41), ("11-16", "11-17", 40), ("11-18", "11-30", 38))
    assert sent(after(TimingPolicy(), "11-18", *steps)) == [("11-16", -1)]
    assert sent(after(TimingPolicy(), "11-20", *steps)) == [("11-16", -1), ("11-18", -2)]


def test_a_rise_that_must_stand_two_days_rises_to_the_lower_of_them():
    two = TimingPolicy(increase_settle_days=2)
    story = (("11-01", "11-11", 41), ("11-12", "11-12", 46), ("11-13", "11-30", 44))
    assert sent(after(two, "11-12", *story)) == []
    assert sent(after(two, "11-13", *story)) == [("11-12", 3)]


def test_days_that_were_not_measured_neither_count_nor_interrupt():
    gap = (("11-01", "11-11", 41), ("11-12", "11-12", 38), ("11-15", "11-15", 38))
    assert sent(after(TimingPolicy(), "11-15", *gap)) == []
    assert sent(after(TimingPolicy(), "11-16", *gap, ("11-16", "11-16", 38))) == [("11-12", -3)]


def test_a_late_run_keeps_every_change_on_its_own_day():
    story = (("11-01", "11-04", 41), ("11-05", "11-09", 42), ("11-10", "11-15", 45), ("11-16", "11-25", 43))
    assert sent(after(TimingPolicy(), "11-25", *story)) == [("11-05", 1), ("11-10", 3), ("11-16", -2)]


def test_a_late_run_over_the_period_border_keeps_its_dates():
    story = (("11-01", "11-28", 41), ("11-29", "12-05", 39))
    assert sent(after(TimingPolicy(), "12-05", *story)) == [("11-29", -2)]


def test_laptops_lent_for_one_day_cost_one_day():
    lent = (("11-01", "11-12", 41), ("11-13", "11-13", 44), ("11-14", "11-20", 41))
    outcome = after(TimingPolicy(), "11-16", *lent)
    assert sent(outcome) == [("11-13", 3), ("11-14", -3)]
    assert str(outcome.amount) == "1.20"
    assert codes(outcome) == ["change.dates"]


def test_up_now_down_next():
    preset = TimingPolicy(increase=Timing.USAGE_DAY, decrease=Timing.NEXT_PERIOD)
    story = (("11-01", "11-04", 41), ("11-05", "11-19", 44), ("11-20", "11-30", 40))
    assert sent(after(preset, "11-20", *story)) == [("11-05", 3)]
    assert sent(after(preset, "11-30", *story)) == [("11-05", 3), ("12-01", -4)]


def test_a_rise_seen_on_the_first_day_of_a_period_stands_above_the_fall_decided_for_it():
    """The eve of 1 December shows 40, the day itself 46: the line has 46 on 1 December, not 40."""
    preset = TimingPolicy(increase=Timing.USAGE_DAY, decrease=Timing.NEXT_PERIOD)
    story = (("11-01", "11-19", 44), ("11-20", "11-30", 40), ("12-01", "12-02", 46))
    assert sent(after(preset, "12-02", *story, facts=line(44))) == [("12-01", 2)]


def test_the_next_period_takes_the_eve_and_not_the_peak():
    story = (("11-01", "11-09", 41), ("11-10", "11-20", 60), ("11-21", "11-30", 43))
    assert sent(after(MONTH_END, "11-30", *story)) == [("12-01", 2)]


def test_a_run_in_december_still_decides_december_by_the_eve():
    story = (("11-01", "11-30", 43), ("12-01", "12-05", 50))
    assert sent(after(MONTH_END, "12-05", *story)) == [("12-01", 2)]


def test_until_the_period_is_over_the_change_is_scheduled_for_its_first_day():
    waiting = after(MONTH_END, "11-20", *UP)
    assert waiting.status is OutcomeStatus.SCHEDULED
    assert waiting.reasons[0].as_dict() == {"wanted": 44, "level": 41, "day": day("12-01")}


CUTOFF = TimingPolicy(increase=Timing.NEXT_PERIOD, decrease=Timing.NEXT_PERIOD, cutoff_days=5)
CUTOFF_STORY = (("11-01", "11-19", 41), ("11-20", "11-27", 43), ("11-28", "12-31", 44))


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [("11-24", []), ("11-25", [("12-01", 2)]), ("11-28", [("12-01", 2)]), ("11-30", [("12-01", 2)])],
)
def test_decided_five_days_before_the_end_it_is_decided_once(as_of, expected):
    assert sent(after(CUTOFF, as_of, *CUTOFF_STORY)) == expected


def test_what_comes_after_the_cutoff_waits_for_the_period_after_the_next():
    posted = line(
        (row("11-01", "11-30", 41), row("12-01", "12-31", 43), row("2027-01-01", "2027-01-31", 43)), contract(end=None)
    )
    waiting = after(CUTOFF, "11-28", *CUTOFF_STORY, facts=posted)
    assert waiting.status is OutcomeStatus.SCHEDULED
    assert waiting.reasons[0].get("day") == day("2027-01-01")


def test_a_rise_from_the_period_start_bills_the_whole_month():
    outcome = after(TimingPolicy(increase=Timing.PERIOD_START), "11-12", *UP)
    assert sent(outcome) == [("11-01", 3)]
    assert str(outcome.amount) == "36.00"


RISEN_FROM_START = line(
    (row("10-01", "10-31", 41, "11-02"), row("11-01", "11-30", 44), row("12-01", "12-31", 44)),
    used_dates=frozenset({day("11-01")}),
)


@pytest.mark.parametrize("cutover", ["11-01", "10-01"])
def test_after_a_rise_from_the_period_start_a_dip_of_one_day_changes_nothing(cutover):
    """The fall has its own policy (three days); the rise of the 12th must not be taken back by it on the 15th."""
    story = spread(("10-01", "11-11", 41), ("11-12", "11-14", 44), ("11-15", "11-15", 43))
    by = replace(rule(TimingPolicy(increase=Timing.PERIOD_START)), cutover=day(cutover))
    facts = replace(RISEN_FROM_START, known=agreed_from(cutover, ("10-01", 41), ("11-01", 44), until="11-14"))
    assert sent(planned(facts, seen(story), "11-15", by)) == []


@pytest.mark.parametrize("cutover", ["11-01", "10-01"])
def test_after_a_rise_from_the_period_start_a_held_fall_changes_nothing(cutover):
    story = spread(("10-01", "11-11", 41), ("11-12", "11-14", 44), ("11-15", "11-25", 38))
    timing = TimingPolicy(increase=Timing.PERIOD_START, decrease=Timing.HOLD)
    facts = replace(RISEN_FROM_START, known=agreed_from(cutover, ("10-01", 41), ("11-01", 44), until="11-14"))
    outcome = planned(facts, seen(story), "11-25", replace(rule(timing), cutover=day(cutover)))
    assert sent(outcome) == []
    assert codes(outcome) == ["held.timing_hold"]


@pytest.mark.parametrize("as_of", ["11-22", "11-28"])
def test_silence_does_not_take_back_a_rise_from_the_period_start(as_of):
    """44 from the 12th to the 20th, billed from 1 November; then the source is silent, at last for too long."""
    story = spread(("10-01", "11-11", 41), ("11-12", "11-20", 44))
    by = replace(rule(TimingPolicy(increase=Timing.PERIOD_START)), cutover=day("10-01"))
    facts = replace(RISEN_FROM_START, known=agreed_from("10-01", ("10-01", 41), ("11-01", 44), until="11-20"))
    assert sent(planned(facts, seen(story), as_of, by)) == []


def test_a_rise_from_the_period_start_is_not_credited_for_the_days_before_it():
    """41 until the 11th, 44 from the 12th: the days before the rise are no fall."""
    timing = TimingPolicy(increase=Timing.PERIOD_START, decrease_settle_days=1)
    facts = replace(RISEN_FROM_START, known=agreed_from("11-01", ("11-01", 44), until="11-12"))
    assert sent(planned(facts, seen(spread(*UP[:1], ("11-12", "11-20", 44))), "11-20", rule(timing))) == []


def agreed_from(cutover: str, *steps: tuple[str, int], until: str) -> KnownUnits:
    made = tuple(UnitStep(day(on), units) for on, units in steps)
    rows_say = (UnitStep(day("10-01"), 41), UnitStep(day("11-01"), 44))
    return KnownUnits(rows_say, day(cutover), made, day(until))


def test_hold_waits_for_a_person_and_says_what_it_saw():
    outcome = after(alone(Timing.HOLD), "11-20", *UP)
    assert outcome.status is OutcomeStatus.HELD
    assert outcome.reasons[0].as_dict() == {"wanted": 44, "level": 41}


def test_only_one_direction_may_be_held():
    rises = TimingPolicy(increase=Timing.USAGE_DAY, decrease=Timing.HOLD)
    assert sent(after(rises, "11-20", *UP)) == [("11-12", 3)]
    assert codes(after(rises, "11-20", *DOWN)) == ["held.timing_hold"]


@pytest.mark.parametrize("period", [PeriodType.QUARTERLY, PeriodType.SEMI_ANNUAL, PeriodType.YEARLY])
def test_month_end_on_a_longer_period_waits_for_an_explicit_choice(period):
    longer = line((row("07-01", "12-31", 41),), contract("01-01", None, period))
    outcome = after(replace(MONTH_END, monthly_only=True), "11-20", *UP, facts=longer)
    assert codes(outcome) == ["held.needs_choice"]


def test_month_end_on_a_monthly_contract_needs_no_choice():
    assert sent(after(replace(MONTH_END, monthly_only=True), "11-30", *UP)) == [("12-01", 3)]


def test_month_end_reads_the_length_of_the_rows_and_not_only_the_contracts_type():
    quarterly_rows = line((row("10-01", "12-31", 41),))
    outcome = after(replace(MONTH_END, monthly_only=True), "11-20", *UP, facts=quarterly_rows)
    assert codes(outcome) == ["held.needs_choice"]


def test_nothing_is_dated_before_the_cut_over():
    by = replace(rule(AT_ONCE), cutover=day("11-10"))
    story = seen(spread(("11-01", "11-04", 41), ("11-05", "11-15", 44)))
    assert sent(planned(line(), story, "11-15", by)) == [("11-10", 3)]


def test_a_line_without_cut_over_begins_with_the_usage_day():
    by = replace(rule(AT_ONCE), cutover=None)
    story = seen(spread(("11-01", "11-15", 44)))
    assert sent(planned(line(), story, "11-15", by)) == [("11-15", 3)]


def test_nothing_is_dated_before_the_period_that_came_before():
    by = replace(rule(AT_ONCE), cutover=day("08-01"))
    rows = (row("08-01", "08-31", 41), row("09-01", "09-30", 41), *autumn(41))
    assert sent(planned(line(rows), seen(spread(("08-01", "11-15", 44))), "11-15", by)) == [("10-01", 3)]


def test_an_override_that_lowers_must_stand_as_long_as_any_fall():
    by = replace(rule(), override=Override(30, "agreed", since=day("11-12"), until=day("11-30")))
    story = spread(("11-01", "11-20", 41))
    for as_of, expected in (("11-13", []), ("11-14", [("11-12", -11)])):
        usage = seen({on: value for on, value in story.items() if on <= day(as_of)})
        assert sent(planned(line(), usage, as_of, by)) == expected


def test_when_an_override_ends_the_line_follows_its_usage_again():
    by = replace(rule(), override=Override(50, "agreed", since=day("11-05"), until=day("11-10")))
    assert sent(planned(line(), seen(spread(("11-01", "11-15", 41))), "11-15", by)) == [("11-05", 9), ("11-11", -9)]


def test_an_override_that_is_over_does_not_let_silent_days_settle_a_fall():
    by = replace(rule(), override=Override(41, "agreed", since=day("11-01"), until=day("11-05")))
    story = spread(("11-01", "11-11", 41), ("11-12", "11-12", 38)) | dict.fromkeys(
        (day("11-13"), day("11-14")), "unknown"
    )
    assert sent(planned(line(), seen(story), "11-14", by)) == []
