"""The simulator's own notion of today and of now, so that a scenario does not depend on the day it runs on."""

from __future__ import annotations

from datetime import UTC, date, datetime, time


class Clock:
    """Real time unless a day was set; then noon UTC of that day."""

    def __init__(self, today: date | None = None) -> None:
        self._today = today

    @property
    def is_set(self) -> bool:
        """Whether a day was set."""
        return self._today is not None

    def set(self, today: date | None) -> None:
        """Set the day, or go back to real time."""
        self._today = today

    def today(self) -> date:
        """The current day."""
        return self._today or datetime.now(UTC).date()

    def now(self) -> datetime:
        """The current moment, UTC."""
        if self._today is None:
            return datetime.now(UTC).replace(microsecond=0)
        return datetime.combine(self._today, time(12), UTC)
