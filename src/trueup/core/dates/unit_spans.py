"""A line's units over time as spans, and what a new reading of some days makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from trueup.core.contract import DAY, UnitRow, row_on


class UnitSpan(NamedTuple):
    """Units from day to day; `last` None: until the last day that was read."""

    first: date
    last: date | None
    units: int


def spans_of(rows: Sequence[UnitRow], first: date, last: date) -> tuple[UnitSpan, ...]:
    """What the PSA's rows say of these days; of rows over the same day the later one counts, and a day without a row
    has no span. A span that reaches the last day is open."""
    cuts = {first, *(row.start for row in rows), *(row.end + DAY for row in rows)}
    begins = sorted(cut for cut in cuts if first <= cut <= last)
    found: list[UnitSpan] = []
    for begin, end in zip(begins, [*(day - DAY for day in begins[1:]), None], strict=True):
        row = row_on(tuple(rows), begin)
        if row is not None:
            found.append(UnitSpan(begin, end, row.units))
    return tuple(_joined(found))


def overwritten(before: Iterable[UnitSpan], said: Iterable[UnitSpan], first: date, last: date) -> tuple[UnitSpan, ...]:
    """The spans after a reading of the days `first` to `last`, which are the newest that were ever read: days before
    them keep what they had. Days that no reading spoke of, because the PSA was not read for longer than it is looked
    back, count as unchanged."""
    kept = [
        span if span.last is not None and span.last < first else UnitSpan(span.first, first - DAY, span.units)
        for span in before
        if span.first < first
    ]
    after = [span for span in before if span.first > last]
    return tuple(_joined([*kept, *said, *after]))


def _joined(spans: Iterable[UnitSpan]) -> Iterator[UnitSpan]:
    """Neighbours of the same units as one span."""
    held: UnitSpan | None = None
    for span in spans:
        if held is not None and held.units == span.units and held.last is not None and held.last + DAY == span.first:
            held = UnitSpan(held.first, span.last, held.units)
            continue
        if held is not None:
            yield held
        held = span
    if held is not None:
        yield held
