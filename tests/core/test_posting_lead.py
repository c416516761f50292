"""Whether periods are posted before the next period is decided, and how many days earlier would do."""

from __future__ import annotations

from dataclasses import replace

from tests.core.situations import MONTH_END, contract, row, rule

from trueup.core.contract import PeriodType
from trueup.core.dates.posting_lead import PostedEarly, posted_early
from trueup.core.rule import Timing, TimingPolicy


def _looked_at(*rows, by=None, of=None):
    return posted_early([(by or rule(MONTH_END), of or contract(), rows)])


def test_periods_posted_after_they_began_were_decided_first() -> None:
    rows = (row("10-01", "10-31", 41, posted="10-01"), row("11-01", "11-30", 41, posted="11-04"))
    assert _looked_at(*rows) == PostedEarly(2, 0, 0)


def test_a_period_posted_five_days_before_needs_five_days_of_cut_off() -> None:
    """December was posted on 26 November; the count of the 30th decides, written on the morning of 1 December."""
    rows = (row("11-01", "11-30", 41, posted="10-28"), row("12-01", "12-31", 41, posted="11-26"))
    assert _looked_at(*rows) == PostedEarly(2, 2, 5)


def test_with_that_cut_off_all_is_well() -> None:
    rows = (row("12-01", "12-31", 41, posted="11-26"),)
    assert _looked_at(*rows, by=rule(replace(MONTH_END, cutoff_days=5))) == PostedEarly(1, 0, 0)
    assert _looked_at(*rows, by=rule(replace(MONTH_END, cutoff_days=4))) == PostedEarly(1, 1, 5)


def test_the_first_period_and_the_rest_of_a_split_one_were_never_decided() -> None:
    rows = (row("11-10", "11-20", 41, posted="11-01"), row("11-21", "12-09", 42, posted="11-01"))
    assert _looked_at(*rows, of=contract(start="11-10")) is None


def test_a_month_inside_a_posted_year_says_nothing() -> None:
    rows = (row("01-15", "12-31", 41, posted="01-20"), row("2027-01-01", "2027-01-14", 42, posted="01-20"))
    by = rule(TimingPolicy(increase=Timing.NEXT_MONTH, decrease=Timing.NEXT_MONTH))
    assert _looked_at(*rows, by=by, of=contract(start="01-15", end="2027-12-31", period=PeriodType.YEARLY)) is None


def test_nothing_is_said_where_nothing_is_posted() -> None:
    assert _looked_at(row("11-01", "11-30", 41)) is None


def test_a_rule_by_month_decides_for_each_first_of_a_month_and_a_rule_by_period_for_each_period() -> None:
    """The contract began on the 10th, its rows follow it: no period begins with a month."""
    rows = (row("10-10", "11-09", 41, posted="10-06"), row("11-10", "12-09", 41, posted="11-06"))
    begun = contract(start="09-10", end="2027-09-09")
    by_month = rule(TimingPolicy(increase=Timing.NEXT_MONTH, decrease=Timing.NEXT_MONTH))
    assert _looked_at(*rows, by=by_month, of=begun) is None
    either = rule(TimingPolicy(increase=Timing.NEXT_MONTH, decrease=Timing.NEXT_PERIOD))
    assert _looked_at(*rows, by=either, of=begun) == PostedEarly(2, 2, 4)
    assert _looked_at(*rows, of=begun) == PostedEarly(2, 2, 4)


def test_a_rule_by_month_is_told_of_months_that_were_posted_early() -> None:
    rows = (row("11-01", "11-30", 41, posted="10-29"),)
    by_month = rule(TimingPolicy(increase=Timing.NEXT_MONTH, decrease=Timing.NEXT_MONTH))
    assert _looked_at(*rows, by=by_month) == PostedEarly(1, 1, 3)


def test_rows_that_follow_no_period_of_the_contract_are_periods_themselves() -> None:
    """The contract counts from the first, the rows go from the middle of one month to the middle of the next."""
    rows = (
        row("10-15", "11-14", 41),
        row("11-15", "12-14", 41, posted="11-10"),
        row("12-15", "2027-01-14", 41),
    )
    assert _looked_at(*rows, of=contract(end="2027-12-31")) == PostedEarly(1, 1, 5)
