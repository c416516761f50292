"""The moment of each night: every usage day is described by exactly one scheduled collection, whatever the clocks do.

A usage day is described by a snapshot that is taken between the midnight that ends it and the tenant's day close
(design section 1). A schedule names a local time, in a zone of its own if it likes; where that time falls outside of
this window (another zone, a changed clock, a time that does not exist that night), the nearest moment inside it is
taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MARGIN = timedelta(minutes=10)
_MIDNIGHT = time(0, 0)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a connection is collected: the local time `at` of a zone, every night; not by itself unless `on`."""

    at: time
    zone: tzinfo
    on: bool = True


@dataclass(frozen=True, slots=True)
class UsageDays:
    """The tenant's days: its zone, and the local time until which a snapshot describes the day that ended."""

    zone: tzinfo
    close: time

    def window(self, day: date) -> tuple[datetime, datetime]:
        """From when, and until when (not included), a snapshot describes the day; both in UTC.

        Where the clock jumps over midnight and the close, only the day's own last hour is left.
        With a day close at midnight nothing is left of it after the day, so the day itself is the window.
        """
        if self.close == _MIDNIGHT:
            return self._first(day, _MIDNIGHT), self._first(day + _DAY, _MIDNIGHT)
        begins, ends = self._first(day + _DAY, _MIDNIGHT), min(_moments(day + _DAY, self.close, self.zone))
        return (begins, ends) if begins < ends else (begins - _HOUR, begins)

    def _first(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    def last_chance(self, day: date) -> datetime:
        """The last sensible moment at which the day can still be described."""
        begins, ends = self.window(day)
        return ends - min(_MARGIN, (ends - begins) / 2)


def _moments(day: date, at: time, zone: tzinfo) -> tuple[datetime, datetime]:
    """What a local time may mean, the likelier first: both moments of an hour that comes twice, and for one that does
    not come at all the moments that are as long after and before the change."""
    local = datetime.combine(day, at, zone)
    return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)


def _around(schedule: Schedule, day: date) -> list[datetime]:
    return [moment for shift in range(3) for moment in _moments(day + shift * _DAY, schedule.at, schedule.zone)]


def slot(schedule: Schedule, days: UsageDays, day: date) -> datetime:
    """The moment, in UTC, at which the schedule collects a usage day."""
    begins, ends = days.window(day)
    around = _around(schedule, day)
    found = next((moment for moment in around if begins <= moment < ends), None)
    if found is not None:
        return found
    before = min((begins - moment for moment in around if moment < begins), default=_DAY)
    behind = min((moment - ends for moment in around if moment >= ends), default=_DAY)
    return begins if before <= behind else days.last_chance(day)


def night_of(schedule: Schedule, days: UsageDays, now: datetime) -> date:
    """The usage day whose moment was the last one to come."""
    day = now.astimezone(days.zone).date() + _DAY
    while slot(schedule, days, day) > now:
        day -= _DAY
    return day


def outside(schedule: Schedule, days: UsageDays, first: date, count: int = 366) -> Iterator[date]:
    """The usage days from `first` on that the schedule's own time would miss, so that another moment is taken."""
    for number in range(count):
        day = first + number * _DAY
        begins, ends = days.window(day)
        if not any(begins <= moment < ends for moment in _around(schedule, day)):
            yield day
