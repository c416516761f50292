"""Billing periods: anchored at the contract's start, clamped to the month's end, read from rows where there are any."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.situations import PROFILE, contract, day, row

from trueup.core.contract import PeriodType
from trueup.core.period import Period, calendar_of, period_at


def starts(anchor: str, months: int, count: int) -> list[str]:
    """The first `count` periods that follow one another from the anchor."""
    found, on = [], day(anchor)
    for _ in range(count):
        period = period_at(day(anchor), months, on)
        assert period.start == on, "a period begins the day after the one before it ended"
        found.append(on.isoformat())
        on = period.end + timedelta(days=1)
    return found


def test_a_contract_from_31_january_bills_from_28_february_and_again_from_31_march():
    assert starts("2026-01-31", 1, 5) == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]


def test_in_a_leap_year_the_february_period_of_31_january_starts_on_the_29th():
    assert starts("2028-01-31", 1, 3) == ["2028-01-31", "2028-02-29", "2028-03-31"]


def test_a_contract_from_29_february_keeps_the_29th_in_every_longer_month():
    assert starts("2024-02-29", 1, 4) == ["2024-02-29", "2024-03-29", "2024-04-29", "2024-05-29"]


def test_a_yearly_contract_from_the_leap_day_starts_on_the_28th_in_common_years_and_on_the_29th_again():
    assert starts("2024-02-29", 12, 5) == ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]


def test_a_quarter_from_30_november_ends_on_the_day_before_the_last_of_february():
    assert period_at(day("2026-11-30"), 3, day("2027-01-15")) == Period(day("2026-11-30"), day("2027-02-27"))


def test_half_years_from_31_august_meet_the_end_of_february():
    assert starts("2026-08-31", 6, 3) == ["2026-08-31", "2027-02-28", "2027-08-31"]


@pytest.mark.parametrize(
    ("months", "on", "first", "last", "length"),
    [
        (1, "11-14", "10-15", "11-14", 31),
        (1, "11-15", "11-15", "12-14", 30),
        (3, "06-01", "04-15", "07-14", 91),
        (6, "07-15", "07-15", "2027-01-14", 184),
        (12, "2027-01-14", "01-15", "2027-01-14", 365),
    ],
)
def test_a_contract_from_15_january_2026(months, on, first, last, length):
    period = period_at(day("01-15"), months, day(on))
    assert (period.start, period.end, period.days) == (day(first), day(last), length)


def test_february_of_a_leap_year_has_29_days():
    assert period_at(day("2028-01-01"), 1, day("2028-02-10")).days == 29


def test_the_last_period_is_cut_where_the_contract_ends():
    calendar = calendar_of(contract(end="11-20"), (row("10-01", "10-31", 5), row("11-01", "11-20", 5)))
    assert calendar.period_of(day("11-12")) == Period(day("11-01"), day("11-20"))
    assert calendar.period_of(day("10-31")) == Period(day("10-01"), day("10-31"))


def test_a_contract_extended_month_by_month_keeps_its_periods():
    rows = (row("10-15", "11-14", 5), row("11-15", "12-14", 5))
    for end in ("12-14", "2027-01-14", "2027-02-14"):
        calendar = calendar_of(contract("01-15", end), rows)
        assert calendar.period_of(day("11-20")) == Period(day("11-15"), day("12-14"))


def test_a_row_that_was_split_by_a_change_is_not_a_period():
    rows = (row("11-01", "11-11", 41), row("11-12", "11-19", 44), row("11-20", "11-30", 42))
    assert calendar_of(contract(), rows).period_of(day("11-15")) == Period(day("11-01"), day("11-30"))


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [("10-01", "12-31", 3), ("07-01", "12-31", 6), ("01-01", "12-31", 12)],
)
def test_a_service_of_a_longer_period_type_on_a_monthly_contract_takes_the_length_of_its_rows(first, last, months):
    calendar = calendar_of(contract(), (row(first, last, 5),))
    assert calendar.months == months
    assert calendar.period_of(day("11-12")) == Period(day(first), day(last))


def test_rows_that_agree_with_no_length_are_each_their_own_period():
    rows = (row("10-20", "11-09", 3), row("11-10", "12-05", 3), row("12-06", "2027-01-20", 3))
    calendar = calendar_of(contract(end=None), rows)
    assert calendar.months is None
    assert calendar.period_of(day("11-15")) == Period(day("11-10"), day("12-05"))


def test_beyond_rows_that_agree_with_no_length_a_period_is_only_assumed():
    calendar = calendar_of(contract(end=None), (row("10-20", "2027-11-09", 3),))
    assert calendar.period_of(day("10-05")) == Period(day("10-01"), day("10-31"), assumed=True)


def test_a_line_without_rows_takes_the_quarter_of_the_line_beside_it_and_says_so():
    calendar = calendar_of(contract(), (), (row("10-01", "12-31", 7),))
    assert calendar.period_of(day("11-12")) == Period(day("10-01"), day("12-31"), assumed=True)


def test_a_contract_without_any_row_is_counted_from_its_own_start_and_says_so():
    calendar = calendar_of(contract("01-31", period=PeriodType.QUARTERLY), ())
    assert calendar.period_of(day("05-01")) == Period(day("04-30"), day("07-30"), assumed=True)


def test_rows_that_exist_confirm_the_period():
    assert not calendar_of(contract(), (row("11-01", "11-30", 1),)).period_of(day("11-12")).assumed


@PROFILE
@given(
    anchor=st.dates(date(2019, 1, 1), date(2029, 12, 31)),
    months=st.sampled_from([1, 3, 6, 12]),
    ahead=st.integers(0, 3000),
)
def test_periods_tile_time_without_gap_or_overlap_and_never_drift_from_the_anchor(anchor, months, ahead):
    on = anchor + timedelta(days=ahead)
    period = period_at(anchor, months, on)
    assert period.start <= on <= period.end
    assert period_at(anchor, months, period.end + timedelta(days=1)).start == period.end + timedelta(days=1)
    moved = (period.start.year - anchor.year) * 12 + period.start.month - anchor.month
    assert moved % months == 0
    if period.start.day != anchor.day:
        assert period.start.day < anchor.day
        assert (period.start + timedelta(days=1)).day == 1, "only a short month moves the day, to its last"
