"""What was done to the installation itself: who became an operator, which tenants came and went. Entries are added,
never changed, and linked as those of a tenant's trail are (docs/decisions/0189-audit-chain.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from trueup.core.reason import Reason
from trueup.store.audit import AuditEntry, ChainLooked
from trueup.store.audit_chain import BEGINNING, content_digest, link_after
from trueup.store.binding import InstallationBinding
from trueup.store.codec import decode, encode
from trueup.store.tables.people import installation_audit as table

NO_TENANT: Final = ""
"""What stands in the place of the tenant in an entry's content: no tenant is called so."""


class InstallationTrail:
    """The trail of the installation."""

    def __init__(self, binding: InstallationBinding) -> None:
        self._binding = binding

    def add(self, actor: str, action: str, detail: Reason, *, now: datetime) -> int:
        """Add an entry behind the last one; gives its number."""
        with self._binding.writing() as connection:
            last = connection.execute(sa.select(table.c.id, table.c.link).order_by(table.c.id.desc()).limit(1)).first()
            number, before = (1, BEGINNING) if last is None else (last.id + 1, last.link)
            text = encode(detail)
            content = content_digest(NO_TENANT, number, now, actor, action, text)
            row = {"id": number, "at": now, "actor": actor, "action": action, "detail": text}
            row |= {"content": content, "link": link_after(before, content)}
            connection.execute(sa.insert(table).values(**row))
        return number

    def list(self, *, before: int | None = None, limit: int = 100) -> tuple[AuditEntry, ...]:
        """Entries, newest first; those before a number if it is named."""
        columns = (table.c.id, table.c.at, table.c.actor, table.c.action, table.c.detail)
        query = sa.select(*columns).order_by(table.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(table.c.id < before)
        with self._binding.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(AuditEntry(i, at, actor, act, decode(detail, Reason)) for i, at, actor, act, detail in rows)

    def look_through(self, noted: str | None = None) -> ChainLooked:
        """Work out every link again; `noted` is a head that was noted earlier."""
        count, before, found = 0, BEGINNING, False
        with self._binding.reading() as connection:
            for row in connection.execute(sa.select(table).order_by(table.c.id)):
                content = content_digest(NO_TENANT, row.id, row.at, row.actor, row.action, row.detail)
                as_written = content == row.content and row.id == count + 1
                if not (as_written and row.link == link_after(before, row.content)):
                    return ChainLooked(count, before, broken=count + 1)
                count, before = row.id, row.link
                found = found or before == noted
        return ChainLooked(count, before, noted=None if noted is None else found)
