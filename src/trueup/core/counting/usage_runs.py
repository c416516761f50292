"""Usage as runs of days that say the same: a year of a metric that changed twice is three runs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from typing import NamedTuple

from trueup.core.contract import DAY
from trueup.core.usage import MetricUsage


class UsageRun(NamedTuple):
    """Days in a row, each with a delivery, on which every metric of an expression stood the same."""

    days: Sequence[date]
    metrics: tuple[tuple[str, MetricUsage], ...]


class Stretch(NamedTuple):
    """Days in a row that the same sources delivered."""

    days: Sequence[date]

    def cut(self, changes: Mapping[date, object] | None) -> Iterator[Sequence[date]]:
        """The stretch in pieces, a new one from each day of change on; each day alone where changes are not known."""
        if changes is None:
            for day in self.days:
                yield (day,)
            return
        first, last = self.days[0], self.days[-1]
        begin = 0
        for day in sorted(day for day in changes if first < day <= last):
            place = bisect_left(self.days, day)
            yield self.days[begin:place]
            begin = place
        yield self.days[begin:]


def stretches(days: Iterable[date], delivered: Sequence[Set[date]]) -> tuple[Stretch, ...]:
    """The asked days on which anything was delivered, in order. `delivered` holds the days of each source."""
    found: list[list[date]] = []
    before: list[bool] = []
    for day in days:
        there = [day in source for source in delivered]
        if any(there):
            if there == before and found and found[-1][-1] + DAY == day:
                found[-1].append(day)
            else:
                found.append([day])
        before = there
    return tuple(map(Stretch, found))
