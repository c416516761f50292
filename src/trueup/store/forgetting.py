"""Personal data taken out of what is on record: a name becomes a pseudonym wherever it stands, numbers stay.

Items that are still listed are not touched, because the next collection would bring them back; who asks learns which
(docs/decisions/0153-forgetting.md).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from trueup.core.counting.evidence import Count, FrozenEvidence, ItemShown, MetricShown
from trueup.store.binding import Binding
from trueup.store.codec import attributes_from, attributes_text
from trueup.store.evidence import EvidenceBook
from trueup.store.tables import usage
from trueup.store.tables.access import pushed_event
from trueup.store.tables.answers import stored_answer
from trueup.store.tables.notices import notice
from trueup.store.tables.plan_rows import plan_row
from trueup.store.tables.plans import outcome
from trueup.store.tables.runs import run
from trueup.store.tables.tenancy import audit

_KEPT = (usage.item_past, usage.item_superseded)


@dataclass(frozen=True, slots=True)
class _Texts:
    """A column in which a name may stand as a value of JSON, and how its text is kept."""

    table: sa.Table
    column: str
    read: Callable[[Any], str]
    write: Callable[[str], object]
    letter: str = "s"


def _plain(table: sa.Table, column: str) -> _Texts:
    return _Texts(table, column, str, str)


_TEXTS = (
    _Texts(outcome, "body", lambda body: zlib.decompress(body).decode(), lambda text: zlib.compress(text.encode(), 1)),
    _Texts(pushed_event, "body", lambda body: bytes(body).decode(), str.encode, letter=""),
    _plain(plan_row, "why"),
    _plain(run, "reasons"),
    _plain(notice, "reason"),
    _plain(audit, "detail"),
)


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
            query = sa.select(table.c.name, table.c.key).where(self._mine(table), _speaks_of(table, text))
            return tuple(sorted({name or key for name, key in connection.execute(query)}))

    def forget(self, text: str) -> Forgotten:
        """Put a pseudonym in the place of a key, name or attribute, and of key and name of the items that it names."""
        with self._binding.writing() as connection:
            pseudonym = f"forgotten-{self._binding.next_number(connection, 'forgotten')}"
            names = self._names(connection, text, pseudonym)
            items = sum(self._in_items(connection, table, names) for table in _KEPT)
            evidence = self._in_evidence(names)
            changed = {texts.table: self._in_texts(connection, texts, names) for texts in _TEXTS}
            answers = self._answers(connection, names)
        entries = tuple(row.id for row in changed[audit])
        return Forgotten(pseudonym, items, evidence, sum(map(len, changed.values())), answers, entries)

    def _mine(self, table: sa.Table) -> sa.ColumnElement[bool]:
        return table.c.tenant == self._binding.tenant

    def _names(self, connection: sa.Connection, text: str, pseudonym: str) -> Mapping[str, str]:
        """Every text that goes, folded, with what takes its place: each item has a pseudonym of its own."""
        names = {_folded(text): pseudonym}
        found: dict[str, str] = {}
        for table in _KEPT:
            named = (table.c.key == text) | (sa.func.lower(table.c.name) == text.lower())
            for key, name in connection.execute(sa.select(table.c.key, table.c.name).where(self._mine(table), named)):
                found.setdefault(key, name or key)
        for place, (key, name) in enumerate(sorted(found.items())):
            own = pseudonym if place == 0 else f"{pseudonym}-{place + 1}"
            names.setdefault(_folded(key), own)
            names.setdefault(_folded(name), own)
        return names

    def _in_items(self, connection: sa.Connection, table: sa.Table, names: Mapping[str, str]) -> int:
        changed = 0
        keys = [column.name for column in table.primary_key if column.name not in ("tenant", "key")]
        fitting = sa.or_(*(_speaks_of(table, text) for text in names))
        for row in connection.execute(sa.select(table).where(self._mine(table), fitting)).all():
            same = [table.c[name] == getattr(row, name) for name in keys]
            values = {
                "key": names.get(_folded(row.key), row.key),
                "name": None if row.name is None else names.get(_folded(row.name), row.name),
                "attributes": None if row.attributes is None else _attributes(row.attributes, names),
            }
            change = sa.update(table).where(self._mine(table), table.c.key == row.key, *same).values(**values)
            changed += connection.execute(change).rowcount
        return changed

    def _in_evidence(self, names: Mapping[str, str]) -> int:
        book, changed = EvidenceBook(self._binding), 0
        for digest, found in list(book.all()):
            without = _evidence(found, names)
            if without != found:
                book.replace(digest, without)
                changed += 1
        return changed

    def _in_texts(
        self, connection: sa.Connection, texts: _Texts, names: Mapping[str, str]
    ) -> list[sa.Row[*tuple[Any, ...]]]:
        """The rows that were changed, each beginning with its key."""
        table = texts.table
        changed: list[sa.Row[*tuple[Any, ...]]] = []
        keys = [one.name for one in table.primary_key]
        query = sa.select(*table.primary_key, table.c[texts.column]).where(self._mine(table))
        for row in connection.execute(query).all():
            before = texts.read(row[-1])
            after = _replaced(before, names, texts.letter)
            if after != before:
                same = [table.c[name] == getattr(row, name) for name in keys]
                values = {texts.column: texts.write(after)}
                connection.execute(sa.update(table).where(self._mine(table), *same).values(values))
                changed.append(row)
        return changed

    def _answers(self, connection: sa.Connection, names: Mapping[str, str]) -> int:
        table, gone = stored_answer, 0
        query = sa.select(table.c.actor, table.c.key, table.c.body).where(self._mine(table), table.c.body.is_not(None))
        for actor, key, body in connection.execute(query).all():
            text = zlib.decompress(body).decode(errors="replace").lower()
            if any(name in text for name in names):
                same = (table.c.actor == actor, table.c.key == key)
                gone += connection.execute(sa.delete(table).where(self._mine(table), *same)).rowcount
        return gone


def _folded(text: str) -> str:
    return text.strip().lower()


def _speaks_of(table: sa.Table, text: str) -> sa.ColumnElement[bool]:
    return sa.or_(
        sa.func.lower(table.c.key) == text.lower(),
        sa.func.lower(table.c.name) == text.lower(),
        table.c.attributes.icontains(f'"s{text}"', autoescape=True),
    )


def _attributes(text: str, names: Mapping[str, str]) -> str:
    values = (names.get(_folded(one), one) if isinstance(one, str) else one for one in attributes_from(text))
    return attributes_text(tuple(values))


def _replaced(text: str, names: Mapping[str, str], letter: str) -> str:
    """JSON text with these values of it exchanged, whatever their case; `letter` stands before a value of mixed type
    (`trueup.store.codec`), so that no word of the record itself is taken for a name."""
    for name, pseudonym in names.items():
        quoted = msgspec.json.encode(letter + name).decode()
        text = re.sub(re.escape(quoted), f'"{letter}{pseudonym}"', text, flags=re.IGNORECASE)
    return text


def _evidence(found: FrozenEvidence, names: Mapping[str, str]) -> FrozenEvidence:
    return replace(found, metrics=tuple(_metric(metric, names) for metric in found.metrics))


def _metric(metric: MetricShown, names: Mapping[str, str]) -> MetricShown:
    return replace(metric, counts=tuple(_count(count, names) for count in metric.counts))


def _count(count: Count, names: Mapping[str, str]) -> Count:
    return count if count.items is None else replace(count, items=tuple(_items(count.items, names)))


def _items(items: Iterable[ItemShown], names: Mapping[str, str]) -> Iterable[ItemShown]:
    for item in items:
        attributes = tuple(
            (name, names.get(_folded(value), value) if isinstance(value, str) else value)
            for name, value in item.attributes
        )
        key, name = names.get(_folded(item.key), item.key), names.get(_folded(item.name), item.name)
        changed = (key, name, attributes) != (item.key, item.name, item.attributes)
        yield replace(item, key=key, name=name, attributes=attributes, original=item.digest) if changed else item
