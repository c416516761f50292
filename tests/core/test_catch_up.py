"""Days that can no longer be changed: for any history of usage and corrections, the bill plus what is owed is the bill
of a clerk who knew everything from the start, unit by unit on each day and cent by cent in each period."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.day_book import ONE, Bill, DayBook, Wish, every_day, period_starts
from tests.core.situations import LINE, PROFILE, line, rule, seen

from trueup.core.by_hand.drift import KnownUnits, Terms
from trueup.core.contract import Contract, PeriodType
from trueup.core.dates.adjusting import PsaHabits
from trueup.core.late.catch_up import settled
from trueup.core.late.owed import OwedPeriod, combined
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.planning.line_plan import PlanContext, plan_line
from trueup.core.reason import Reason
from trueup.core.rule import Timing, TimingPolicy

LENGTH = 40
LOOKBACK = timedelta(days=12)
AGREES = (OutcomeStatus.CHANGE, OutcomeStatus.NONE, OutcomeStatus.SCHEDULED)


@dataclass
class Past:
    """A line, its usage as first told, and what was told differently later: night -> day -> count."""

    anchor: date
    months: int
    first: date
    units: int
    price: Decimal
    usage: dict[date, int]
    corrections: dict[date, dict[date, int]]
    timing: TimingPolicy
    posted_period: str
    posts: dict[date, date] = field(default_factory=dict)

    @property
    def days(self) -> list[date]:
        return every_day(self.first, self.first + timedelta(days=LENGTH - 1))


class Office:
    """Plans every night, sends what is planned, remembers what was agreed, and keeps the entries."""

    def __init__(self, past: Past) -> None:
        self.past = past
        bill = Bill(period_starts(past.anchor, past.months, past.days[-1] + timedelta(days=1200)))
        last = bill.end_of(bill.end_of(past.days[-1] + timedelta(days=31)) + ONE)
        refuses = past.posted_period == "refuse"
        self.book = DayBook(bill, past.anchor, last, past.units, refuses_posted=refuses)
        self.known: KnownUnits | None = None
        self.told = dict(past.usage)
        self.corrected: dict[date, Reason] = {}
        self.owed: dict[date, OwedPeriod] = {}

    def plan(self, night: date) -> Outcome:
        past = self.past
        contract = Contract("100", "1", "c", past.anchor, None, PeriodType(past.months), currency="EUR")
        usage = seen({on: count for on, count in self.told.items() if on <= night})
        near = replace(usage, days=tuple(day for day in usage.days if day.day >= night - LOOKBACK - 5 * ONE))
        facts = replace(
            line(self.book.rows(night - LOOKBACK), contract, line=replace(LINE, price=past.price)),
            known=self.known,
            used_dates=frozenset(self.book.used),
            corrections=tuple(self.corrected[day] for day in sorted(self.corrected)),
            long_usage=usage,
            unbilled=tuple((s.first, s.last) for one in self.owed.values() for s in one.spans),
        )
        habits = PsaHabits(past.posted_period, "merged")
        context = PlanContext(night, first_day=night - LOOKBACK, habits=habits)
        return plan_line(facts, replace(rule(past.timing), cutover=past.first), near, context)

    def night(self, night: date) -> None:
        for day, count in self.past.corrections.get(night, {}).items():
            self.corrected[day] = Reason.of("catch_up.recollected", day=day, was=self.told.get(day), now=count)
            self.told[day] = count
        if night in self.past.posts:
            self.book.post_period_of(self.past.posts[night])
        outcome = self.plan(night)
        assert outcome.status in AGREES, outcome.reasons
        for made in outcome.adjustments:
            self.book.take(made.day, made.change)
        self.agree(outcome)
        again = self.plan(night)
        assert (again.adjustments, again.owed) == ((), ()), "what was done or written down is not found again"

    def agree(self, outcome: Outcome) -> None:
        assert outcome.decided_until is not None
        terms = Terms(outcome.decided_until, outcome.basis, outcome.price)
        levels, by = settled(self.known, outcome.levels, outcome.decided_until, terms, outcome.owed)
        self.known = KnownUnits(outcome.expected, self.past.first, levels, outcome.decided_until, terms=by)
        for one in outcome.owed:
            old = self.owed.get(one.period_start)
            self.owed[one.period_start] = combined(old, one) if old else one

    def accounted(self) -> dict[date, int]:
        """Units by day: what the PSA bills, and what is owed for it beside."""
        found = dict(self.book.billed)
        for one in self.owed.values():
            for span in one.spans:
                for day in every_day(span.first, span.last):
                    found[day] += span.called_for - span.billed
        return found


FREE = [Timing.USAGE_DAY, Timing.NEXT_PERIOD]


@st.composite
def pasts(draw: st.DrawFn, posted_period: str) -> Past:
    anchor = draw(st.sampled_from([date(2026, 9, 1), date(2026, 9, 15), date(2026, 8, 31), date(2026, 1, 10)]))
    months = draw(st.sampled_from([1, 1, 3]))
    first = draw(st.sampled_from([date(2026, 9, 20), date(2026, 10, 1), date(2026, 10, 20)]))
    days = every_day(first, first + timedelta(days=LENGTH - 1))
    counts = st.sampled_from([3, 3, 3, 4, 5])
    usage = {on: draw(counts) for on in days}
    waits = st.sampled_from([0, 2, 14, 16, 19, 23])
    wrong = draw(st.lists(st.tuples(st.sampled_from(days[1:24]), waits, counts), min_size=2, max_size=6))
    corrections: dict[date, dict[date, int]] = {}
    for day, wait, count in wrong:
        corrections.setdefault(min(day + timedelta(days=wait), days[-1]), {})[day] = count
    both = draw(st.sampled_from(FREE))
    timing = TimingPolicy(
        increase=both, decrease=both, increase_settle_days=1, decrease_settle_days=draw(st.sampled_from([1, 3]))
    )
    posts = draw(st.dictionaries(st.sampled_from(days[5:]), st.sampled_from(days), max_size=3))
    price = draw(st.sampled_from([Decimal("12.00"), Decimal("0.37"), Decimal("-2.50")]))
    return Past(anchor, months, first, 3, price, usage, corrections, timing, posted_period, posts)


def settles(past: Past) -> None:
    office = Office(past)
    for night in past.days:
        office.night(night)
    clerk = Wish(
        office.book.bill,
        office.told,
        past.timing.increase.value,
        past.timing.decrease.value,
        past.timing.increase_settle_days,
        past.timing.decrease_settle_days,
    )
    wanted = clerk.levels(past.first, past.days[-1], past.units)
    accounted = office.accounted()
    assert {day: accounted[day] for day in past.days} == {day: wanted[day] for day in past.days}
    for one in office.owed.values():
        assert one.amount == cents(
            office.book.bill.cost(accounted, one.period_start, one.period_end, Fraction(past.price))
            - office.book.bill.cost(office.book.billed, one.period_start, one.period_end, Fraction(past.price))
        )


def cents(exact: Fraction) -> Decimal:
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


@settings(PROFILE, max_examples=25)
@given(pasts("proration_item"))
def test_before_the_look_back_the_bill_and_what_is_owed_are_the_corrected_bill(past: Past) -> None:
    settles(past)


@settings(PROFILE, max_examples=25)
@given(pasts("refuse"))
def test_with_posted_periods_that_refuse_changes_the_bill_and_what_is_owed_are_the_corrected_bill(past: Past) -> None:
    settles(past)


def quarter(corrected: int) -> Office:
    """A quarter from 1 October, 92 days, 36.00 a unit, posted in advance on 5 October; usage is 41 on every day, and on
    25 October the days 12 to 20 are told to have been something else."""
    first = date(2026, 10, 1)
    days = every_day(first, first + timedelta(days=LENGTH - 1))
    told = dict.fromkeys(every_day(date(2026, 10, 12), date(2026, 10, 20)), corrected)
    timing = TimingPolicy(decrease_settle_days=1)
    past = Past(
        first,
        3,
        first,
        41,
        Decimal("36.00"),
        dict.fromkeys(days, 41),
        {date(2026, 10, 25): told},
        timing,
        "refuse",
        {date(2026, 10, 5): date(2026, 10, 5)},
    )
    office = Office(past)
    for night in days[:30]:
        office.night(night)
    return office


def test_a_rise_of_nine_days_in_a_posted_quarter() -> None:
    """3 x 36.00 x 9 / 92 = 972.00 / 92 = 10.565..., that is 10.57."""
    (owed,) = quarter(44).owed.values()
    assert [(s.first, s.last, s.billed, s.called_for) for s in owed.spans] == [
        (date(2026, 10, 12), date(2026, 10, 20), 41, 44)
    ]
    assert (owed.period_start, owed.period_end) == (date(2026, 10, 1), date(2026, 12, 31))
    assert (owed.unit_days, owed.amount) == (27, Decimal("10.57"))


def test_a_fall_of_nine_days_in_a_posted_quarter() -> None:
    """-2 x 36.00 x 9 / 92 = -648.00 / 92 = -7.043..., that is -7.04."""
    (owed,) = quarter(39).owed.values()
    assert (owed.unit_days, owed.amount) == (-18, Decimal("-7.04"))
