"""Questions about usage: which intervals touch some days, and what one delivery said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection as Some
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import NamedTuple

import sqlalchemy as sa

from trueup.core.counting.reading_series import MetricPlace, ReadingSeries, ReadingSpan
from trueup.core.usage import Item, MetricUsage, Reading
from trueup.store.intervals import Row, raw_rows
from trueup.store.tables import usage
from trueup.store.usage_names import Layout
from trueup.store.usage_rows import COVERAGE, items_from


class ItemInterval(NamedTuple):
    """An item as it stood on every day on which its stream was delivered, from `valid_from` to `valid_to` (None:
    until the last delivery)."""

    item: Item
    valid_from: date
    valid_to: date | None


class _Days(dict[int, date]):
    """Days by number; each is made once, because intervals share few of them."""

    def __missing__(self, number: int) -> date:
        day = self[number] = date.fromordinal(number)
        return day


class _Words(dict[tuple[str, str], MetricUsage]):
    """What a stored value says with its letter of coverage; each is made once, because many readings say the same."""

    def __missing__(self, stored: tuple[str, str]) -> MetricUsage:
        value, letter = stored
        said = self[stored] = MetricUsage(Decimal(value), COVERAGE[letter])
        return said


def organization_keys(connection: sa.Connection, tenant: str, number: int) -> dict[int, str]:
    """Keys of a connection's organizations by number."""
    table = usage.organization
    wanted = (table.c.tenant == tenant, table.c.connection == number)
    return {i: key for i, key in connection.execute(sa.select(table.c.id, table.c.key).where(*wanted))}  # noqa: C416


@dataclass(frozen=True, slots=True)
class ItemQuestions:
    """Questions about one stream's items, over all its layouts, inside a transaction that is open."""

    connection: sa.Connection
    tenant: str
    number: int
    layouts: tuple[Layout, ...]

    def between(self, first: date, last: date, organizations: Some[str] | None = None) -> Iterable[ItemInterval]:
        """The intervals that touch these days."""
        days = _Days()
        for rows, items in self._layers(first, last, organizations):
            for row, item in zip(rows, items, strict=True):
                yield ItemInterval(item, days[row[4]], None if row[5] is None else days[row[5]])

    def on(self, day: date, organizations: Some[str] | None = None) -> list[Item]:
        """The items whose intervals cover this day, by key."""
        found = [item for _, items in self._layers(day, day, organizations) for item in items]
        return sorted(found, key=itemgetter(0))

    def count(self, day: date) -> int:
        """How many items' intervals cover this day."""
        now, past, number = usage.item, usage.item_past, day.toordinal()
        streams = [layout.id for layout in self.layouts]
        here = (now.c.tenant == self.tenant, now.c.stream.in_(streams), now.c.since <= number)
        gone = (past.c.tenant == self.tenant, past.c.stream.in_(streams))
        inside = (past.c.valid_from <= number, past.c.valid_to >= number)
        counts = (
            sa.select(sa.func.count()).select_from(now).where(*here),
            sa.select(sa.func.count()).select_from(past).where(*gone, *inside),
        )
        return sum(int(self.connection.execute(query).scalar_one()) for query in counts)

    def replaced(self, day: date, attempt: int) -> dict[str, Item | None]:
        """What an earlier collection of the day had said of items that later ones changed (None: not there)."""
        keys = organization_keys(self.connection, self.tenant, self.number)
        table = usage.item_superseded
        columns = (table.c.key, table.c.organization, table.c.name, table.c.attributes)
        found: dict[str, Item | None] = {}
        for layout in self.layouts:
            wanted = (
                table.c.tenant == self.tenant,
                table.c.stream == layout.id,
                table.c.day == day.toordinal(),
                table.c.attempt > attempt,
            )
            kept: dict[str, Row] = {}
            for row in raw_rows(self.connection, sa.select(*columns).where(*wanted).order_by(table.c.attempt)):
                kept.setdefault(row[0], row)
            there = [row for row in kept.values() if row[1] is not None]
            found = dict.fromkeys(kept.keys() - found.keys()) | found
            found |= {one.key: one for one in items_from(there, keys, layout.attributes, self.layouts[-1].attributes)}
        return found

    def _layers(
        self, first: date, last: date, organizations: Some[str] | None
    ) -> Iterable[tuple[list[Row], list[Item]]]:
        keys = organization_keys(self.connection, self.tenant, self.number)
        chosen = None if organizations is None else sorted(i for i, key in keys.items() if key in organizations)
        for layout in self.layouts:
            rows = self._touching(layout.id, first.toordinal(), last.toordinal(), chosen)
            yield rows, items_from(rows, keys, layout.attributes, self.layouts[-1].attributes)

    def _touching(self, stream: int, first: int, last: int, chosen: list[int] | None) -> list[Row]:
        now, past = usage.item, usage.item_past
        open_rows = sa.select(
            now.c.key, now.c.organization, now.c.name, now.c.attributes, now.c.since, sa.null().label("valid_to")
        ).where(now.c.tenant == self.tenant, now.c.stream == stream, now.c.since <= last)
        closed = sa.select(
            past.c.key, past.c.organization, past.c.name, past.c.attributes, past.c.valid_from, past.c.valid_to
        ).where(
            past.c.tenant == self.tenant,
            past.c.stream == stream,
            past.c.valid_to >= first,
            past.c.valid_from <= last,
        )
        if chosen is not None:
            open_rows = open_rows.where(now.c.organization.in_(chosen))
            closed = closed.where(past.c.organization.in_(chosen))
        return raw_rows(self.connection, open_rows) + raw_rows(self.connection, closed)


