"""Who may do what in a tenant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from trueup.core.roles import Role
from trueup.store.binding import Binding
from trueup.store.tables.people import membership as table


@dataclass(frozen=True, slots=True)
class Member:
    """A person's role in this tenant."""

    person: str
    role: Role
    added_by: str
    added_at: datetime


class Members:
    """The people of a tenant, by the id of the person."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def list(self) -> tuple[Member, ...]:
        """All of them, the one who came first first."""
        columns = (table.c.person, table.c.role, table.c.added_by, table.c.added_at)
        mine = table.c.tenant == self._binding.tenant
        with self._binding.reading() as connection:
            rows = connection.execute(sa.select(*columns).where(mine).order_by(table.c.added_at, table.c.person)).all()
        return tuple(Member(person, Role(role), actor, at) for person, role, actor, at in rows)

    def put(self, person: str, role: Role, actor: str, *, now: datetime) -> None:
        """Let a person in, or give them another role."""
        with self._binding.writing() as connection:
            found = connection.execute(sa.update(table).where(*self._row(person)).values(role=role.value)).rowcount
            if not found:
                row = {"person": person, "role": role.value, "added_by": actor, "added_at": now}
                connection.execute(sa.insert(table).values(tenant=self._binding.tenant, **row))

    def remove(self, person: str) -> None:
        """Let a person in no longer."""
        with self._binding.writing() as connection:
            connection.execute(sa.delete(table).where(*self._row(person)))

    def _row(self, person: str) -> tuple[sa.ColumnElement[bool], ...]:
        return (table.c.tenant == self._binding.tenant, table.c.person == person)
