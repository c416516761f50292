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
