"""The simulator's own clock: it can start on another day, jump, stand still or run faster."""

from __future__ import annotations

import time

from trueup_simulators.datto_rmm.scenario import ClockSpec


class Clock:
    """Milliseconds since 1970 in UTC. `speed` 60 makes a minute of quota pass in a second; 0 stands still."""

    def __init__(self, spec: ClockSpec) -> None:
        self._base_ms = float(time.time_ns() // 1_000_000 if spec.now is None else spec.now)
        self._since = time.monotonic()
        self.speed = spec.speed
        self.frozen_at = int(self._base_ms) if spec.frozen_at is None else spec.frozen_at

    def now_ms(self) -> int:
        """Return the time the simulator believes in."""
        return int(self._base_ms + (time.monotonic() - self._since) * 1000 * self.speed)

    def set(self, now_ms: int | None = None, advance_seconds: float = 0, speed: float | None = None) -> None:
        """Jump to `now_ms`, then forward by `advance_seconds`, and go on at `speed`."""
        self._base_ms = (self.now_ms() if now_ms is None else now_ms) + advance_seconds * 1000
        self._since = time.monotonic()
        if speed is not None:
            self.speed = speed

    def real_seconds(self, seconds: float) -> float:
        """Return how long a wait of `seconds` on this clock really takes; none at all while it stands still."""
        return seconds / self.speed if self.speed > 0 else 0.0

    def dump(self) -> ClockSpec:
        """Return what starts an equal clock."""
        return ClockSpec(now=self.now_ms(), speed=self.speed, frozen_at=self.frozen_at)
