"""A deliberately naive model, day by day: what a PSA shows, what a customer is billed, and what it should be billed.

Nothing here is taken from the planning core: the calendar steps from the contract's start, the bill is a sum over
days in fractions, and the wanted level is read off the usage with plain loops (docs/decisions/0003-timing.md).
"""

from __future__ import annotations

import calendar
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from trueup.core.contract import UnitRow

ONE = timedelta(days=1)


def every_day(first: date, last: date) -> list[date]:
    return [date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]


def period_starts(anchor: date, months: int, until: date) -> list[date]:
    """First days of the periods, each counted from the anchor."""
    found: list[date] = []
    year, month = anchor.year, anchor.month
    while not found or found[-1] <= until:
        found.append(date(year, month, min(anchor.day, calendar.monthrange(year, month)[1])))
        for _ in range(months):
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found


@dataclass
class Bill:
    """Periods of a line and what units cost in them, in exact fractions."""

    starts: list[date]

    def start_of(self, day: date) -> date:
        return self.starts[bisect_right(self.starts, day) - 1]

    def end_of(self, day: date) -> date:
        return self.starts[bisect_right(self.starts, day)] - ONE

    def cost(self, units: Mapping[date, int], first: date, last: date, price: Fraction) -> Fraction:
        total = Fraction(0)
        for day in every_day(first, last):
            length = (self.end_of(day) - self.start_of(day)).days + 1
            total += units.get(day, 0) * price / length
        return total


@dataclass
class DayBook:
    """A line in a PSA: units by day as it shows them, and units by day as it bills them.

    In a posted period a change is billed by an item of its own: what the PSA shows there stays, what it bills moves.
    """

    bill: Bill
    first: date
    last: date
    units: int
    refuses_posted: bool = False
    one_change_a_date: bool = False
    lays_over: bool = False
    shown: dict[date, int] = field(default_factory=dict)
    billed: dict[date, int] = field(default_factory=dict)
    posted: set[date] = field(default_factory=set)
    used: list[date] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shown = dict.fromkeys(every_day(self.first, self.last), self.units)
        self.billed = dict(self.shown)

    def post_period_of(self, day: date) -> None:
        self.posted.update(every_day(self.bill.start_of(day), self.bill.end_of(day)))

    def take(self, day: date, change: int) -> None:
        """Accept an adjustment, or fail the test where this PSA would refuse it."""
        assert change != 0
        assert day in self.shown, f"{day} lies outside the contract"
        assert not (self.refuses_posted and day in self.posted), f"{day} is posted and this PSA refuses it"
        if self.one_change_a_date:
            assert day not in self.used, f"{day} was used before"
        self.used.append(day)
        for later in every_day(day, self.last):
            self.billed[later] += change
            if later not in self.posted:
                self.shown[later] += change
                assert self.shown[later] >= 0

    def rows(self, first: date | None = None, last: date | None = None) -> tuple[UnitRow, ...]:
        """Unit rows: a new one at each period's start and on each day on which the units change.

        Only the rows that overlap `first` .. `last`, as a plan reads them.
        """
        found: list[UnitRow] = []
        start = self.first
        starts = set(self.bill.starts)
        for day in every_day(self.first, self.last):
            ends = day == self.last or day + ONE in starts or self.shown[day] != self.shown[day + ONE]
            if ends:
                mark = date(2000, 1, 1) if day in self.posted else None
                found.append(UnitRow(start, day, self.shown[day], posted=mark))
                start = day + ONE
        found.extend(self._laid_over() if self.lays_over else ())
        return tuple(row for row in found if (first or row.end) <= row.end and row.start <= (last or row.start))

    def _laid_over(self) -> list[UnitRow]:
        """Changes in posted periods as rows of their own, over the posted ones."""
        found: list[UnitRow] = []
        start: date | None = None
        for day in sorted(self.posted & set(self.shown)):
            if self.billed[day] == self.shown[day]:
                continue
            start = start or day
            if day == self.bill.end_of(day) or day == self.last or self.billed[day + ONE] != self.billed[day]:
                found.append(UnitRow(start, day, self.billed[day]))
                start = None
        return found


@dataclass
class Wish:
    """How a naive clerk with a calendar works out the level of each day, knowing all usage up to `today`."""

    bill: Bill
    usage: Mapping[date, int]
    up: str
    down: str
    up_settle: int = 1
    down_settle: int = 1

    def levels(self, first: date, today: date, units: int) -> dict[date, int]:
        """Level of each day from `first` to the day after `today`."""
        level, found = units, {}
        for day in every_day(first, today + ONE):
            level = self._level(day, level, today)
            found[day] = level
        return found

    def _level(self, day: date, level: int, today: date) -> int:
        higher = self._target(self.up, self.up_settle, day, level, today, rising=True)
        if higher is not None and higher > level:
            return higher
        lower = self._target(self.down, self.down_settle, day, level, today, rising=False)
        return lower if lower is not None and lower < level else level

    def _target(self, timing: str, settle: int, day: date, level: int, today: date, *, rising: bool) -> int | None:
        if timing == "usage_day":
            stood = [count for on, count in sorted(self.usage.items()) if day <= on <= today][:settle]
            if day not in self.usage or len(stood) < settle:
                return None
            beyond = all(count > level for count in stood) if rising else all(count < level for count in stood)
            if not beyond:
                return None
            return min(stood) if rising else max(stood)
        if timing == "next_period" and day == self.bill.start_of(day):
            return self._seen(day - ONE, today)
        if timing == "next_month" and day.day == 1:
            return self._seen(day - ONE, today)
        if timing == "period_start" and day == self.bill.start_of(day) and day <= today:
            return self._seen(min(today, self.bill.end_of(day)), today)
        return None

    def _seen(self, day: date, today: date) -> int | None:
        """What the newest measured day says, no older than three days."""
        for back in range(4):
            on = day - timedelta(days=back)
            if day <= today and on in self.usage:
                return self.usage[on]
        return None
