"""Allocation groups: saved with a version that grows; what was replaced stays, because outcomes name group and time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from trueup.core.quantities.allocation import AllocationGroup
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.decisions import in_force
from trueup.store.errors import StoreError
from trueup.store.tables.groups import allocation_group as table


@dataclass(frozen=True, slots=True)
class GroupVersion:
    """One version of a group; `ended_at` is set when a later one or its removal replaced it."""

    group: AllocationGroup
    saved_by: str
    saved_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None


class Groups:
    """A tenant's allocation groups, by name."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def save(self, group: AllocationGroup, actor: str, *, now: datetime) -> AllocationGroup:
        """Add a group or a new version of it; gives it with its version. The same again makes no new version."""
        with self._binding.writing() as connection:
            versions = self.history(group.name)
            found = versions[-1].group if versions and versions[-1].ended_at is None else None
            if found is not None and replace(group, version=found.version) == found:
                return found
            self._end(connection, group.name, actor, now)
            saved = replace(group, version=versions[-1].group.version + 1 if versions else 1)
            row = {"name": saved.name, "version": saved.version, "body": encode(saved), "saved_by": actor}
            connection.execute(sa.insert(table).values(tenant=self._binding.tenant, saved_at=now, **row))
        return saved

    def list(self) -> tuple[AllocationGroup, ...]:
        """The groups in force, by name."""
        query = sa.select(table.c.body).where(table.c.tenant == self._binding.tenant, table.c.ended_at.is_(None))
        with self._binding.reading() as connection:
            bodies = connection.execute(query.order_by(table.c.name)).scalars().all()
        return tuple(decode(body, AllocationGroup) for body in bodies)

    def remove(self, name: str, actor: str, *, now: datetime) -> None:
        """Take it out of force. Raises StoreError `store.unknown_group`."""
        with self._binding.writing() as connection:
            if not self._end(connection, name, actor, now):
                raise StoreError("store.unknown_group", group=name)

    def history(self, name: str) -> tuple[GroupVersion, ...]:
        """Every version of a group, oldest first; empty if there never was one."""
        columns = (table.c.body, table.c.saved_by, table.c.saved_at, table.c.ended_by, table.c.ended_at)
        query = sa.select(*columns).where(table.c.tenant == self._binding.tenant, table.c.name == name)
        with self._binding.reading() as connection:
            rows = connection.execute(query.order_by(table.c.version)).all()
        return tuple(GroupVersion(decode(body, AllocationGroup), *rest) for body, *rest in rows)

    def on(self, moment: datetime) -> tuple[AllocationGroup, ...]:
        """The groups that were in force at a moment, by name."""
        return tuple(found.group for found in self.every() if in_force(found.saved_at, found.ended_at, moment))

    def every(self) -> tuple[GroupVersion, ...]:
        """Every version of every group, by name and version."""
        columns = (table.c.body, table.c.saved_by, table.c.saved_at, table.c.ended_by, table.c.ended_at)
        query = sa.select(*columns).where(table.c.tenant == self._binding.tenant)
        with self._binding.reading() as connection:
            rows = connection.execute(query.order_by(table.c.name, table.c.version)).all()
        return tuple(GroupVersion(decode(body, AllocationGroup), *rest) for body, *rest in rows)

    def _end(self, connection: sa.Connection, name: str, actor: str, now: datetime) -> int:
        mine = (table.c.tenant == self._binding.tenant, table.c.name == name, table.c.ended_at.is_(None))
        return connection.execute(sa.update(table).where(*mine).values(ended_by=actor, ended_at=now)).rowcount
