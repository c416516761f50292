"""When a quantity takes effect: from wanted units by day to the level that a line should have on each day.

The level starts at what the PSA holds and moves only where the timing policy lets it, so that planning the same
days again gives the same levels, and a night that was missed is caught up with each change on its own day.
See docs/decisions/0003-timing.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from trueup.core.contract import DAY, UnitStep, level_on
from trueup.core.period import BillingCalendar, Period, month_of
from trueup.core.quantities.quantity import Quantity
from trueup.core.reason import Reason
from trueup.core.rule import Timing, TimingPolicy

_BOUND = (Timing.NEXT_PERIOD, Timing.NEXT_MONTH)


@dataclass(frozen=True, slots=True)
class LevelPath:
    """Levels of a line from `first` on, as steps; the last one holds until further notice.

    `pending` are changes that are seen but not due yet (a decrease that must stand longer, a period that is not over).
    `decided_until` is the last day that the path speaks of.
    """

    first: date
    steps: tuple[UnitStep, ...]
    decided_until: date
    pending: tuple[Reason, ...] = ()

    def on(self, day: date) -> int:
        """The level on a day from `first` on."""
        return level_on(self.steps, day)

    def after(self, day: date) -> LevelPath:
        """The same levels from that day on."""
        first = max(self.first, day)
        later = tuple(step for step in self.steps if step.start > first)
        steps = (UnitStep(first, self.on(first)), *later)
        return LevelPath(first, steps, max(self.decided_until, first), self.pending)


def days_between(first: date, last: date) -> Iterator[date]:
    """Each day from first to last, both inclusive."""
    for place in range((last - first).days + 1):
        yield first + timedelta(days=place)


@dataclass(frozen=True, slots=True)
class _Direction:
    """One direction of change: what makes it a change, and which of several days' units has really stood."""

    timing: Timing
    settle: int
    rises: bool

    def moves(self, level: int, wanted: Quantity) -> bool:
        if wanted.units is None or (wanted.only_raise and not self.rises):
            return False
        return wanted.units > level if self.rises else wanted.units < level

    def stood(self, units: list[int]) -> int:
        return min(units) if self.rises else max(units)


