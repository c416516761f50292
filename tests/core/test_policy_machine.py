"""State machines: usage comes in, nights are run or missed, periods are posted, in any order and under any policy.

After each night the PSA's model bills for every day what the naive clerk with a calendar asks for, and the amounts
that were previewed add up to what the bill gained, to half a cent a change.
"""

from __future__ import annotations

import calendar
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.core.day_book import ONE, Bill, DayBook, every_day
from tests.core.naive_policy import Clerk, Count, Levels, Terms
from tests.core.situations import LINE, PROFILE, line, seen
from tests.core.situations import rule as rule_of

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.contract import Contract, PeriodType
from trueup.core.dates.adjusting import PsaHabits
from trueup.core.outcome import Adjustment, Outcome, OutcomeStatus
from trueup.core.planning.line_plan import PlanContext, plan_line
from trueup.core.quantities.policy_check import policy_faults
from trueup.core.rule import Basis, QuantityPolicy, Rounding, Timing, TimingPolicy, Window

LOOKBACK = timedelta(days=35)
BELIEVED = (OutcomeStatus.CHANGE, OutcomeStatus.NONE, OutcomeStatus.SCHEDULED)
TOGETHER = (Timing.USAGE_DAY, Timing.NEXT_PERIOD, Timing.NEXT_MONTH, Timing.HOLD)


