"""Personal data taken out of what is on record: a name becomes a pseudonym wherever it stands, numbers stay.

Items that are still listed are not touched, because the next collection would bring them back; who asks learns which
(docs/decisions/0153-forgetting.md).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import sqlalchemy as sa

from trueup.core.counting.evidence import Count, FrozenEvidence, ItemShown, MetricShown
from trueup.store.binding import Binding
from trueup.store.codec import attributes_from, attributes_text
from trueup.store.evidence import EvidenceBook
from trueup.store.folding import may_be, may_contain
from trueup.store.recorded_texts import RECORDED, VALUES, Names, RecordedText, folded
from trueup.store.tables import usage
from trueup.store.tables.answers import stored_answer
from trueup.store.tables.tenancy import audit

_KEPT = (usage.item_past, usage.item_superseded)


class Forgotten(NamedTuple):
    """What was changed: item records, lists of items behind units, other records, of which `entries` are those of the
    audit trail; answers kept for programs are deleted."""

    pseudonym: str
    items: int
    evidence: int
    records: int
    answers: int
    entries: tuple[int, ...]


class Forgetting:
    """A tenant's records."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def still_there(self, text: str) -> tuple[str, ...]:
        """Names of items that modules still list under this key, name or attribute."""
        table = usage.item
        with self._binding.reading() as connection:
            columns = (table.c.name, table.c.key, table.c.attributes)
            query = sa.select(*columns).where(self._mine(table), _may_speak_of(table, text))
            found = (row for row in connection.execute(query) if _speaks_of(row.key, row.name, row.attributes, text))
            return tuple(sorted({row.name or row.key for row in found}))

    def forget(self, text: str) -> Forgotten:
        """Put a pseudonym in the place of a key, name or attribute, and of key and name of the items that it names."""
        with self._binding.writing() as connection:
            pseudonym = f"forgotten-{self._binding.next_number(connection, 'forgotten')}"
            names = self._names(connection, text, pseudonym)
            items = sum(self._in_items(connection, table, names) for table in _KEPT)
            evidence = self._in_evidence(names)
            changed = {one.column: self._in_texts(connection, one, names) for one in RECORDED}
            answers = self._answers(connection, names)
        entries = tuple(row.id for row in changed[audit.c.detail])
        return Forgotten(pseudonym, items, evidence, sum(map(len, changed.values())), answers, entries)

    def leave_no_trace(self) -> None:
        """Let the database's log go, which still holds the records as they were. After the transaction."""
        self._binding.empty_log()

    def _mine(self, table: sa.Table) -> sa.ColumnElement[bool]:
        return table.c.tenant == self._binding.tenant

    def _names(self, connection: sa.Connection, text: str, pseudonym: str) -> Names:
        """Every text that goes, folded, with what takes its place: each item has a pseudonym of its own."""
        names = {folded(text): pseudonym}
        found: dict[str, str] = {}
        for table in _KEPT:
            named = (table.c.key == text) | may_be(table.c.name, text)
            for key, name in connection.execute(sa.select(table.c.key, table.c.name).where(self._mine(table), named)):
                if key == text or folded(name) == folded(text):
                    found.setdefault(key, name or key)
        for place, (key, name) in enumerate(sorted(found.items())):
            own = pseudonym if place == 0 else f"{pseudonym}-{place + 1}"
            names.setdefault(folded(key), own)
            names.setdefault(folded(name), own)
        return Names(names)

    def _in_items(self, connection: sa.Connection, table: sa.Table, names: Names) -> int:
        changed = 0
        keys = [column.name for column in table.primary_key if column.name not in ("tenant", "key")]
        fitting = sa.or_(*(_may_speak_of(table, text) for text in names.pseudonyms))
        for row in connection.execute(sa.select(table).where(self._mine(table), fitting)).all():
            if not any(_speaks_of(row.key, row.name, row.attributes, text) for text in names.pseudonyms):
                continue
            same = [table.c[name] == getattr(row, name) for name in keys]
            values = {
                "key": names.of(row.key),
                "name": None if row.name is None else names.of(row.name),
                "attributes": None if row.attributes is None else _attributes(row.attributes, names),
            }
            change = sa.update(table).where(self._mine(table), table.c.key == row.key, *same).values(**values)
            changed += connection.execute(change).rowcount
        return changed

    def _in_evidence(self, names: Names) -> int:
        book, changed = EvidenceBook(self._binding), 0
        for digest, found in list(book.all()):
            without = _evidence(found, names)
            if without != found:
                book.replace(digest, without)
                changed += 1
        return changed

    def _in_texts(
        self, connection: sa.Connection, recorded: RecordedText, names: Names
    ) -> list[sa.Row[*tuple[Any, ...]]]:
        """The rows that were changed, each beginning with its key."""
        column, table = recorded.column, recorded.column.table
        changed: list[sa.Row[*tuple[Any, ...]]] = []
        keys = list(table.primary_key)
        query = sa.select(*keys, column).where(self._mine(table), column.is_not(None))
        for row in connection.execute(query).all():
            before = recorded.read(row[-1])
            after = names.taken_out(before, recorded.inside)
            if after != before:
                same = [key == value for key, value in zip(keys, row, strict=False)]
                change = sa.update(table).where(self._mine(table), *same).values({column: recorded.write(after)})
                connection.execute(change)
                changed.append(row)
        return changed

    def _answers(self, connection: sa.Connection, names: Names) -> int:
        table, gone = stored_answer, 0
        query = sa.select(table.c.actor, table.c.key, table.c.body).where(self._mine(table), table.c.body.is_not(None))
        for actor, key, body in connection.execute(query).all():
            if names.stand_in(zlib.decompress(body).decode(errors="replace")):
                same = (table.c.actor == actor, table.c.key == key)
                gone += connection.execute(sa.delete(table).where(self._mine(table), *same)).rowcount
        return gone


def _may_speak_of(table: sa.Table, text: str) -> sa.ColumnElement[bool]:
    return sa.or_(may_be(table.c.key, text), may_be(table.c.name, text), may_contain(table.c.attributes, f'"s{text}"'))


def _speaks_of(key: str, name: str | None, attributes: str | None, text: str) -> bool:
    held = (key, name, *(attributes_from(attributes) if attributes else ()))
    return folded(text) in {folded(one) for one in held if isinstance(one, str)}


def _attributes(text: str, names: Names) -> str:
    values = (names.of(one) if isinstance(one, str) else one for one in attributes_from(text))
    return attributes_text(tuple(values))


def _evidence(found: FrozenEvidence, names: Names) -> FrozenEvidence:
    return replace(found, metrics=tuple(_metric(metric, names) for metric in found.metrics))


def _metric(metric: MetricShown, names: Names) -> MetricShown:
    condition, expression = (
        None if text is None else names.taken_out(text, VALUES) for text in (metric.condition, metric.expression)
    )
    counts = tuple(_count(count, names) for count in metric.counts)
    return replace(metric, condition=condition, expression=expression, counts=counts)


def _count(count: Count, names: Names) -> Count:
    return count if count.items is None else replace(count, items=tuple(_items(count.items, names)))


def _items(items: Iterable[ItemShown], names: Names) -> Iterable[ItemShown]:
    for item in items:
        attributes = tuple(
            (name, names.of(value) if isinstance(value, str) else value) for name, value in item.attributes
        )
        key, name = names.of(item.key), names.of(item.name)
        changed = (key, name, attributes) != (item.key, item.name, item.attributes)
        yield replace(item, key=key, name=name, attributes=attributes, original=item.digest) if changed else item
