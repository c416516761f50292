"""Time as a port: use cases ask it, core never does."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from trueup.core.settings import TenantSettings, usage_day_of


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""

    def ticks(self) -> float:
        """Seconds since some moment; unlike `now` it never goes back, whoever sets the machine's clock."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)

    def ticks(self) -> float:
        """Seconds of the machine's monotonic clock."""
        return time.monotonic()


class FixedClock:
    """A clock that stands where it was put: replays, demonstrations and tests that play several days."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        """The moment it was put to."""
        return self._moment

    def ticks(self) -> float:
        """The moment it was put to, in seconds."""
        return self._moment.timestamp()

    def put(self, moment: datetime) -> None:
        """Put it somewhere else."""
        self._moment = moment.astimezone(UTC)


class RunningClock:
    """A clock that was put to a moment and runs on from there, as fast as the machine's."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment.astimezone(UTC)
        self._began = time.monotonic()

    def now(self) -> datetime:
        """The moment it was put to, and the time since."""
        return self._moment + timedelta(seconds=self.ticks())

    def ticks(self) -> float:
        """Seconds since it was put there."""
        return time.monotonic() - self._began


def usage_day(moment: datetime, settings: TenantSettings) -> date:
    """The usage day that a snapshot taken at this moment describes, in the tenant's time zone."""
    local = moment.astimezone(ZoneInfo(settings.time_zone))
    return usage_day_of(local.date(), local.time(), settings.day_close)


def end_of_usage_day(day: date, settings: TenantSettings) -> datetime:
    """The last moment that belongs to a usage day: just before the close of the calendar day after it."""
    closes = datetime.combine(day + timedelta(days=1), settings.day_close, ZoneInfo(settings.time_zone))
    return closes.astimezone(UTC) - timedelta(microseconds=1)


def is_provisional(day: date, moment: datetime, settings: TenantSettings) -> bool:
    """Whether the day is not over yet: the next close will replace what is collected for it now."""
    local = moment.astimezone(ZoneInfo(settings.time_zone))
    return day >= local.date()
