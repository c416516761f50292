"""The log of authenticated calls, for tests and benchmarks."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass

_KEPT = 200_000


@dataclass(slots=True)
class Call:
    """One authenticated call; `status` 0 while it runs, -1 when its connection was dropped."""

    sequence: int
    method: str
    path: str
    entity: str
    action: str
    user: str
    status: int = 0
    rows: int = 0
    faults: tuple[str, ...] = ()


class CallLog:
    """Calls in the order in which they came, and counters that reset with them."""

    def __init__(self) -> None:
        self._sequence = 0
        self.reset()

    def reset(self) -> None:
        """Forget all calls; the sequence goes on."""
        self.entries: deque[Call] = deque(maxlen=_KEPT)
        self.by_entity: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()
        self.peak_threads: dict[str, int] = {}

    def begin(self, method: str, path: str, entity: str, action: str, user: str) -> Call:
        """Note a call that passed authentication."""
        self._sequence += 1
        call = Call(self._sequence, method, path, entity, action, user)
        self.entries.append(call)
        self.by_entity[f"{entity} {method} {action}"] += 1
        return call

    def as_dict(self) -> dict[str, object]:
        """The log as JSON holds it."""
        return {
            "total": sum(self.by_entity.values()),
            "counters": dict(sorted(self.by_entity.items())),
            "rows": dict(sorted(self.rows.items())),
            "peak_threads": dict(sorted(self.peak_threads.items())),
            "calls": [
                {
                    "sequence": call.sequence,
                    "method": call.method,
                    "path": call.path,
                    "entity": call.entity,
                    "action": call.action,
                    "user": call.user,
                    "status": call.status,
                    "rows": call.rows,
                    "faults": list(call.faults),
                }
                for call in self.entries
            ],
        }
