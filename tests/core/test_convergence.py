"""Random histories against a naive day-by-day model: same units, same money, and nothing more to do afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.day_book import ONE, Bill, DayBook, Wish, every_day, period_starts
from tests.core.situations import LINE, PROFILE, line, rule, seen

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.contract import Contract, PeriodType
from trueup.core.dates.adjusting import PsaHabits
from trueup.core.outcome import Adjustment, Outcome, OutcomeStatus
from trueup.core.planning.line_plan import LineFacts, PlanContext, plan_line
from trueup.core.rule import Rule, Timing, TimingPolicy
from trueup.core.usage import ScopeUsage

LENGTH = 28
LOOKBACK = timedelta(days=35)
HISTORIES = settings(PROFILE, max_examples=40)


@dataclass
class Story:
    """A contract, a usage history with missing days, and the nights on which there is a run."""

    anchor: date
    months: int
    first: date
    units: int
    price: Decimal
    usage: dict[date, int]
    nights: list[date]
    timing: TimingPolicy
    habits: PsaHabits
    posts: dict[date, date] = field(default_factory=dict)
    lays_over: bool = False

    @property
    def last(self) -> date:
        return self.first + timedelta(days=LENGTH - 1)

    def book(self) -> DayBook:
        bill = Bill(period_starts(self.anchor, self.months, self.last + timedelta(days=1200)))
        return DayBook(
            bill,
            self.anchor,
            bill.end_of(bill.end_of(self.last + timedelta(days=31)) + ONE),
            self.units,
            refuses_posted=self.habits.posted_period == "refuse",
            one_change_a_date=self.habits.same_day == "never",
            lays_over=self.lays_over,
        )


class Clerk:
    """Runs a story night by night, as the application does: plan, apply what was planned, remember what was agreed.

    All later rows are read here; what the read window of a real plan does not show is settled in test_adjusting.
    """

    def __init__(self, story: Story) -> None:
        self.story = story
        self.book = story.book()
        self.known: KnownUnits | None = None
        self.sent: list[Adjustment] = []

    def facts(self, night: date) -> LineFacts:
        story = self.story
        contract = Contract("100", "1", "c", story.anchor, None, PeriodType(story.months), currency="EUR")
        priced = replace(LINE, price=story.price)
        used = frozenset(self.book.used)
        rows = self.book.rows(night - LOOKBACK)
        return replace(line(rows, contract, line=priced), known=self.known, used_dates=used)

    def rule(self) -> Rule:
        return replace(rule(self.story.timing), cutover=self.story.first)

    def usage(self, night: date) -> ScopeUsage:
        return seen({on: count for on, count in self.story.usage.items() if on <= night})

    def plan(self, night: date) -> Outcome:
        context = PlanContext(night, first_day=night - LOOKBACK, habits=self.story.habits)
        return plan_line(self.facts(night), self.rule(), self.usage(night), context)

    def night(self, night: date) -> Outcome:
        """One run; a hold that a person may release is released (a first change in a posted period)."""
        if night in self.story.posts:
            self.book.post_period_of(self.story.posts[night])
        outcome = self.plan(night)
        assert outcome == self.plan(night), "planning is a function of its inputs"
        released = outcome.status is OutcomeStatus.HELD and bool(outcome.releasable)
        if outcome.status is OutcomeStatus.CHANGE or released:
            for made in outcome.adjustments:
                self.book.take(made.day, made.change)
                self.sent.append(made)
        if released or outcome.status in (OutcomeStatus.CHANGE, OutcomeStatus.NONE, OutcomeStatus.SCHEDULED):
            assert outcome.decided_until is not None
            self.known = KnownUnits(outcome.expected, self.story.first, outcome.levels, outcome.decided_until)
        return outcome

    def all_nights(self) -> None:
        for night in self.story.nights:
            outcome = self.night(night)
            again = self.plan(night)
            if outcome.status is not OutcomeStatus.HELD or outcome.releasable:
                assert again.adjustments == (), "what was applied is not asked for again"
                assert again.status in (OutcomeStatus.NONE, OutcomeStatus.SCHEDULED, OutcomeStatus.HELD)


TOGETHER = [Timing.USAGE_DAY, Timing.NEXT_PERIOD, Timing.NEXT_MONTH, Timing.HOLD]


@st.composite
def timings(draw: st.DrawFn) -> TimingPolicy:
    """Each timing in each direction; `period_start` both ways only (mixed, see test_timing)."""
    if draw(st.integers(0, 5)) == 0:
        return TimingPolicy(increase=Timing.PERIOD_START, decrease=Timing.PERIOD_START)
    return TimingPolicy(
        increase=draw(st.sampled_from(TOGETHER)),
        decrease=draw(st.sampled_from(TOGETHER)),
        increase_settle_days=draw(st.integers(1, 3)),
        decrease_settle_days=draw(st.integers(1, 4)),
    )


@st.composite
def stories(draw: st.DrawFn, habit: str = "proration_item", same_day: str = "merged") -> Story:
    anchor = draw(
        st.dates(date(2024, 1, 1), date(2026, 12, 31)) | st.sampled_from([date(2024, 1, 31), date(2024, 2, 29)])
    )
    months = draw(st.sampled_from([1, 1, 3, 6, 12]))
    first = anchor + timedelta(days=draw(st.integers(0, 70)))
    days = every_day(first, first + timedelta(days=LENGTH - 1))
    counts = st.integers(0, 6) if draw(st.booleans()) else st.sampled_from([3, 3, 3, 3, 4, 5])
    timing = draw(timings())
    whole = timing.increase is Timing.PERIOD_START
    usage = {on: draw(counts) for on in days if whole or draw(st.integers(0, 6)) > 0}
    every = draw(st.booleans())
    nights = sorted(set(days if every else draw(st.lists(st.sampled_from(days), max_size=5))) | {days[-1]})
    story = Story(
        anchor,
        months,
        first,
        draw(st.integers(0, 6)),
        draw(st.sampled_from([Decimal("12.00"), Decimal("0.37"), Decimal("-2.50"), Decimal("99.99")])),
        usage,
        nights,
        timing,
        PsaHabits(habit, same_day),
    )
    story.lays_over = draw(st.booleans())
    if draw(st.booleans()):
        story.posts = draw(st.dictionaries(st.sampled_from(nights), st.sampled_from(days), max_size=2))
    return story


def wish(story: Story, book: DayBook) -> dict[date, int]:
    timing = story.timing
    clerk = Wish(
        book.bill,
        story.usage,
        timing.increase.value,
        timing.decrease.value,
        timing.increase_settle_days,
        timing.decrease_settle_days,
    )
    return clerk.levels(story.first, story.last, story.units)


def assert_same_money(clerk: Clerk) -> None:
    """What was previewed for the changes, added up, is what the days cost more (half a cent a change apart)."""
    story, bill = clerk.story, clerk.book.bill
    price = Fraction(story.price)
    last = clerk.book.last
    before = dict.fromkeys(every_day(clerk.book.first, last), story.units)
    whole = bill.cost(clerk.book.billed, story.anchor, last, price) - bill.cost(before, story.anchor, last, price)
    told = Fraction(0)
    for made in clerk.sent:
        assert made.amount is not None
        assert (made.period_start, made.period_end) == (bill.start_of(made.day), bill.end_of(made.day))
        later = dict.fromkeys(every_day(bill.end_of(made.day) + ONE, last), made.change)
        told += Fraction(made.amount)
        if later:
            told += bill.cost(later, min(later), last, price)
    assert abs(told - whole) <= Fraction(1, 200) * len(clerk.sent)


@HISTORIES
@given(stories())
def test_any_history_ends_with_the_units_and_the_money_of_the_naive_model(story):
    """Open and posted periods (billed apart), nights missed or not, days missing: each day is billed as wanted."""
    clerk = Clerk(story)
    clerk.all_nights()
    wanted = wish(story, clerk.book)
    for day in every_day(story.first, story.last):
        assert clerk.book.billed[day] == wanted[day], day
    assert_same_money(clerk)


@HISTORIES
@given(stories())
def test_it_makes_no_difference_which_nights_were_missed(story):
    patient = Clerk(replace(story, nights=[story.last], posts={}))
    eager = Clerk(replace(story, nights=every_day(story.first, story.last), posts={}))
    patient.all_nights()
    eager.all_nights()
    assert patient.book.billed == eager.book.billed
    assert patient.book.rows() == eager.book.rows()


@HISTORIES
@given(stories("unproven"))
def test_a_change_that_a_person_released_is_not_asked_for_again(story):
    clerk = Clerk(story)
    clerk.all_nights()
    wanted = wish(story, clerk.book)
    assert {day: clerk.book.billed[day] for day in every_day(story.first, story.last)} == {
        day: wanted[day] for day in every_day(story.first, story.last)
    }


@HISTORIES
@given(stories("refuse"))
def test_a_psa_that_refuses_posted_periods_follows_from_the_first_open_day(story):
    clerk = Clerk(story)
    clerk.all_nights()
    wanted = wish(story, clerk.book)
    if any(day > story.last for day in clerk.book.posted):
        return  # nothing of the story is open any more
    after = max((day for day in clerk.book.posted), default=story.first - ONE) + ONE
    for day in every_day(max(after, story.first), story.last):
        assert clerk.book.billed[day] == wanted[day], day
    assert_same_money(clerk)


@HISTORIES
@given(stories(same_day="never"))
def test_a_psa_that_takes_one_change_a_date_gets_no_second_one_and_ends_at_the_same_level(story):
    """The model of the PSA refuses a second change on a date; a date that had to move costs days, never units."""
    clerk = Clerk(story)
    clerk.all_nights()
    outcome = clerk.plan(story.last)
    if outcome.status is OutcomeStatus.HELD and not outcome.releasable:
        return  # a period-bound change whose date is taken waits for a person
    end = clerk.book.last
    wanted = wish(story, clerk.book)
    if not clerk.book.posted:
        assert clerk.book.shown[end] in (wanted[story.last], wanted[story.last + ONE])


@PROFILE
@given(stories(), st.sampled_from([-2, -1, 1, 2]), st.data())
def test_an_edit_by_hand_is_never_overwritten_in_silence(story, change, data):
    """After a quiet night somebody edits the line: it is adopted or it waits, but no adjustment goes out with it."""
    clerk = Clerk(replace(story, posts={}))
    for night in story.nights:
        clerk.night(night)
    if clerk.known is None:
        return
    day = data.draw(st.sampled_from(every_day(story.first, clerk.book.last)))
    if min(clerk.book.shown[on] for on in every_day(day, clerk.book.last)) + change < 0:
        return
    clerk.book.take(day, change)
    clerk.book.used.pop()
    outcome = clerk.plan(story.last)
    assert outcome.status is not OutcomeStatus.CHANGE


def test_the_model_itself_a_month_of_12_euros_by_hand():
    """41 units, 3 more from 12 November: 492.00 + 36 x 19 / 30 = 514.80."""
    bill = Bill(period_starts(date(2026, 1, 1), 1, date(2027, 1, 1)))
    book = DayBook(bill, date(2026, 11, 1), date(2026, 12, 31), 41)
    book.take(date(2026, 11, 12), 3)
    assert bill.cost(book.billed, date(2026, 11, 1), date(2026, 11, 30), Fraction(12)) == Fraction("514.80")
    assert [(row.start.day, row.end.day, row.units) for row in book.rows()] == [(1, 11, 41), (12, 30, 44), (1, 31, 44)]


def test_the_model_itself_a_fall_in_two_steps():
    bill = Bill(period_starts(date(2026, 1, 1), 1, date(2027, 1, 1)))
    usage = {date(2026, 11, number): count for number, count in enumerate([41, 41, 40, 40, 38, 38, 38], start=1)}
    levels = Wish(bill, usage, "usage_day", "usage_day", 1, 3).levels(date(2026, 11, 1), date(2026, 11, 7), 41)
    assert [levels[date(2026, 11, number)] for number in range(1, 8)] == [41, 41, 40, 40, 38, 38, 38]
