"""Days that a connection did not deliver: why, and whether they can still be had."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from trueup.core.usage import Failure
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.connections import connection_id
from trueup.store.tables.schedule import missed_day as table
from trueup.store.tables.tenancy import connection as connection_table

WAITING = "waiting"
COLLECTED = "collected"
LOST = "lost"


@dataclass(frozen=True, slots=True)
class MissedDay:
    """A usage day without a delivery. `waiting`: the vendor may still tell; `collected`: it did; `lost`: the day is
    unknown for good. `failure` is why nobody delivered it (None: nobody tried, Trueup did not run)."""

    connection: str
    day: date
    state: str
    failure: Failure | None
    noted_at: datetime
    settled_at: datetime | None = None


class MissedDays:
    """A tenant's missed days."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def note(self, name: str, day: date, failure: Failure | None, *, now: datetime) -> None:
        """Write a day down as waiting; one that is known stays what it is."""
        tenant = self._binding.tenant
        with self._binding.writing() as connection:
            number = connection_id(connection, tenant, name)
            mine = (table.c.tenant == tenant, table.c.connection == number, table.c.day == day.toordinal())
            if connection.execute(sa.select(table.c.day).where(*mine)).first() is None:
                row = {"connection": number, "day": day.toordinal(), "state": WAITING, "noted_at": now}
                text = None if failure is None else encode(failure)
                connection.execute(sa.insert(table).values(tenant=tenant, failure=text, **row))

    def settle(self, name: str, days: Iterable[date], state: str, *, now: datetime) -> None:
        """Say what became of days."""
        tenant = self._binding.tenant
        with self._binding.writing() as connection:
            number = connection_id(connection, tenant, name)
            for day in days:
                mine = (table.c.tenant == tenant, table.c.connection == number, table.c.day == day.toordinal())
                connection.execute(sa.update(table).where(*mine).values(state=state, settled_at=now))

    def list(self, name: str | None = None, state: str | None = None) -> tuple[MissedDay, ...]:
        """Missed days of one connection, or of all in use, by connection and day."""
        query = (
            sa.select(connection_table.c.name, table)
            .join(table, (table.c.tenant == connection_table.c.tenant) & (table.c.connection == connection_table.c.id))
            .where(connection_table.c.tenant == self._binding.tenant, connection_table.c.removed_at.is_(None))
            .order_by(connection_table.c.name, table.c.day)
        )
        if name is not None:
            query = query.where(connection_table.c.name == name)
        if state is not None:
            query = query.where(table.c.state == state)
        with self._binding.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(
            MissedDay(
                row.name,
                date.fromordinal(row.day),
                row.state,
                None if row.failure is None else decode(row.failure, Failure),
                row.noted_at,
                row.settled_at,
            )
            for row in rows
        )
