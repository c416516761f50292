"""Hourly calls and simultaneous threads.

Autotask REST, thresholds and limits page: 10,000 calls in a rolling hour for all integrations together, slower from
50 % and slower still from 75 %; three simultaneous threads for an integration code and an object endpoint.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from trueup_simulators.autotask.errors import TooManyError
from trueup_simulators.autotask.switches import Switches


class Limits:
    """Counts calls and threads of one database."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque()
        self._threads: Counter[tuple[str, str]] = Counter()

    def used(self, switches: Switches) -> int:
        """Calls within the rolling window, other integrations' included."""
        oldest = time.monotonic() - switches.request_window_minutes * 60
        while self._moments and self._moments[0] < oldest:
            self._moments.popleft()
        return len(self._moments)

    def use_elsewhere(self, count: int) -> None:
        """Count calls that other integrations made just now; a negative number takes calls back."""
        if count < 0:
            for _ in range(min(-count, len(self._moments))):
                self._moments.pop()
            return
        self._moments.extend([time.monotonic()] * count)

    def count(self, switches: Switches) -> float:
        """Count one call; the seconds it has to wait. Raises `TooManyError` at the threshold."""
        used = self.used(switches)
        if used >= switches.request_threshold:
            raise TooManyError(
                f"The request threshold of {switches.request_threshold} requests per "
                f"{switches.request_window_minutes} minutes has been exceeded."
            )
        self._moments.append(time.monotonic())
        wait = Decimal(0)
        if used * 4 >= switches.request_threshold * 3:
            wait = Decimal(1)
        elif used * 2 >= switches.request_threshold:
            wait = Decimal("0.5")
        return float(wait * switches.delay_scale)

    @contextmanager
    def thread(self, code: str, entity: str, switches: Switches) -> Iterator[int]:
        """Hold a thread for an integration code and entity; how many are held now. Raises `TooManyError`."""
        key = (code, entity)
        if self._threads[key] >= switches.thread_limit:
            raise too_many_threads(switches)
        self._threads[key] += 1
        try:
            yield self._threads[key]
        finally:
            self._threads[key] -= 1


def too_many_threads(switches: Switches) -> TooManyError:
    """The refusal over the thread limit."""
    return TooManyError(
        f"The Autotask API thread threshold of {switches.thread_limit} threads has been exceeded. Itgenatr005",
        int(switches.thread_limit_status),
    )
