"""When the night's plan is made: once every module that belongs to the night has been asked, and again where a later
attempt delivered the same day before it closed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """One module in a night: whether it has been asked since its moment (or is not asked at all, because its usage
    arrives), and when it last delivered the night's day (None: it has not)."""

    asked: bool
    delivered_at: datetime | None = None


def plan_is_due(night: Iterable[Asked], planned_at: datetime | None, closes: datetime, now: datetime) -> bool:
    """Whether the night's plan is to be made now. `planned_at` is when the newest plan for the day was made.

    After the day's close a plan is made only where there is none: somebody may be reading the one that is there, and
    what arrives later is caught up by the next one.
    """
    modules = tuple(night)
    if planned_at is None:
        return bool(modules) and (now >= closes or all(one.asked for one in modules))
    return now < closes and any(one.delivered_at is not None and one.delivered_at > planned_at for one in modules)
