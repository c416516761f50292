"""The PSA's units of each line over time, as intervals: what a reading does not change costs nothing.

A reading says the units of some days. Within those days it takes the place of what earlier readings said, outside of
them nothing is touched, so that a line's past stays when the PSA is not asked for it any more
(docs/decisions/0152-the-past-of-a-line.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from trueup.core.contract import UnitRow
from trueup.core.dates.unit_spans import UnitSpan, overwritten, spans_of
from trueup.store.binding import Binding
from trueup.store.tables.history import line_units as table


@dataclass(frozen=True, slots=True)
class SeenUnits:
    """Units of a line from day to day (None: until the last day that was read), and when this was first read."""

    first: date
    last: date | None
    units: int
    seen_at: datetime


class LineUnits:
    """A tenant's lines."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def keep(self, rows: Iterable[tuple[str, Sequence[UnitRow]]], first: date, last: date, *, now: datetime) -> None:
        """Take over what the PSA said of lines for these days, the newest that were ever read."""
        with self._binding.writing() as connection:
            stored = self._stored(connection)
            gone: list[dict[str, object]] = []
            new: list[dict[str, object]] = []
            for line, some in rows:
                before = stored.get(line, {})
                after = overwritten(before, spans_of(some, first, last), first, last)
                gone += [{"of_line": line, "of_from": span.first.toordinal()} for span in before if span not in after]
                new += [
                    {
                        "tenant": self._binding.tenant,
                        "line": line,
                        "valid_from": span.first.toordinal(),
                        "valid_to": None if span.last is None else span.last.toordinal(),
                        "units": span.units,
                        "seen_at": now,
                    }
                    for span in after
                    if span not in before
                ]
            if gone:
                mine = (table.c.tenant == self._binding.tenant, table.c.line == sa.bindparam("of_line"))
                one = table.c.valid_from == sa.bindparam("of_from")
                connection.execute(sa.delete(table).where(*mine, one), gone)
            if new:
                connection.execute(sa.insert(table), new)

    def of_line(self, line_id: str) -> tuple[SeenUnits, ...]:
        """Everything that was ever read of a line, oldest first."""
        wanted = (table.c.tenant == self._binding.tenant, table.c.line == line_id)
        with self._binding.reading() as connection:
            rows = connection.execute(sa.select(table).where(*wanted).order_by(table.c.valid_from)).all()
        return tuple(_seen(row) for row in rows)

    def on(self, day: date) -> Mapping[str, SeenUnits]:
        """Units of every line on one day, by line."""
        number = day.toordinal()
        wanted = (
            table.c.tenant == self._binding.tenant,
            table.c.valid_from <= number,
            table.c.valid_to.is_(None) | (table.c.valid_to >= number),
        )
        with self._binding.reading() as connection:
            rows = connection.execute(sa.select(table).where(*wanted)).all()
        return {row.line: _seen(row) for row in rows}

    def _stored(self, connection: sa.Connection) -> Mapping[str, dict[UnitSpan, None]]:
        columns = (table.c.line, table.c.valid_from, table.c.valid_to, table.c.units)
        query = sa.select(*columns).where(table.c.tenant == self._binding.tenant).order_by(table.c.line)
        found: dict[str, dict[UnitSpan, None]] = defaultdict(dict)
        for line, begin, end, units in connection.execute(query.order_by(table.c.valid_from)):
            span = UnitSpan(date.fromordinal(begin), None if end is None else date.fromordinal(end), units)
            found[line][span] = None
        return found


def _seen(row: sa.Row[tuple[object, ...]]) -> SeenUnits:
    last = None if row.valid_to is None else date.fromordinal(row.valid_to)
    return SeenUnits(date.fromordinal(row.valid_from), last, row.units, row.seen_at)
