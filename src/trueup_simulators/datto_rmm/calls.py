"""The log of requests that a test can ask for; it never holds a credential or a form."""

from __future__ import annotations

from collections import Counter, deque

from msgspec import Struct


class Call(Struct):
    """One request as it was answered; `path` is below `/api`, `at` in milliseconds on the simulator's clock."""

    at: int
    method: str
    path: str
    query: str
    status: int | None
    user: str | None
    address: str
    bytes: int
    faults: list[str]


class CallLog:
    """Counters over everything since the last reset, and the last 20,000 requests."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start again at nothing."""
        self.total = 0
        self.by_path: Counter[str] = Counter()
        self.by_status: Counter[str] = Counter()
        self.log: deque[Call] = deque(maxlen=20_000)

    def add(self, call: Call) -> None:
        """Count one answered request."""
        self.total += 1
        self.by_path[call.path] += 1
        self.by_status["dropped" if call.status is None else str(call.status)] += 1
        self.log.append(call)
