"""Playing plans at the end of each month says the same as playing them every night, for any usage and timing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.situations import LINE, PROFILE, line, rule, seen

from trueup.core.amounts import amount_of_days
from trueup.core.contract import Contract, PeriodType, UnitRow, units_on
from trueup.core.period import BillingCalendar, calendar_of
from trueup.core.planning.line_plan import PlanContext, plan_line
from trueup.core.rule import Timing, TimingPolicy
from trueup.core.simulation.replay import PlayedLines, at_the_start, played_on

FIRST, LAST = date(2026, 2, 1), date(2026, 4, 30)
DAYS = (LAST - FIRST).days + 1
ENDS = (date(2026, 2, 28), date(2026, 3, 31), LAST)
ONE = timedelta(days=1)


def rows_of(anchor: date, months: int, units: int) -> tuple[UnitRow, ...]:
    """A row for each billing period, from before the first day to after the last."""
    contract = Contract("100", "1", "c", anchor, None, PeriodType(months))
    billing, day, found = BillingCalendar(contract, (), months, assumed=False), anchor, []
    while day <= LAST + timedelta(days=400):
        period = billing.period_of(day)
        found.append(UnitRow(period.start, period.end, units))
        day = period.end + ONE
    return tuple(found)


@st.composite
def stories(draw: st.DrawFn) -> tuple[date, int, int, dict[date, int], TimingPolicy]:
    anchor = draw(st.sampled_from([date(2026, 1, 1), date(2025, 12, 15), date(2025, 10, 20)]))
    months = draw(st.sampled_from([1, 3]))
    timing = TimingPolicy(
        increase=draw(st.sampled_from([Timing.USAGE_DAY, Timing.NEXT_PERIOD, Timing.NEXT_MONTH])),
        decrease=draw(st.sampled_from([Timing.USAGE_DAY, Timing.NEXT_PERIOD, Timing.NEXT_MONTH])),
        decrease_settle_days=draw(st.integers(1, 4)),
    )
    level, usage = draw(st.integers(0, 6)), {}
    begins = {row.start for row in (*rows_of(anchor, months, 0), *rows_of(date(2026, 1, 1), 1, 0))}
    for place in range(-10, DAYS):
        day = FIRST + timedelta(days=place)
        # What holds from the next period or month on was written the night before, when this day was not known.
        if day not in begins and draw(st.integers(0, 9)) == 0:
            level = draw(st.integers(0, 6))
        usage[day] = level
    return anchor, months, draw(st.integers(0, 6)), usage, timing


def played(story: tuple[date, int, int, dict[date, int], TimingPolicy], nights: list[date]) -> tuple[UnitRow, ...]:
    anchor, months, units, usage, timing = story
    contract = Contract("100", "1", "c", anchor, None, PeriodType(months), currency="EUR")
    lines = PlayedLines({LINE.id: at_the_start(rows_of(anchor, months, units), FIRST)})
    for night in nights:
        facts = line(lines.rows[LINE.id], contract, known=lines.known.get(LINE.id))
        upto = {day: count for day, count in usage.items() if day <= night}
        context = PlanContext(night, max(FIRST, night - timedelta(days=70)))
        outcome = plan_line(facts, rule(timing=timing, cutover=FIRST), seen(upto), context)
        lines = played_on(lines, (outcome,))
    return lines.rows[LINE.id]


@given(stories())
@settings(PROFILE, max_examples=40)
def test_a_plan_at_each_months_end_dates_what_plans_of_every_night_date(
    story: tuple[date, int, int, dict[date, int], TimingPolicy],
) -> None:
    every = played(story, [FIRST + timedelta(days=place) for place in range(DAYS)])
    ends = played(story, list(ENDS))
    days = [FIRST + timedelta(days=place) for place in range(DAYS)]
    assert [units_on(ends, day) for day in days] == [units_on(every, day) for day in days]


def test_a_whole_period_costs_units_times_price_and_a_part_its_days() -> None:
    rows = (UnitRow(date(2026, 2, 1), date(2026, 2, 28), 3), UnitRow(date(2026, 3, 1), date(2026, 3, 31), 4))
    billing = calendar_of(Contract("1", "1", "c", date(2026, 1, 1), None, PeriodType.MONTHLY), rows)
    assert amount_of_days(rows, Decimal("9.99"), billing, date(2026, 2, 1), date(2026, 2, 28)) == Decimal("29.97")
    assert amount_of_days(rows, Decimal(31), billing, date(2026, 2, 28), date(2026, 3, 2)) == Decimal("11.32")
    priced = (UnitRow(date(2026, 2, 1), date(2026, 2, 28), 3, Decimal("30.00")),)
    assert amount_of_days(priced, Decimal("9.99"), billing, date(2026, 2, 1), date(2026, 2, 28)) == Decimal("30.00")
    assert amount_of_days(rows, None, billing, date(2026, 2, 1), date(2026, 2, 28)) is None


def test_what_anybody_changed_after_the_first_day_is_taken_away_and_nothing_is_posted() -> None:
    rows = (
        UnitRow(date(2026, 1, 15), date(2026, 2, 9), 4, Decimal("48.00"), posted=date(2026, 3, 1)),
        UnitRow(date(2026, 2, 10), date(2026, 2, 28), 9),
    )
    assert [(row.units, row.amount, row.posted) for row in at_the_start(rows, FIRST)] == [(4, None, None)] * 2
    assert [row.units for row in at_the_start(rows, date(2026, 1, 1))] == [4, 4], "a line that came later begins there"
    assert at_the_start((), FIRST) == ()