class _Walk:
    """Walks the days once, keeping the level; the policy's two directions are asked in turn on every day."""

    def __init__(
        self,
        policy: TimingPolicy,
        billing: BillingCalendar,
        wanted: Mapping[date, Quantity],
        measured: tuple[date, ...],
    ) -> None:
        self.billing = billing
        self.cutoff = policy.cutoff_days
        self.wanted = wanted
        self.measured = measured
        self.up = _Direction(policy.increase, max(1, policy.increase_settle_days), rises=True)
        self.down = _Direction(policy.decrease, max(1, policy.decrease_settle_days), rises=False)

    def _bound_source(self, timing: Timing, day: date) -> date | None:
        """The usage day that decides what holds from `day` on, where `day` starts a period (or month)."""
        find: Callable[[date], Period] = month_of if timing is Timing.NEXT_MONTH else self.billing.period_of
        return day - DAY - timedelta(days=self.cutoff) if find(day).start == day else None

    def settled(self, way: _Direction, level: int, day: date, as_of: date) -> tuple[int, int]:
        """The level that has stood from `day` on in this direction, and how many more measured days it must stand."""
        run: list[int] = []
        for later in self.measured:
            if later < day or later > as_of:
                continue
            found = self.wanted[later]
            if not way.moves(level, found) or found.units is None:
                return level, 0
            run.append(found.units)
            if len(run) == way.settle:
                return way.stood(run), 0
        return level, way.settle - len(run) if run else 0

    def _on_usage_day(self, way: _Direction, level: int, day: date, as_of: date) -> int:
        found = self.wanted.get(day)
        if found is None or day > as_of or not way.moves(level, found) or day not in self.measured:
            return level
        if not way.rises and self.up.timing is Timing.PERIOD_START and self._needed_later(level, day, as_of):
            return level
        return self.settled(way, level, day, as_of)[0]

    def _needed_later(self, level: int, day: date, as_of: date) -> bool:
        """Whether a later day of the period still uses the level: a rise from the period's start covers all of it."""
        end = min(self.billing.period_of(day).end, as_of)
        units = [self.wanted[later].units for later in self.measured if day < later <= end]
        return any(found is not None and found >= level for found in units)

    def _from_period_start(self, way: _Direction, level: int, day: date, as_of: date) -> int:
        """What a whole period bills: by its newest measured day when rises and falls both begin at its start, else the
        highest level that has stood in it so far, which only the falls' own timing takes back."""
        period = self.billing.period_of(day)
        if period.start != day or day > as_of:
            return level
        end = min(period.end, as_of)
        found = [self.wanted[later] for later in self.measured if period.start <= later <= end]
        if not found:
            return level
        if way.rises and self.down.timing is not Timing.PERIOD_START:
            units = [quantity.units for quantity in found if quantity.units is not None]
            spans = [units[place : place + way.settle] for place in range(len(units) - way.settle + 1)]
            return max([level, *(min(span) for span in spans)])
        newest = found[-1]
        return newest.units if newest.units is not None and way.moves(level, newest) else level

    def _at_boundary(self, way: _Direction, level: int, day: date, as_of: date) -> int:
        if way.timing is Timing.PERIOD_START:
            return self._from_period_start(way, level, day, as_of)
        source = self._bound_source(way.timing, day)
        found = self.wanted.get(source) if source is not None and source <= as_of else None
        return found.units if found is not None and found.units is not None and way.moves(level, found) else level

    def next_level(self, level: int, day: date, as_of: date) -> int:
        """The level on `day`, given the level of the day before."""
        for way in (self.up, self.down):
            if way.timing is Timing.USAGE_DAY:
                moved = self._on_usage_day(way, level, day, as_of)
            elif way.timing is Timing.HOLD:
                moved = level
            else:
                moved = self._at_boundary(way, level, day, as_of)
            if moved != level:
                return moved
        return level

    def pending(self, level: int, as_of: date) -> tuple[Reason, ...]:
        """What is seen on the last day and has not changed the level yet, with the day on which it will."""
        found = self.wanted.get(as_of)
        if found is None or found.units is None:
            return ()
        for way in (self.up, self.down):
            if not way.moves(level, found):
                continue
            if way.timing is Timing.HOLD:
                return (Reason.of("held.timing_hold", wanted=found.units, level=level),)
            if way.timing is Timing.USAGE_DAY:
                start = self._run_start(way, level, as_of)
                _, missing = self.settled(way, level, start, as_of)
                return (Reason.of("scheduled.settling", wanted=found.units, level=level, since=start, days=missing),)
            find: Callable[[date], Period] = month_of if way.timing is Timing.NEXT_MONTH else self.billing.period_of
            end = find(as_of).end
            if way.timing in _BOUND and as_of > end - timedelta(days=self.cutoff):  # the next one is decided already
                end = find(end + DAY).end
            return (Reason.of("scheduled.period", wanted=found.units, level=level, day=end + DAY),)
        return ()

    def _run_start(self, way: _Direction, level: int, as_of: date) -> date:
        start = as_of
        for day in reversed(self.measured):
            if day > as_of:
                continue
            if not way.moves(level, self.wanted[day]):
                break
            start = day
        return start


def level_path(
    policy: TimingPolicy,
    billing: BillingCalendar,
    wanted: Mapping[date, Quantity],
    measured: tuple[date, ...],
    first: date,
    as_of: date,
    start_level: int,
) -> LevelPath:
    """Levels from `first` to the horizon: `as_of`, or the next period's first day once that is decided.

    `wanted` holds the quantity as seen on each day of first .. as_of (and up to a period before, for decisions that
    look back); `measured` the days, in order, on which the usage was measured; `start_level` the units on `first`.
    Changes are dated on the day they were first seen (`usage_day`) or on the first day of a period or month.
    Settling counts measured days and applies to `usage_day`; period-bound timings take the basis as it stands.
    """
    walk = _Walk(policy, billing, wanted, measured)
    level = start_level
    steps = [UnitStep(first, level)]
    horizon = as_of
    if policy.increase in _BOUND or policy.decrease in _BOUND:
        horizon = as_of + DAY + timedelta(days=policy.cutoff_days)
    for day in days_between(first, horizon):
        moved = walk.next_level(level, day, as_of)
        if moved != level:
            level = moved
            steps.append(UnitStep(day, level))
    merged = steps[1:] if len(steps) > 1 and steps[1].start == first else steps
    decided = max(as_of, merged[-1].start)
    return LevelPath(first, tuple(merged), decided, walk.pending(level, as_of))