@dataclass(frozen=True, slots=True)
class ReadingQuestions:
    """Questions about one connection's readings, inside a transaction that is open."""

    connection: sa.Connection
    tenant: str
    number: int
    name: str

    def between(self, first: date, last: date, metrics: Some[str] | None = None) -> Iterable[ReadingSpan]:
        """The intervals that touch these days, of all metrics or those named."""
        names, keys, days = self._metrics(), organization_keys(self.connection, self.tenant, self.number), _Days()
        for metric, organization, value, letter, begin, end in self._rows(first, last, names, metrics):
            yield ReadingSpan(
                self.name,
                names[metric],
                keys[organization],
                Decimal(value),
                COVERAGE[letter],
                days[begin],
                None if end is None else days[end],
            )

    def series(self, first: date, last: date, metrics: Some[str] | None = None) -> Mapping[MetricPlace, ReadingSeries]:
        """The same by metric and organization; equal words of them are one object."""
        names, keys, days = self._metrics(), organization_keys(self.connection, self.tenant, self.number), _Days()
        words = _Words()
        found: dict[tuple[int, int], list[tuple[date, date | None, MetricUsage]]] = defaultdict(list)
        for metric, organization, value, letter, begin, end in sorted(
            self._rows(first, last, names, metrics), key=itemgetter(4)
        ):
            until = None if end is None else days[end]
            found[metric, organization].append((days[begin], until, words[value, letter]))
        return {
            (names[metric], (self.name, keys[organization])): ReadingSeries(spans)
            for (metric, organization), spans in found.items()
        }

    def replaced(self, day: date, attempt: int) -> dict[tuple[str, str], Reading | None]:
        """What an earlier collection of the day had said where later ones changed it (None: nothing)."""
        names, keys = self._metrics(), organization_keys(self.connection, self.tenant, self.number)
        table = usage.reading_superseded
        columns = (table.c.metric, table.c.organization, table.c.value, table.c.coverage)
        wanted = (
            table.c.tenant == self.tenant,
            table.c.connection == self.number,
            table.c.day == day.toordinal(),
            table.c.attempt > attempt,
        )
        found: dict[tuple[str, str], Reading | None] = {}
        for metric, organization, value, letter in raw_rows(
            self.connection, sa.select(*columns).where(*wanted).order_by(table.c.attempt)
        ):
            place = (names[metric], keys[organization])
            found.setdefault(place, None if value is None else Reading(*place, Decimal(value), COVERAGE[letter]))
        return found

    def _metrics(self) -> dict[int, str]:
        table = usage.billing_type
        wanted = (table.c.tenant == self.tenant, table.c.connection == self.number)
        return {i: key for i, key in self.connection.execute(sa.select(table.c.id, table.c.key).where(*wanted))}  # noqa: C416

    def _rows(self, first: date, last: date, names: Mapping[int, str], metrics: Some[str] | None) -> list[Row]:
        """Rows (metric, organization, value, coverage, first, last) that touch these days, in any order."""
        chosen = None if metrics is None else sorted(i for i, key in names.items() if key in metrics)
        return [] if chosen == [] else self._touching(first.toordinal(), last.toordinal(), chosen)

    def _touching(self, first: int, last: int, chosen: list[int] | None) -> list[Row]:
        now, past = usage.reading, usage.reading_past
        open_rows = sa.select(
            now.c.metric, now.c.organization, now.c.value, now.c.coverage, now.c.since, sa.null().label("valid_to")
        ).where(now.c.tenant == self.tenant, now.c.connection == self.number, now.c.since <= last)
        closed = sa.select(
            past.c.metric, past.c.organization, past.c.value, past.c.coverage, past.c.valid_from, past.c.valid_to
        ).where(
            past.c.tenant == self.tenant,
            past.c.connection == self.number,
            past.c.valid_to >= first,
            past.c.valid_from <= last,
        )
        if chosen is not None:
            open_rows = open_rows.where(now.c.metric.in_(chosen))
            closed = closed.where(past.c.metric.in_(chosen))
        return raw_rows(self.connection, open_rows) + raw_rows(self.connection, closed)
