"""How fast a module may be called: a window of requests, and how long to wait between attempts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from pyrate_limiter import InMemoryBucket, Limiter, Rate, SingleBucketFactory

from trueup.modules.catalogue_schema import Limits


@dataclass(frozen=True, slots=True)
class Pace:
    """Waiting between attempts, in seconds. `scale` shrinks every wait, so that tests need not sit through them."""

    first: float = 0.5
    longest: float = 20.0
    scale: float = 1.0

    async def wait(self, seconds: float) -> None:
        """Sleep that long, scaled."""
        await asyncio.sleep(seconds * self.scale)


class RequestWindow:
    """At most so many requests in a rolling window, shared by all calls of one connection. The pace scales it."""

    def __init__(self, limits: Limits, pace: Pace) -> None:
        self._rate = Rate(limits.requests, max(1, round(limits.window_seconds * 1000 * pace.scale)))
        self._bucket = InMemoryBucket([self._rate])
        self._limiter = Limiter(SingleBucketFactory(self._bucket, schedule_leak=False))

    async def enter(self) -> None:
        """Wait until one more request fits."""
        if self._bucket.count() > 2 * self._rate.limit:
            self._bucket.leak(int(self._bucket.now()))  # type: ignore[no-untyped-call]
        await self._limiter.try_acquire_async("request")


def retry_after(header: str | None) -> int | None:
    """Seconds from a `Retry-After` header; None when there is none or it is a date (rare, and clocks differ)."""
    text = (header or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
