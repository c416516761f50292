"""Calls with a valid key that a network rule refused, until the module came through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from trueup.store.binding import Binding
from trueup.store.connections import connection_id
from trueup.store.tables.access import refused_call as table
from trueup.store.tables.tenancy import connection as connection_table


@dataclass(frozen=True, slots=True)
class RefusedCalls:
    """All refused calls of one connection from one address; `ended_at` is set once the module came through again."""

    connection: str
    address: str
    first_at: datetime
    last_at: datetime
    times: int
    ended_at: datetime | None = None


class RefusedCallBook:
    """A tenant's refused calls."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def note(self, connection_name: str, address: str, *, now: datetime) -> None:
        """Write down one refused call. Raises StoreError `store.unknown_connection`."""
        with self._binding.writing() as connection:
            number = connection_id(connection, self._binding.tenant, connection_name)
            mine = (table.c.tenant == self._binding.tenant, table.c.connection == number)
            open_ones = (table.c.address == address, table.c.ended_at.is_(None))
            values = {"last_at": now, "times": table.c.times + 1}
            if connection.execute(sa.update(table).where(*mine, *open_ones).values(**values)).rowcount:
                return
            row = {
                "id": self._binding.next_number(connection, "refused_call"),
                "connection": number,
                "address": address,
                "first_at": now,
                "last_at": now,
                "times": 1,
            }
            connection.execute(sa.insert(table).values(tenant=self._binding.tenant, **row))

    def end(self, connection_name: str, *, now: datetime) -> bool:
        """The module came through: what was refused until now is over. Says whether something was."""
        with self._binding.writing() as connection:
            number = connection_id(connection, self._binding.tenant, connection_name)
            mine = (table.c.tenant == self._binding.tenant, table.c.connection == number, table.c.ended_at.is_(None))
            return bool(connection.execute(sa.update(table).where(*mine).values(ended_at=now)).rowcount)

    def open(self) -> tuple[RefusedCalls, ...]:
        """What is refused now, by connection, the longest first."""
        return tuple(self._select(table.c.ended_at.is_(None)))

    def of(self, connection_name: str, *, limit: int = 100) -> tuple[RefusedCalls, ...]:
        """Everything that was ever refused of one connection, the newest first."""
        found = [one for one in self._select() if one.connection == connection_name]
        return tuple(sorted(found, key=lambda one: one.last_at, reverse=True)[:limit])

    def _select(self, *wanted: sa.ColumnElement[bool]) -> Iterable[RefusedCalls]:
        columns = (table.c.address, table.c.first_at, table.c.last_at, table.c.times, table.c.ended_at)
        joined = sa.join(
            table,
            connection_table,
            (connection_table.c.tenant == table.c.tenant) & (connection_table.c.id == table.c.connection),
        )
        query = (
            sa.select(connection_table.c.name, *columns)
            .select_from(joined)
            .where(table.c.tenant == self._binding.tenant, connection_table.c.tenant == self._binding.tenant, *wanted)
            .order_by(connection_table.c.name, table.c.first_at)
        )
        with self._binding.reading() as connection:
            return [RefusedCalls(*row) for row in connection.execute(query)]
