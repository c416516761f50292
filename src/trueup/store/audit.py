"""The audit trail: who did what, when. Entries are added, never changed, and linked so that a change is found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from trueup.core.reason import Reason
from trueup.store.audit_chain import BEGINNING, content_digest, link_after, sum_of
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.tables.tenancy import audit, audit_rewritten

_PAGE = 1000
_CONTENT = (audit.c.at, audit.c.actor, audit.c.action, audit.c.detail)
REWRITTEN = "rewritten"
"""Parameter of the entry about a forgetting: one hash over the entries that it made nameless."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One deed: `action` is a stable code such as `rule.saved`, `detail` its numbers."""

    id: int
    at: datetime
    actor: str
    action: str
    detail: Reason


@dataclass(frozen=True, slots=True)
class ChainLooked:
    """The chain as it was found. `head` is the last link, `broken` the first entry that is missing, or not what it was
    when it was written; None where all is well. `noted` says whether a head that was noted earlier is still part of
    it, None where none was given."""

    entries: int
    head: str
    broken: int | None = None
    noted: bool | None = None


class AuditTrail:
    """A tenant's audit trail."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def add(self, actor: str, action: str, detail: Reason, *, now: datetime, rewritten: Sequence[int] = ()) -> int:
        """Add an entry behind the last one; gives its number. `rewritten` are entries that were made nameless in this
        transaction: what they are from now on becomes part of this entry."""
        with self._binding.writing() as connection:
            number = self._binding.next_number(connection, "audit")
            made = self._contents(connection, rewritten)
            if made:
                detail = Reason.of(detail.code, **{**detail.as_dict(), REWRITTEN: sum_of(made)})
            text = encode(detail)
            content = content_digest(self._binding.tenant, number, now, actor, action, text)
            link = link_after(self._link(connection, number - 1), content)
            row = {"id": number, "at": now, "actor": actor, "action": action, "detail": text}
            row |= {"content": content, "link": link}
            connection.execute(sa.insert(audit).values(tenant=self._binding.tenant, **row))
            for entry, kept in made:
                now_is = {"forgetting": number, "entry": entry, "content": kept}
                connection.execute(sa.insert(audit_rewritten).values(tenant=self._binding.tenant, **now_is))
        return number

    def list(self, *, after: int = 0, limit: int = _PAGE, action: str | None = None) -> tuple[AuditEntry, ...]:
        """Entries by number, from the one behind `after` on; of one action if it is named."""
        wanted = [audit.c.tenant == self._binding.tenant, audit.c.id > after]
        if action is not None:
            wanted.append(audit.c.action == action)
        with self._binding.reading() as connection:
            query = sa.select(audit.c.id, *_CONTENT).where(*wanted).order_by(audit.c.id).limit(limit)
            rows = connection.execute(query).all()
        return tuple(AuditEntry(i, at, actor, act, decode(detail, Reason)) for i, at, actor, act, detail in rows)

    def look_through(self, noted: str | None = None) -> ChainLooked:
        """Work out every link again, in one moment of the database; `noted` is a head that was noted earlier."""
        with self._binding.reading() as connection:
            forgettings = self._forgettings(connection)
            now = {entry: content for made in forgettings.values() for entry, content in made}
            count, before, found = 0, BEGINNING, False
            for row in self._rows(connection):
                content = content_digest(self._binding.tenant, row.id, row.at, row.actor, row.action, row.detail)
                as_written = content in (row.content, now.get(row.id)) and row.id == count + 1
                made = forgettings.get(row.id)
                told = decode(row.detail, Reason).get(REWRITTEN) == (None if made is None else sum_of(made))
                if not (as_written and told and row.link == link_after(before, row.content)):
                    return ChainLooked(count, before, broken=count + 1)
                count, before = row.id, row.link
                found = found or before == noted
        return ChainLooked(count, before, noted=None if noted is None else found)

    def _mine(self, table: sa.Table) -> sa.ColumnElement[bool]:
        return table.c.tenant == self._binding.tenant

    def _link(self, connection: sa.Connection, number: int) -> str:
        query = sa.select(audit.c.link).where(self._mine(audit), audit.c.id == number)
        return connection.execute(query).scalar() or BEGINNING

    def _rows(self, connection: sa.Connection) -> Iterator[sa.Row[*tuple[Any, ...]]]:
        columns = (audit.c.id, *_CONTENT, audit.c.content, audit.c.link)
        last = 0
        while True:
            query = sa.select(*columns).where(self._mine(audit), audit.c.id > last).order_by(audit.c.id).limit(_PAGE)
            rows = connection.execute(query).all()
            yield from rows
            if len(rows) < _PAGE:
                return
            last = rows[-1].id

    def _contents(self, connection: sa.Connection, entries: Sequence[int]) -> Sequence[tuple[int, str]]:
        if not entries:
            return ()
        query = sa.select(audit.c.id, *_CONTENT).where(self._mine(audit), audit.c.id.in_(entries))
        return [(row.id, content_digest(self._binding.tenant, *row)) for row in connection.execute(query)]

    def _forgettings(self, connection: sa.Connection) -> Mapping[int, Sequence[tuple[int, str]]]:
        """What each forgetting made of which entries, the oldest first."""
        columns = (audit_rewritten.c.forgetting, audit_rewritten.c.entry, audit_rewritten.c.content)
        query = sa.select(*columns).where(self._mine(audit_rewritten)).order_by(audit_rewritten.c.forgetting)
        found: dict[int, list[tuple[int, str]]] = {}
        for forgetting, entry, content in connection.execute(query):
            found.setdefault(forgetting, []).append((entry, content))
        return found
