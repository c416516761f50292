"""What one metric said of one organization, as spans of days that are looked up by day."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import NamedTuple

from trueup.core.contract import DAY
from trueup.core.usage import Coverage


class ReadingSpan(NamedTuple):
    """A reading that stayed the same from `first` to `last` (None: still so). It speaks only of delivered days."""

    connection: str
    metric: str
    organization: str
    value: Decimal
    coverage: Coverage
    first: date
    last: date | None


_first = itemgetter(5)


class ReadingSeries:
    """The spans of one metric in one organization; no two of them cover the same day."""

    def __init__(self, spans: Iterable[ReadingSpan]) -> None:
        self._spans = sorted(spans, key=_first)
        self._firsts = [span.first for span in self._spans]

    def on(self, day: date) -> tuple[Decimal, Coverage]:
        """Value and coverage on a delivered day; nothing may be concluded where no span covers it."""
        place = bisect_right(self._firsts, day)
        if place:
            _, _, _, value, coverage, _, last = self._spans[place - 1]
            if last is None or day <= last:
                return value, coverage
        return Decimal(0), Coverage.UNKNOWN

    def changes(self) -> set[date]:
        """The days on which something else may hold than on the day before."""
        return {*self._firsts, *(span[6] + DAY for span in self._spans if span[6] is not None)}


NO_READINGS = ReadingSeries(())
"""The series of a metric that never said anything."""


def connections_by_metric(spans: Iterable[ReadingSpan]) -> Mapping[str, tuple[str, ...]]:
    """Which connections ever said something of a metric."""
    found: dict[str, set[str]] = defaultdict(set)
    for span in spans:
        found[span.metric].add(span.connection)
    return {metric: tuple(sorted(connections)) for metric, connections in found.items()}
