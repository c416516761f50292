"""When a person said that each connection is collected, and the collections that somebody asked for or that run now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

import sqlalchemy as sa

from trueup.store.binding import Binding
from trueup.store.connections import connection_id
from trueup.store.tables.schedule import collecting, schedule
from trueup.store.tables.tenancy import connection as connection_table


@dataclass(frozen=True, slots=True)
class StoredSchedule:
    """A connection's own time; `zone` None follows the tenant's."""

    at: time
    zone: str | None
    on: bool
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class CollectingNow:
    """How the newest collection of a connection goes, and whether somebody asked for another one.

    `organizations` and `items` count up while it runs; `finished_at` is None until it ended (whether it still runs is
    told by its lease: a process may have died).
    """

    asked_by: str | None = None
    asked_at: datetime | None = None
    run: str | None = None
    started_at: datetime | None = None
    noted_at: datetime | None = None
    finished_at: datetime | None = None
    stream: str | None = None
    organizations: int = 0
    items: int = 0


class Schedules:
    """A tenant's schedules, by connection."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def list(self) -> Mapping[str, StoredSchedule]:
        """The connections that have a time of their own."""
        query = (
            sa.select(connection_table.c.name, schedule)
            .join(
                schedule,
                (schedule.c.tenant == connection_table.c.tenant) & (schedule.c.connection == connection_table.c.id),
            )
            .where(connection_table.c.tenant == self._binding.tenant, connection_table.c.removed_at.is_(None))
        )
        with self._binding.reading() as connection:
            rows = connection.execute(query).all()
        return {
            row.name: StoredSchedule(time.fromisoformat(row.at), row.zone, row.is_on, row.saved_by, row.saved_at)
            for row in rows
        }

    def save(self, name: str, at: time, zone: str | None, *, on: bool, actor: str, now: datetime) -> None:
        """Set a connection's time. Raises StoreError `store.unknown_connection`."""
        values = {"at": at.strftime("%H:%M"), "zone": zone, "is_on": on, "saved_by": actor, "saved_at": now}
        with self._binding.writing() as connection:
            number = connection_id(connection, self._binding.tenant, name)
            mine = (schedule.c.tenant == self._binding.tenant, schedule.c.connection == number)
            if not connection.execute(sa.update(schedule).where(*mine).values(**values)).rowcount:
                connection.execute(sa.insert(schedule).values(tenant=self._binding.tenant, connection=number, **values))


class Collectings:
    """How a tenant's collections go, one row a connection."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def list(self) -> Mapping[str, CollectingNow]:
        """By connection; one that was never collected or asked for is missing."""
        query = (
            sa.select(connection_table.c.name, collecting)
            .join(
                collecting,
                (collecting.c.tenant == connection_table.c.tenant) & (collecting.c.connection == connection_table.c.id),
            )
            .where(connection_table.c.tenant == self._binding.tenant, connection_table.c.removed_at.is_(None))
        )
        with self._binding.reading() as connection:
            rows = connection.execute(query).all()
        return {
            row.name: CollectingNow(
                row.asked_by,
                row.asked_at,
                row.run,
                row.started_at,
                row.noted_at,
                row.finished_at,
                row.stream,
                row.organizations,
                row.items,
            )
            for row in rows
        }

    def ask(self, name: str, actor: str, *, now: datetime) -> None:
        """Somebody wants the connection collected now; asking twice is asking once."""
        self._save(name, {"asked_by": actor, "asked_at": now}, {"organizations": 0, "items": 0})

    def begin(self, name: str, run: str, *, now: datetime) -> None:
        """A collection begins; what was asked for is being done."""
        fresh = {"asked_by": None, "asked_at": None, "run": run, "started_at": now, "noted_at": now}
        self._save(name, {**fresh, "finished_at": None, "stream": None, "organizations": 0, "items": 0})

    def note(self, name: str, stream: str | None, organizations: int, items: int, *, now: datetime) -> None:
        """How far it has come."""
        self._save(name, {"stream": stream, "organizations": organizations, "items": items, "noted_at": now})

    def end(self, name: str, organizations: int, items: int, *, now: datetime) -> None:
        """It is over, however it ended."""
        counted = {"organizations": organizations, "items": items}
        self._save(name, {**counted, "stream": None, "noted_at": now, "finished_at": now})

    def _save(self, name: str, values: Mapping[str, object], first: Mapping[str, object] | None = None) -> None:
        tenant = self._binding.tenant
        with self._binding.writing() as connection:
            number = connection_id(connection, tenant, name)
            mine = (collecting.c.tenant == tenant, collecting.c.connection == number)
            if not connection.execute(sa.update(collecting).where(*mine).values(**values)).rowcount:
                row = {"organizations": 0, "items": 0, **(first or {}), **values}
                connection.execute(sa.insert(collecting).values(tenant=tenant, connection=number, **row))
