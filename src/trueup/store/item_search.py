"""Finding items by key or name over all modules, whether they are still there or not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from trueup.core.usage import Item
from trueup.store.binding import Binding
from trueup.store.connections import connections_in_use
from trueup.store.folding import may_be, may_contain
from trueup.store.intervals import raw_rows
from trueup.store.tables import usage
from trueup.store.usage_names import Names
from trueup.store.usage_queries import ItemInterval, organization_keys
from trueup.store.usage_rows import items_from


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item of one stream with all its intervals, oldest first; the last one says what it is now, or was last."""

    connection: str
    stream: str
    attributes: tuple[str, ...]
    intervals: tuple[ItemInterval, ...]

    @property
    def item(self) -> Item:
        """The item as it was last known."""
        return self.intervals[-1].item


class ItemSearch:
    """A tenant's items, by what a person knows of them."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def find(self, text: str, *, limit: int = 50) -> tuple[FoundItem, ...]:
        """Items whose key is the text, else those whose name is it, else those whose name holds it (without case), by
        connection and name; each at most once a stream."""
        wanted = text.strip()
        for exact in (True, False) if wanted else ():
            found = self._find(wanted, exact=exact, limit=limit)
            if found:
                return found
        return ()

    def _find(self, text: str, *, exact: bool, limit: int) -> tuple[FoundItem, ...]:
        tenant = self._binding.tenant
        found: list[FoundItem] = []
        with self._binding.reading() as connection:
            for number, name in connections_in_use(connection, tenant):
                keys = organization_keys(connection, tenant, number)
                layouts = Names(self._binding, connection, number).layouts()
                newest = {layout.stream: layout.attributes for layout in layouts}
                spans: dict[tuple[str, str], list[ItemInterval]] = defaultdict(list)
                for layout in layouts:
                    for table, first, last in _TABLES:
                        columns = (table.c.key, table.c.organization, table.c.name, table.c.attributes, first, last)
                        mine = (table.c.tenant == tenant, table.c.stream == layout.id)
                        query = sa.select(*columns).where(*mine, _fits(table, text, exact=exact)).limit(limit * 20)
                        rows = [
                            row for row in raw_rows(connection, query) if _is_meant(row[0], row[2], text, exact=exact)
                        ]
                        items = items_from(rows, keys, layout.attributes, newest[layout.stream])
                        for row, item in zip(rows, items, strict=True):
                            until = None if row[5] is None else date.fromordinal(row[5])
                            span = ItemInterval(item, date.fromordinal(row[4]), until)
                            spans[layout.stream, item.key].append(span)
                found += [
                    FoundItem(name, stream, newest[stream], tuple(sorted(one, key=lambda span: span.valid_from)))
                    for (stream, _), one in spans.items()
                ]
        return tuple(sorted(found, key=lambda one: (one.item.name.casefold(), one.connection, one.item.key))[:limit])


_TABLES = (
    (usage.item, usage.item.c.since, sa.null()),
    (usage.item_past, usage.item_past.c.valid_from, usage.item_past.c.valid_to),
)


def _fits(table: sa.Table, text: str, *, exact: bool) -> sa.ColumnElement[bool]:
    if exact:
        return sa.or_(table.c.key == text, may_be(table.c.name, text))
    return may_contain(table.c.name, text)


def _is_meant(key: str, name: str | None, text: str, *, exact: bool) -> bool:
    called, wanted = (name or "").lower(), text.lower()
    return key == text or called == wanted if exact else wanted in called
