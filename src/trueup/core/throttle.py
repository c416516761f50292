"""How long somebody waits who failed to sign in: longer each time, never for good.

Sources: NIST SP 800-63B section 5.2.2 (rate limiting); OWASP ASVS (nobody must be able to lock an owner out).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Lane:
    """Failures that are counted together, and when the last one was."""

    failures: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures are free; then the wait doubles from `first` up to `longest`; after `forgotten` without a
    failure the count begins again."""

    free: int
    first: timedelta
    longest: timedelta
    forgotten: timedelta

    def wait(self, lane: Lane | None, now: datetime) -> timedelta:
        """How long to wait before the next try; zero where it may be made now."""
        if lane is None or lane.failures < self.free or self._is_forgotten(lane, now):
            return timedelta(0)
        doubled = self.first * (1 << min(lane.failures - self.free, 20))
        return max(lane.last_at + min(doubled, self.longest) - now, timedelta(0))

    def _is_forgotten(self, lane: Lane, now: datetime) -> bool:
        """A failure that lies ahead by so long was counted before the clock was set back: nobody waits for it."""
        return abs(now - lane.last_at) >= self.forgotten

    def counted(self, lane: Lane | None, now: datetime) -> Lane:
        """The lane with one failure more."""
        before = 0 if lane is None or self._is_forgotten(lane, now) else lane.failures
        return Lane(before + 1, now)


def uncounted(lane: Lane | None) -> Lane | None:
    """The lane without the try that turned out well."""
    return None if lane is None or lane.failures <= 1 else Lane(lane.failures - 1, lane.last_at)
