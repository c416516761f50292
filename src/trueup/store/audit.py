"""The audit trail: who did what, when. Entries are added, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from trueup.core.reason import Reason
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.tables.tenancy import audit


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One deed: `action` is a stable code such as `rule.saved`, `detail` its numbers."""

    id: int
    at: datetime
    actor: str
    action: str
    detail: Reason


class AuditTrail:
    """A tenant's audit trail."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def add(self, actor: str, action: str, detail: Reason, *, now: datetime) -> int:
        """Add an entry; gives its number."""
        with self._binding.writing() as connection:
            number = self._binding.next_number(connection, "audit")
            row = {"id": number, "at": now, "actor": actor, "action": action, "detail": encode(detail)}
            connection.execute(sa.insert(audit).values(tenant=self._binding.tenant, **row))
        return number

    def list(self, *, after: int = 0, limit: int = 1000, action: str | None = None) -> tuple[AuditEntry, ...]:
        """Entries by number, from the one behind `after` on; of one action if it is named."""
        wanted = [audit.c.tenant == self._binding.tenant, audit.c.id > after]
        if action is not None:
            wanted.append(audit.c.action == action)
        columns = (audit.c.id, audit.c.at, audit.c.actor, audit.c.action, audit.c.detail)
        with self._binding.reading() as connection:
            rows = connection.execute(sa.select(*columns).where(*wanted).order_by(audit.c.id).limit(limit)).all()
        return tuple(AuditEntry(i, at, actor, act, decode(detail, Reason)) for i, at, actor, act, detail in rows)
