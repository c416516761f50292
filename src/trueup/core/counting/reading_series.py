"""What one metric said of one organization, as spans of days that are looked up by day."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from trueup.core.contract import DAY
from trueup.core.usage import Coverage, MetricUsage


class ReadingSpan(NamedTuple):
    """A reading that stayed the same from `first` to `last` (None: still so). It speaks only of delivered days."""

    connection: str
    metric: str
    organization: str
    value: Decimal
    coverage: Coverage
    first: date
    last: date | None


Step = tuple[date, MetricUsage]
"""What a metric says from a day on."""

SILENT = MetricUsage(Decimal(0), Coverage.UNKNOWN)
"""Nothing was said, and nothing may be concluded."""

NOTHING = MetricUsage(Decimal(0), Coverage.MEASURED)
"""A measured zero."""


class ReadingSeries:
    """What one metric said of one organization: first day, last day (None: still so) and word of each span, in order;
    no two of them cover the same day."""

    def __init__(self, spans: Iterable[tuple[date, date | None, MetricUsage]]) -> None:
        self._days: list[date] = []
        self._said: list[MetricUsage] = []
        silent_from: date | None = None
        for first, last, said in spans:
            if silent_from is not None and silent_from < first:
                self._days.append(silent_from)
                self._said.append(SILENT)
            self._days.append(first)
            self._said.append(said)
            silent_from = None if last is None else last + DAY
        if silent_from is not None:
            self._days.append(silent_from)
            self._said.append(SILENT)

    def on(self, day: date) -> MetricUsage:
        """What it says of a delivered day."""
        place = bisect_right(self._days, day)
        return self._said[place - 1] if place else SILENT

    def steps(self, first: date, last: date) -> Iterator[Step]:
        """What it says of the first of some delivered days, and each change up to the last."""
        yield first, self.on(first)
        changes = slice(bisect_right(self._days, first), bisect_right(self._days, last))
        yield from zip(self._days[changes], self._said[changes], strict=True)


NO_READINGS = ReadingSeries(())
"""The series of a metric that never said anything."""

MetricPlace = tuple[str, tuple[str, str]]
"""A metric in one organization: (metric, (connection, the module's own key))."""


def series_of(spans: Iterable[ReadingSpan]) -> Mapping[MetricPlace, ReadingSeries]:
    """Spans in any order as the series of each metric in each organization."""
    found: dict[MetricPlace, list[tuple[date, date | None, MetricUsage]]] = defaultdict(list)
    for one in sorted(spans, key=attrgetter("first")):
        said = MetricUsage(one.value, one.coverage)
        found[one.metric, (one.connection, one.organization)].append((one.first, one.last, said))
    return {place: ReadingSeries(ordered) for place, ordered in found.items()}
