"""Which days give the basis, seen from a usage day, and what a gap does to each basis. Silence is never zero."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.situations import PROFILE, billing, contract, day, days, measured, row, spread

from trueup.core.contract import PeriodType
from trueup.core.period import BillingCalendar
from trueup.core.quantities.quantity import DayQuantity, Quantity, quantity_on, window_of
from trueup.core.rule import Basis, QuantityPolicy, Window
from trueup.core.usage import Coverage

QUARTER = billing(contract(period=PeriodType.QUARTERLY), (row("10-01", "12-31", 5),))
FROM_15TH = billing(contract("01-15"), (row("10-15", "11-14", 5), row("11-15", "12-14", 5)))


def seen_on(
    on: str,
    daily: dict[date, DayQuantity],
    basis: Basis = Basis.LAST,
    window: Window = Window.CALENDAR_MONTH_CURRENT,
    number: int | None = None,
    calendar: BillingCalendar | None = None,
    stale_days: int = 3,
) -> Quantity:
    policy = QuantityPolicy(basis=basis, window=window, day=number)
    return quantity_on(policy, None, daily, day(on), calendar or billing(), stale_days)


def problem(found: Quantity) -> str:
    assert found.units is None
    assert found.problem is not None
    return found.problem.code


def partial(value: int, *, grows: bool) -> DayQuantity:
    return DayQuantity(Decimal(value), Coverage.PARTIAL, grows)


SILENT = DayQuantity(None, Coverage.UNKNOWN)


@pytest.mark.parametrize(
    ("window", "calendar", "first", "last"),
    [
        (Window.CALENDAR_MONTH_CURRENT, QUARTER, "11-01", "11-30"),
        (Window.CALENDAR_MONTH_PREVIOUS, QUARTER, "10-01", "10-31"),
        (Window.BILLING_PERIOD_CURRENT, QUARTER, "10-01", "12-31"),
        (Window.BILLING_PERIOD_PREVIOUS, QUARTER, "07-01", "09-30"),
        (Window.BILLING_PERIOD_CURRENT, FROM_15TH, "10-15", "11-14"),
        (Window.BILLING_PERIOD_PREVIOUS, FROM_15TH, "09-15", "10-14"),
    ],
)
def test_the_days_of_a_window_seen_from_12_november(window, calendar, first, last):
    found = window_of(window, day("11-12"), calendar)
    assert (found.start, found.end) == (day(first), day(last))


def test_the_month_before_january_is_december_of_the_year_before():
    found = window_of(Window.CALENDAR_MONTH_PREVIOUS, day("01-10"), billing())
    assert (found.start, found.end) == (day("2025-12-01"), day("2025-12-31"))


STORY = measured(spread(("10-01", "10-31", 8), ("11-01", "11-01", 11), ("11-02", "11-09", 14), ("11-10", "11-12", 12)))


@pytest.mark.parametrize(
    ("basis", "expected"), [(Basis.LAST, 12), (Basis.PEAK, 14), (Basis.FIRST, 11), (Basis.AVERAGE, 14)]
)
def test_each_basis_over_the_month_so_far(basis, expected):
    # average: (11 + 8 x 14 + 3 x 12) / 12 = 159 / 12 = 13.25, rounded up
    assert seen_on("11-12", STORY, basis).units == expected


def test_the_average_is_exact_before_it_is_rounded():
    assert seen_on("11-12", STORY, Basis.AVERAGE).basis == Decimal("13.25")


@pytest.mark.parametrize("basis", [Basis.LAST, Basis.PEAK, Basis.FIRST, Basis.AVERAGE])
def test_last_months_window_looks_at_last_month_only(basis):
    assert seen_on("11-12", STORY, basis, Window.CALENDAR_MONTH_PREVIOUS).units == 8


def test_last_months_last_is_its_last_day_and_not_today():
    daily = measured(spread(("10-01", "10-30", 8), ("10-31", "10-31", 9), ("11-01", "11-12", 20)))
    assert seen_on("11-12", daily, Basis.LAST, Window.CALENDAR_MONTH_PREVIOUS).source_day == day("10-31")


def test_the_peak_forgets_the_month_before():
    daily = measured(spread(("10-01", "10-31", 99), ("11-01", "11-12", 12)))
    assert seen_on("11-12", daily, Basis.PEAK).units == 12


def test_day_31_means_the_last_day_in_a_shorter_month():
    daily = measured(spread(("11-01", "11-29", 5), ("11-30", "11-30", 9)))
    assert seen_on("11-30", daily, Basis.DAY, number=31).units == 9


def test_a_day_of_the_window_that_has_not_come_yet_is_scheduled():
    found = seen_on("11-12", STORY, Basis.DAY, number=15)
    assert problem(found) == "scheduled.basis_day"
    assert found.problem is not None
    assert found.problem.get("day") == day("11-15")


def test_the_day_of_a_billing_period_is_counted_from_its_start():
    daily = measured(spread(("10-15", "11-12", 5)) | {day("10-19"): 7})
    found = seen_on("11-12", daily, Basis.DAY, Window.BILLING_PERIOD_CURRENT, 5, FROM_15TH)
    assert (found.units, found.source_day) == (7, day("10-19"))


@pytest.mark.parametrize(("on", "units"), [("11-12", 12), ("11-15", 12), ("11-16", None)])
def test_the_last_measured_day_counts_for_three_days_and_then_is_stale(on, units):
    assert seen_on(on, STORY).units == units


def test_a_stale_source_says_since_when():
    found = seen_on("11-18", STORY)
    assert problem(found) == "held.stale"
    assert found.problem is not None
    assert found.problem.get("last_measured") == day("11-12")


def test_a_monthly_source_has_35_days():
    assert seen_on("12-17", STORY, stale_days=35).units == 12
    assert problem(seen_on("12-18", STORY, stale_days=35)) == "held.stale"


def test_the_last_value_may_come_from_the_month_before():
    daily = measured(spread(("10-25", "10-31", 8)))
    assert seen_on("11-02", daily).units == 8


def test_nothing_ever_measured_is_stale_and_not_zero():
    assert problem(seen_on("11-12", {})) == "held.stale"
    assert problem(seen_on("11-12", dict.fromkeys(days("11-01", "11-12"), SILENT))) == "held.stale"


def test_a_measured_zero_is_a_zero():
    assert seen_on("11-12", measured(spread(("11-01", "11-12", 0)))).units == 0


def test_a_peak_over_a_gap_may_only_raise():
    daily = measured(spread(("11-01", "11-05", 14), ("11-07", "11-12", 12)))
    found = seen_on("11-12", daily, Basis.PEAK)
    assert (found.units, found.only_raise) == (14, True)


def test_a_peak_without_gaps_may_lower_as_well():
    assert not seen_on("11-12", STORY, Basis.PEAK).only_raise


def test_an_average_needs_four_days_of_five():
    eight = measured(spread(("11-01", "11-08", 10)))
    assert seen_on("11-10", eight, Basis.AVERAGE).units == 10
    assert problem(seen_on("11-11", eight, Basis.AVERAGE)) == "held.too_few_days"


def test_an_average_says_how_many_days_it_had():
    found = seen_on("11-30", measured(spread(("11-01", "11-22", 10))), Basis.AVERAGE)
    assert found.problem is not None
    assert (found.problem.get("measured"), found.problem.get("days")) == (22, 30)


def test_the_average_leaves_out_the_days_that_were_not_measured():
    daily = measured(spread(("11-01", "11-04", 10), ("11-06", "11-10", 20)))
    assert seen_on("11-10", daily, Basis.AVERAGE).basis is not None
    # (4 x 10 + 5 x 20) / 9 = 140 / 9 = 15.55..., rounded up
    assert seen_on("11-10", daily, Basis.AVERAGE).units == 16


@pytest.mark.parametrize(("basis", "number"), [(Basis.FIRST, None), (Basis.DAY, 1)])
def test_a_first_or_named_day_that_was_not_measured_holds(basis, number):
    daily = measured(spread(("11-02", "11-12", 12)))
    assert problem(seen_on("11-12", daily, basis, number=number)) == "held.unmeasured"
    daily[day("11-01")] = partial(40, grows=True)
    assert problem(seen_on("11-12", daily, basis, number=number)) == "held.unmeasured"


@pytest.mark.parametrize("basis", [Basis.PEAK, Basis.AVERAGE])
def test_a_window_without_any_measured_day_holds(basis):
    assert seen_on("11-12", {}, basis).units is None


def test_the_measured_part_of_a_growing_quantity_is_a_lower_bound():
    daily = STORY | {day("11-12"): partial(20, grows=True)}
    found = seen_on("11-12", daily)
    assert (found.units, found.only_raise) == (20, True)


def test_the_measured_part_of_a_quantity_that_can_shrink_says_nothing():
    daily = STORY | {day("11-12"): partial(20, grows=False)}
    assert seen_on("11-12", daily).units == 12, "the last measured day, 11 November"
    assert seen_on("11-12", daily).source_day == day("11-11")


HISTORY = st.dictionaries(
    st.integers(1, 30).map(lambda number: date(2026, 11, number)), st.integers(0, 30), min_size=1, max_size=30
)


@PROFILE
@given(
    history=HISTORY,
    basis=st.sampled_from(list(Basis)),
    number=st.integers(1, 31),
    on=st.integers(1, 30),
    lost=st.data(),
)
def test_losing_a_day_never_gives_a_lower_figure_that_may_lower(history, basis, number, on, lost):
    """Law 1 for one line: whatever day goes missing, the figure is held, only raises, or is another measured day's."""
    seen_from = f"11-{on:02d}"
    full = seen_on(seen_from, measured(history), basis, number=number)
    gone = lost.draw(st.sampled_from(sorted(history)))
    poorer = measured({each: value for each, value in history.items() if each != gone})
    for found in (
        seen_on(seen_from, poorer, basis, number=number),
        seen_on(seen_from, poorer | {gone: SILENT}, basis, number=number),
        seen_on(seen_from, poorer | {gone: partial(0, grows=True)}, basis, number=number),
    ):
        if found.units is None or found.only_raise or full.units is None:
            continue
        left = [history[each] for each in history if each != gone]
        assert found.units >= min(left), "nothing lower than what was measured"
        if basis in (Basis.FIRST, Basis.DAY, Basis.PEAK):
            assert found.units == full.units or (basis is Basis.PEAK and gone > day(seen_from))
