"""What a rule wants on each day of a stretch, and which of its days were measured: what a level path is walked over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from trueup.core.contract import DAY
from trueup.core.dates.timing import LevelPath, days_between, level_path
from trueup.core.period import BillingCalendar
from trueup.core.quantities.allocation import share_of
from trueup.core.quantities.quantity import DayQuantity, Quantity, quantity_on
from trueup.core.rule import Rule, TimingPolicy
from trueup.core.usage import Coverage


@dataclass(frozen=True, slots=True)
class WantedDays:
    """Units wanted as seen on each day up to `as_of`, and the measured days among those that may change a level."""

    as_of: date
    wanted: Mapping[date, Quantity]
    measured: tuple[date, ...]

    def path(self, timing: TimingPolicy, billing: BillingCalendar, first: date, level: int) -> LevelPath:
        """The levels from `first` on, where the line stands at `level`."""
        return level_path(timing, billing, self.wanted, self.measured, first, self.as_of, level)


def wanted_by_day(
    rule: Rule,
    daily: Mapping[date, DayQuantity],
    billing: BillingCalendar,
    first: date,
    as_of: date,
    stale_days: int,
) -> WantedDays:
    """The rule over the days from `first` (and as far before it as a decision may look back) to `as_of`."""
    back = min(first, as_of) - DAY - timedelta(days=rule.timing.cutoff_days)
    wanted = {
        day: share_of(rule.share, quantity_on(rule.policy, rule.override, daily, day, billing, stale_days), day)
        for day in days_between(back, as_of)
    }
    fixed = {day for day in wanted if rule.override is not None and rule.override.covers(day)}
    measured = tuple(
        day
        for day in days_between(first, as_of)
        if (found := daily.get(day)) is not None
        and (
            day in fixed or found.coverage is Coverage.MEASURED or (found.coverage is Coverage.PARTIAL and found.grows)
        )
    )
    if as_of in fixed and as_of not in measured:
        measured = (*measured, as_of)
    return WantedDays(as_of, wanted, measured)
