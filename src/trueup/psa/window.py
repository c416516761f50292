"""The time in which a claimed write may leave: looked at again at the last moment before its bytes go to the network.

A process can be paused anywhere (a laptop lid, a virtual machine, a busy host), also between its claim and its request.
Whoever comes after it waits until the claimed write cannot arrive any more; that wait is only worth something if the
sleeper does not send after it (design law 4, docs/journal.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

ARRIVES_WITHIN = timedelta(seconds=20)
"""What left is acknowledged by the other side within this time, or its connection is given up."""


class Timepiece(Protocol):
    """Two clocks in one: the wall, which may be put, and one that only goes forward."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""

    def ticks(self) -> float:
        """Seconds since some moment; never goes back."""


@dataclass(frozen=True, slots=True)
class SendWindow:
    """When one write may leave, by both clocks, and for how many seconds its answer is awaited in all."""

    timepiece: Timepiece
    leave_by: datetime
    leave_by_ticks: float
    answer_seconds: float

    @classmethod
    def opened(
        cls, timepiece: Timepiece, claimed_at: datetime, leaves_within: timedelta, answered_within: timedelta
    ) -> SendWindow:
        """The window of a write that is being claimed now; `claimed_at` is the moment that the journal notes."""
        return cls(
            timepiece,
            claimed_at + leaves_within,
            timepiece.ticks() + leaves_within.total_seconds(),
            answered_within.total_seconds(),
        )

    def closed(self) -> bool:
        """Whether the write must not leave any more: one clock is enough to say so."""
        return self.timepiece.now() >= self.leave_by or self.timepiece.ticks() >= self.leave_by_ticks
