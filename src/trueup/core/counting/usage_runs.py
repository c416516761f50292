"""Usage as runs of days that say the same: a year of a metric that changed twice is three runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import NamedTuple

from trueup.core.contract import DAY
from trueup.core.counting.derived_metrics import weaker
from trueup.core.counting.reading_series import SILENT, Step
from trueup.core.usage import Coverage, MetricUsage


class UsageRun(NamedTuple):
    """Days in a row, each with a delivery, on which every metric of an expression stood the same."""

    days: Sequence[date]
    metrics: tuple[tuple[str, MetricUsage], ...]


class Stretch(NamedTuple):
    """First and last of days in a row that the same connections delivered, and which those are."""

    first: date
    last: date
    delivered: frozenset[str]


class DeliveredDays:
    """The asked days on which any of some connections delivered, in order, and the stretches that they make."""

    def __init__(self, asked: Iterable[date], delivered: Mapping[str, Set[date]]) -> None:
        self.days: list[date] = []
        self.stretches: list[Stretch] = []
        for day in asked:
            there = frozenset(name for name, days in delivered.items() if day in days)
            if not there:
                continue
            before = self.stretches[-1] if self.stretches else None
            if before is not None and before.delivered == there and before.last + DAY == day:
                self.stretches[-1] = before._replace(last=day)
            else:
                self.stretches.append(Stretch(day, day, there))
            self.days.append(day)
        self._places = {day: place for place, day in enumerate(self.days)}

    def runs(self, names: Sequence[str], metrics: Sequence[Iterable[Step]]) -> Iterator[UsageRun]:
        """The days as runs, from the steps of each metric: its word of the first day of each stretch, and of each day
        on which it changes."""
        days, places = self.days, self._places
        begin = 0
        standing: tuple[tuple[str, MetricUsage], ...] = ()
        for day, said in side_by_side(metrics):
            end = places[day]
            if end > begin:
                yield UsageRun(days[begin:end], standing)
            begin, standing = end, tuple(zip(names, said, strict=True))
        if begin < len(days):
            yield UsageRun(days[begin:], standing)


def side_by_side(parts: Sequence[Iterable[Step]]) -> Iterator[tuple[date, Sequence[MetricUsage]]]:
    """What each part says from every day on that changes any of them; silent before its first word. The same list is
    given each time."""
    said = [SILENT] * len(parts)
    steps = sorted([(day, place, usage) for place, part in enumerate(parts) for day, usage in part], key=itemgetter(0))
    since = steps[0][0] if steps else date.min
    for day, place, usage in steps:
        if day != since:
            yield since, said
            since = day
        said[place] = usage
    if steps:
        yield since, said


def added_up(parts: Iterable[MetricUsage]) -> MetricUsage:
    """A metric over several organizations, worth as much as the weakest."""
    total, worst = Decimal(0), Coverage.MEASURED
    for value, coverage in parts:
        total += value
        if coverage is not worst:
            worst = weaker(worst, coverage)
    return MetricUsage(total, worst)


def at_most_one(usage: MetricUsage) -> MetricUsage:
    """A flag that any of several organizations sets."""
    return usage._replace(value=min(usage.value, Decimal(1)))
