"""When a module is asked next: once a night, and again inside the day where it failed and waiting may help.

What decides is the category of the last failure. A wrong password, a missing right or a changed answer does not get
better by itself within the hour, and asking often could lock an account; a vendor that says how long to wait is obeyed;
an unreachable one is asked again soon, then less and less often. Before the day closes there is one last attempt,
because afterwards the day cannot be had any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from trueup.core.schedule.nights import Schedule, UsageDays, night_of, slot
from trueup.core.usage import Coverage, FailureCategory

_DAY = timedelta(days=1)
_SOON = timedelta(minutes=5)
_OFTEN = timedelta(hours=1)
_SELDOM = timedelta(hours=8)
_PARTLY = timedelta(minutes=30)
_PARTIAL_RETRIES = 2

STUBBORN = frozenset(
    {
        FailureCategory.CREDENTIALS,
        FailureCategory.PERMISSION,
        FailureCategory.NETWORK_RULE,
        FailureCategory.SCHEMA_CHANGED,
        FailureCategory.IMPLAUSIBLE,
    }
)
"""Failures that somebody has to do something about."""


class Why(StrEnum):
    """Why there is a next attempt: the night's own, or one more after a failure or a partial answer."""

    NIGHT = "night"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One collection as it ended. `wait` are the seconds for which the vendor asked not to be called."""

    at: datetime
    coverage: Coverage
    category: FailureCategory | None = None
    wait: int | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """The next attempt (in the past: it is due) and the night that it belongs to, by its usage day."""

    at: datetime
    night: date
    why: Why


def wait_after(tried: Sequence[Attempt]) -> timedelta | None:
    """How long to wait after these attempts of one night, in order; None where there is nothing to try again."""
    if any(one.coverage is Coverage.MEASURED for one in tried):
        return None
    last = tried[-1]
    if last.coverage is Coverage.PARTIAL:
        partial = sum(1 for one in tried if one.coverage is Coverage.PARTIAL)
        return None if partial > _PARTIAL_RETRIES else _PARTLY * (1 << (partial - 1))
    times = sum(1 for one in tried if one.category is last.category) - 1
    if last.category in STUBBORN:
        return min(_OFTEN * (1 << min(times, 8)), _SELDOM)
    backing_off = min(_SOON * (1 << min(times, 8)), _OFTEN)
    if last.category is FailureCategory.RATE_LIMITED:
        return max(backing_off, timedelta(seconds=last.wait or 0))
    return backing_off


def _retry_at(tried: Sequence[Attempt], wait: timedelta, last_chance: datetime) -> datetime:
    last = tried[-1]
    told = timedelta(seconds=last.wait or 0) if last.category is FailureCategory.RATE_LIMITED else _SOON
    earliest = last.at + max(told, _SOON)
    steps_over = earliest <= last_chance < last.at + wait
    return last_chance if steps_over and last.category not in STUBBORN else last.at + wait


def next_attempt(schedule: Schedule, days: UsageDays, attempts: Iterable[Attempt], now: datetime) -> Next | None:
    """The next attempt of a connection; None where its schedule is off.

    `attempts` are those of the last days, whoever asked for them, in any order: one that a person asked for counts as
    the night's if it came after the night's moment.
    """
    if not schedule.on:
        return None
    night = night_of(schedule, days, now)
    begins, following = slot(schedule, days, night), slot(schedule, days, night + _DAY)
    tried = sorted((one for one in attempts if one.at >= begins), key=lambda one: one.at)
    if not tried:
        return Next(begins, night, Why.NIGHT)
    wait = wait_after(tried)
    if wait is None:
        return Next(following, night + _DAY, Why.NIGHT)
    again = _retry_at(tried, wait, days.last_chance(night))
    if again >= following:
        return Next(following, night + _DAY, Why.NIGHT)
    return Next(again, night, Why.RETRY)
