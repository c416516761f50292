"""Which of the decisions on one organization came last, so that it can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_A_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One decision by its number, with when it was made and when it ended."""

    id: int
    decided_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class LastEvent:
    """The newest thing that happened: a decision that began (`begun`) with those that it took the place of (`ended`),
    or decisions that were ended and nothing came for them."""

    moment: datetime
    begun: int | None
    ended: tuple[int, ...]


def last_event(steps: Sequence[Step]) -> LastEvent | None:
    """Of all decisions on one organization; None where there is none. No two events of it share a moment."""
    moments = [moment for step in steps for moment in (step.decided_at, step.ended_at) if moment is not None]
    if not moments:
        return None
    moment = max(moments)
    begun = next((step.id for step in steps if step.decided_at == moment), None)
    return LastEvent(moment, begun, tuple(step.id for step in steps if step.ended_at == moment))


def next_moment(steps: Sequence[Step], now: datetime) -> datetime:
    """The moment of a new decision: later than all before it, also where a clock stands still or goes back."""
    last = last_event(steps)
    return now if last is None else max(now, last.moment + _A_MOMENT)


def in_force(saved_at: datetime, ended_at: datetime | None, moment: datetime) -> bool:
    """Whether what was saved and ended at these moments held at another one."""
    return saved_at <= moment and (ended_at is None or moment < ended_at)