def starts_around(anchor: date, months: int, until: date) -> list[date]:
    """First days of the periods, from two years before the anchor on."""
    found: list[date] = []
    place = -(24 // months)
    while not found or found[-1] <= until:
        index = anchor.month - 1 + place * months
        year, month = anchor.year + index // 12, index % 12 + 1
        found.append(date(year, month, min(anchor.day, calendar.monthrange(year, month)[1])))
        place += 1
    return found


@st.composite
def timings(draw: st.DrawFn) -> TimingPolicy:
    if draw(st.integers(0, 4)) == 0:
        return TimingPolicy(increase=Timing.PERIOD_START, decrease=Timing.PERIOD_START)
    found = TimingPolicy(
        increase=draw(st.sampled_from(TOGETHER)),
        decrease=draw(st.sampled_from(TOGETHER)),
        increase_settle_days=draw(st.integers(1, 3)),
        decrease_settle_days=draw(st.integers(1, 4)),
    )
    bound = {found.increase, found.decrease} & {Timing.NEXT_PERIOD, Timing.NEXT_MONTH}
    return replace(found, cutoff_days=draw(st.sampled_from([0, 0, 1, 5]))) if bound else found


@st.composite
def policies(draw: st.DrawFn) -> QuantityPolicy:
    """Every basis, window and step, as far as they may stand together."""
    basis = draw(st.sampled_from(list(Basis)))
    size = draw(st.sampled_from(["none", "none", "multiple", "pack"]))
    minimum = draw(st.sampled_from([None, None, 3, 10]))
    return QuantityPolicy(
        basis=basis,
        window=draw(st.sampled_from(list(Window))),
        day=draw(st.sampled_from([1, 5, 15, 31])) if basis is Basis.DAY else None,
        included=Decimal(draw(st.sampled_from(["0", "0", "2", "2.5"]))),
        multiplier=Decimal(draw(st.sampled_from(["1", "1", "0.5", "1.5", "3", "0.1"]))),
        rounding=draw(st.sampled_from(list(Rounding))),
        round_to_multiple=draw(st.sampled_from([2, 10])) if size == "multiple" else None,
        pack_size=draw(st.sampled_from([2, 5])) if size == "pack" else None,
        minimum=minimum,
        only_if_used=minimum is not None and draw(st.booleans()),
        maximum=draw(st.sampled_from([None, None, 12])),
        rounding_chosen=True,
    )


def terms_of(policy: QuantityPolicy) -> Terms:
    return Terms(
        policy.basis.value,
        policy.window.value,
        policy.day or 1,
        Fraction(policy.included),
        Fraction(policy.multiplier),
        policy.rounding.value,
        policy.round_to_multiple or 0,
        policy.pack_size or 0,
        policy.minimum or 0,
        policy.only_if_used,
        policy.maximum,
    )


class PolicyMachine(RuleBasedStateMachine):
    """One line through at most a month of days."""

    @initialize(
        anchor=st.dates(date(2024, 1, 1), date(2026, 12, 31)) | st.sampled_from([date(2024, 1, 31), date(2024, 2, 29)]),
        months=st.sampled_from([1, 1, 3, 6, 12]),
        after=st.integers(0, 70),
        units=st.integers(0, 8),
        price=st.sampled_from([Decimal("12.00"), Decimal("0.37"), Decimal("-2.50"), Decimal("99.99")]),
        policy=policies(),
        timing=timings(),
    )
    def begin(
        self,
        anchor: date,
        months: int,
        after: int,
        units: int,
        price: Decimal,
        policy: QuantityPolicy,
        timing: TimingPolicy,
    ) -> None:
        self.first = anchor + timedelta(days=after)
        self.today = self.first - ONE
        bill = Bill(starts_around(anchor, months, self.first + timedelta(days=1200)))
        end = bill.end_of(bill.end_of(self.first + timedelta(days=62)) + ONE)
        self.book = DayBook(bill, anchor, end, units)
        self.units, self.price, self.policy, self.timing = units, price, policy, timing
        self.contract = Contract("100", "1", "c", anchor, None, PeriodType(months), currency="EUR")
        self.counts: dict[date, Count] = {}
        self.known: KnownUnits | None = None
        self.sent: list[Adjustment] = []
        self.sensible = not policy_faults(policy, timing)
        self.start, self.level, self.changed = self.first, units, False
        self.settled: dict[date, int] = {}

    def _day_passes(self) -> None:
        self.today += ONE

    @precondition(lambda self: (self.today - self.first).days < 32)
    @rule(count=st.integers(0, 14))
    def a_day_is_measured(self, count: int) -> None:
        self._day_passes()
        self.counts[self.today] = Count(count)

    @precondition(lambda self: (self.today - self.first).days < 28 and self.counts)
    @rule(days=st.integers(1, 4))
    def some_days_like_the_last(self, days: int) -> None:
        like = self.counts[max(self.counts)]
        for _ in range(days):
            self._day_passes()
            self.counts[self.today] = Count(like.value)

    @precondition(lambda self: (self.today - self.first).days < 32)
    @rule(count=st.integers(0, 14))
    def a_day_is_known_in_part(self, count: int) -> None:
        self._day_passes()
        self.counts[self.today] = Count(count, partial=True)

    @precondition(lambda self: (self.today - self.first).days < 32)
    @rule()
    def a_day_says_nothing(self) -> None:
        self._day_passes()

    @precondition(lambda self: self.today >= self.first)
    @rule()
    def the_period_before_is_posted(self) -> None:
        before = self.book.bill.start_of(self.today) - ONE
        if before in self.book.shown:
            self.book.post_period_of(before)

    @precondition(lambda self: self.known is not None)
    @rule(policy=policies())
    def the_rule_is_changed(self, policy: QuantityPolicy) -> None:
        if not policy_faults(policy, self.timing):
            self.policy, self.changed = policy, True

    def _outcome(self) -> Outcome:
        shown = {on: f"~{count.value}" if count.partial else count.value for on, count in self.counts.items()}
        facts = line(
            self.book.rows(self.today - LOOKBACK, self.today + LOOKBACK),
            self.contract,
            line=replace(LINE, price=self.price),
            known=self.known,
            used_dates=frozenset(self.book.used),
        )
        context = PlanContext(self.today, self.today - LOOKBACK, PsaHabits("proration_item", "merged"))
        made = rule_of(self.timing, self.policy, cutover=self.first)
        return plan_line(facts, made, seen(shown), context)

    @precondition(lambda self: self.sensible and self.today >= self.first and self.counts)
    @rule()
    def a_night_is_run(self) -> None:
        if self.changed and self.known is not None and self.known.until is not None:
            if self.known.meaning != self._outcome().meaning:
                self.start = min(self.known.until + ONE, self.today)
                self.level = self.book.billed[self.start]
                self.settled = {day: self.book.billed[day] for day in every_day(self.first, self.start - ONE)}
            self.changed = False
        outcome = self._outcome()
        if outcome.status is OutcomeStatus.CHANGE:
            for made in outcome.adjustments:
                self.book.take(made.day, made.change)
                self.sent.append(made)
        if outcome.status in BELIEVED and outcome.decided_until is not None:
            assert outcome.cutover is not None
            self.known = KnownUnits(
                outcome.expected,
                outcome.cutover,
                outcome.levels,
                outcome.decided_until,
                meaning=outcome.meaning,
                rule_cutover=outcome.rule_cutover,
            )
            assert self._outcome().adjustments == (), "what was written is not asked for again"
        self._each_day_is_billed_as_asked(outcome)
        self._the_preview_was_the_bill()

    def _each_day_is_billed_as_asked(self, outcome: Outcome) -> None:
        clerk = Clerk(terms_of(self.policy), self.book.bill, self.counts)
        timing = self.timing
        levels = Levels(
            clerk,
            timing.increase.value,
            timing.decrease.value,
            timing.increase_settle_days,
            timing.decrease_settle_days,
            timing.cutoff_days,
        )
        wanted = {**self.settled, **levels.until(self.start, self.today, self.level)}
        billed = {day: self.book.billed[day] for day in wanted}
        assert billed == wanted, (outcome.status, outcome.reasons)

    def _the_preview_was_the_bill(self) -> None:
        bill, last, price = self.book.bill, self.book.last, Fraction(self.price)
        days = every_day(self.first, last)
        gained = dict(zip(days, (self.book.billed[day] - self.units for day in days), strict=True))
        told = Fraction(0)
        for made in self.sent:
            assert made.amount is not None
            told += Fraction(made.amount)
            later = dict.fromkeys(every_day(bill.end_of(made.day) + ONE, last), made.change)
            told += bill.cost(later, min(later), last, price) if later else 0
        whole = bill.cost(gained, self.first, last, price)
        assert abs(told - whole) <= Fraction(1, 200) * len(self.sent)


PolicyMachine.TestCase.settings = settings(PROFILE, max_examples=150, stateful_step_count=30)
TestAnyPolicyNightByNight = PolicyMachine.TestCase
