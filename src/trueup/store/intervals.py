"""Intervals of usage days: what did not change costs nothing.

A series keeps, for each key, intervals with a value. An interval says the value on the delivered days between its two
ends, which are delivered days themselves, and nothing about a day without a delivery. The open ones, which still hold
as of the last delivery, stand in a table of their own: an ordinary night reads that table once, compares, and writes
the differences only. What a later collection of the same day replaced is kept, marked with the attempt that did it.
`docs/decisions/0021-usage-as-intervals.md` has the reasons.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import sqlalchemy as sa

from trueup.store.columns import TENANT
from trueup.store.guard import insert_rows
from trueup.store.tables import usage

Value = tuple[Any, ...]
Row = tuple[Any, ...]
"""Key columns, then value columns, as the database keeps them."""

Interval = tuple[int, int | None, Value]
"""First day, last day (None: open), value."""


CHUNK = 400
"""How many keys go into one question."""


@dataclass(frozen=True, slots=True)
class Series:
    """The tables of one kind of series: `scope` is the column that names the series, `key` and `value` the rest."""

    current: sa.Table
    past: sa.Table
    superseded: sa.Table
    scope: str
    key: tuple[str, ...]
    value: tuple[str, ...]

    @property
    def row(self) -> tuple[str, ...]:
        """Names of key and value columns."""
        return self.key + self.value


ITEMS = Series(
    usage.item, usage.item_past, usage.item_superseded, "stream", ("key",), ("organization", "name", "attributes")
)
READINGS = Series(
    usage.reading,
    usage.reading_past,
    usage.reading_superseded,
    "connection",
    ("metric", "organization"),
    ("value", "coverage"),
)


class Place(NamedTuple):
    """Which day a collection describes, among the delivered days before and after it.

    `replaces` says that the day had been delivered before; `attempt` is the number of this collection of the day.
    """

    day: int
    before: int | None
    after: int | None
    attempt: int
    replaces: bool


def place_among(days: list[int], day: int, attempt: int, *, replaces: bool) -> Place:
    """The day among sorted delivered days (whether it is one of them or not)."""
    left, right = bisect_left(days, day), bisect_right(days, day)
    before = days[left - 1] if left else None
    after = days[right] if right < len(days) else None
    return Place(day, before, after, attempt, replaces)


class Changed(NamedTuple):
    """How many keys have a new value from this day on, and how many have lost theirs (a changed one is in both)."""

    opened: int = 0
    closed: int = 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """One series of one tenant, inside a transaction that is open."""

    connection: sa.Connection
    tenant: str
    series: Series
    scope: int

    def put(self, place: Place, rows: Sequence[Row]) -> Changed:
        """Make these rows the content of the day, without disturbing any other day."""
        if place.after is None and not place.replaces:
            return self._append(place, rows)
        return self._splice(place, rows)

    def _append(self, place: Place, rows: Sequence[Row]) -> Changed:
        stored = self._fetch(self.series.current, self.series.row)
        fresh = set(rows)
        ended = [row for row in stored if row not in fresh]
        count = len(fresh) - (len(stored) - len(ended))
        if not ended and not count:
            return Changed()
        started = sorted(fresh.difference(stored))
        keys = len(self.series.key)
        begun = self._begun([row[:keys] for row in ended])
        self._delete_current(row[:keys] for row in ended)
        if place.before is not None:
            self._insert_past((row[:keys], (begun[row[:keys]], place.before, row[keys:])) for row in ended)
        self._insert_current((row[:keys], (place.day, None, row[keys:])) for row in started)
        return Changed(count, len(ended))

    def _begun(self, keys: list[Value]) -> dict[Value, int]:
        """First days of open intervals, by key."""
        table = self.series.current
        columns = [table.c[name] for name in self.series.key]
        found: dict[Value, int] = {}
        for start in range(0, len(keys), CHUNK):
            some = sa.tuple_(*columns).in_(keys[start : start + CHUNK])
            for *key, since in self._fetch(table, (*self.series.key, "since"), some):
                found[tuple(key)] = since
        return found

    def _splice(self, place: Place, rows: Sequence[Row]) -> Changed:
        keys = len(self.series.key)
        around = self._around(place)
        today = {key: held for key, spans in around.items() if (held := _on(spans, place.day)) is not None}
        fresh = {row[:keys]: row[keys:] for row in rows}
        differing = [key for key in today.keys() | fresh.keys() if today.get(key) != fresh.get(key)]
        gone: list[tuple[Value, Interval]] = []
        new: list[tuple[Value, Interval]] = []
        for key in sorted(differing):
            spans = around.get(key, [])
            result = spliced(spans, place, fresh.get(key))
            gone += [(key, span) for span in spans if span not in result]
            new += [(key, span) for span in result if span not in spans]
        self._delete_current(key for key, span in gone if span[1] is None)
        self._delete_past((key, span) for key, span in gone if span[1] is not None)
        self._insert_past((key, span) for key, span in new if span[1] is not None)
        self._insert_current((key, span) for key, span in new if span[1] is None)
        if place.replaces:
            self._insert_superseded(place, [(key, today.get(key)) for key in sorted(differing)])
        return Changed(sum(key in fresh for key in differing), sum(key in today for key in differing))

    def _around(self, place: Place) -> dict[Value, list[Interval]]:
        """The intervals that touch the day or its delivered neighbours, by key."""
        keys = len(self.series.key)
        found: dict[Value, list[Interval]] = {}
        for row in self._fetch(self.series.current, (*self.series.row, "since")):
            found.setdefault(row[:keys], []).append((row[-1], None, row[keys:-1]))
        table = self.series.past
        limits = [table.c.valid_to >= (place.day if place.before is None else place.before)]
        if place.after is not None:
            limits.append(table.c.valid_from <= place.after)
        for row in self._fetch(table, (*self.series.row, "valid_from", "valid_to"), *limits):
            found.setdefault(row[:keys], []).append((row[-2], row[-1], row[keys:-2]))
        return found

    def _mine(self, table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
        return (table.c[TENANT] == self.tenant, table.c[self.series.scope] == self.scope)

    def _fetch(self, table: sa.Table, names: tuple[str, ...], *limits: sa.ColumnElement[bool]) -> list[Row]:
        query = sa.select(*(table.c[name] for name in names)).where(*self._mine(table), *limits)
        return raw_rows(self.connection, query)

    def _delete_current(self, keys: Iterable[Value]) -> None:
        table = self.series.current
        matching = [table.c[name] == sa.bindparam(f"of_{name}") for name in self.series.key]
        self._many(
            sa.delete(table).where(*self._mine(table), *matching),
            [{f"of_{name}": part for name, part in zip(self.series.key, key, strict=True)} for key in keys],
        )

    def _delete_past(self, spans: Iterable[tuple[Value, Interval]]) -> None:
        table = self.series.past
        names = (*self.series.key, "valid_to")
        matching = [table.c[name] == sa.bindparam(f"of_{name}") for name in names]
        self._many(
            sa.delete(table).where(*self._mine(table), *matching),
            [{f"of_{name}": part for name, part in zip(names, (*key, span[1]), strict=True)} for key, span in spans],
        )

    def _insert_current(self, spans: Iterable[tuple[Value, Interval]]) -> None:
        names = (TENANT, self.series.scope, *self.series.row, "since")
        rows = [(self.tenant, self.scope, *key, *span[2], span[0]) for key, span in spans]
        insert_rows(self.connection, self.series.current, names, rows)

    def _insert_past(self, spans: Iterable[tuple[Value, Interval]]) -> None:
        names = (TENANT, self.series.scope, *self.series.row, "valid_from", "valid_to")
        rows = [(self.tenant, self.scope, *key, *span[2], span[0], span[1]) for key, span in spans]
        insert_rows(self.connection, self.series.past, names, rows)

    def _insert_superseded(self, place: Place, values: Iterable[tuple[Value, Value | None]]) -> None:
        names = (TENANT, self.series.scope, "day", "attempt", *self.series.row)
        nothing = (None,) * len(self.series.value)
        rows = [(self.tenant, self.scope, place.day, place.attempt, *key, *(value or nothing)) for key, value in values]
        insert_rows(self.connection, self.series.superseded, names, rows)

    def _many(self, statement: sa.Delete, rows: list[dict[str, Any]]) -> None:
        if rows:
            self.connection.execute(statement, rows)


def raw_rows(connection: sa.Connection, query: sa.Select[Any]) -> list[Row]:
    """The rows as the driver gives them: for big results of columns that need no translation."""
    result = connection.execute(query)
    try:
        return cast("list[Row]", result.cursor.fetchall())
    finally:
        result.close()


def spliced(spans: Sequence[Interval], place: Place, value: Value | None) -> list[Interval]:
    """The intervals of one key after its value on one day became this one (None: absent).

    An interval that covers the day with another value is cut: its left part ends on the delivered day before, its right
    part begins on the delivered day after. The new day joins a neighbour of the same value. Days between deliveries
    belong to nobody, so the ends stay on delivered days.
    """
    result: list[Interval] = []
    for first, last, held in spans:
        if not (first <= place.day and (last is None or place.day <= last)):
            result.append((first, last, held))
            continue
        if held == value:
            return list(spans)
        if place.before is not None and first <= place.before:
            result.append((first, place.before, held))
        if place.after is not None and (last is None or place.after <= last):
            result.append((place.after, last, held))
    if value is None:
        return result
    begin: int = place.day
    end: int | None = None if place.after is None else place.day
    for span in list(result):
        first, last, held = span
        if held != value:
            continue
        if last is not None and last == place.before:
            result.remove(span)
            begin = first
        elif place.after is not None and first == place.after:
            result.remove(span)
            end = last
    result.append((begin, end, value))
    return result


def _on(spans: Iterable[Interval], day: int) -> Value | None:
    for first, last, value in spans:
        if first <= day and (last is None or day <= last):
            return value
    return None
