"""Connections: configured accounts of a PSA or a module, their secrets, and how their deliveries go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple

import msgspec
import sqlalchemy as sa

from trueup.core.usage import Failure
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.errors import StoreError
from trueup.store.tables.tenancy import connection as table
from trueup.store.tables.tenancy import connection_secret as secret_table

Role = Literal["psa", "module"]


@dataclass(frozen=True, slots=True)
class Connection:
    """A configured account, without its secrets; `secret_fields` names those that are kept."""

    id: int
    name: str
    role: Role
    kind: str
    settings: Mapping[str, str]
    secret_fields: tuple[str, ...]
    added_by: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """The newest delivery that may be used (`delivered_day` is its usage day) and the failure since, if any."""

    delivered_at: datetime | None = None
    delivered_day: date | None = None
    failure: Failure | None = None
    failed_at: datetime | None = None


class Connections:
    """A tenant's connections. Names are unique among those in use; a removed one keeps its history."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def add(
        self,
        name: str,
        role: Role,
        kind: str,
        settings: Mapping[str, str],
        secret: Mapping[str, str],
        actor: str,
        *,
        now: datetime,
    ) -> Connection:
        """Add a connection. Raises StoreError `store.connection_exists`, or `store.key_missing` with secrets."""
        with self._binding.writing() as connection:
            if self._find(connection, name) is not None:
                raise StoreError("store.connection_exists", connection=name)
            number = self._binding.next_number(connection, "connection")
            row = {"id": number, "name": name, "role": role, "kind": kind, "added_by": actor, "added_at": now}
            text = msgspec.json.encode(dict(settings)).decode()
            connection.execute(sa.insert(table).values(tenant=self._binding.tenant, settings=text, **row))
            self._seal(connection, number, secret, now)
        return Connection(number, name, role, kind, dict(settings), tuple(sorted(secret)), actor, now)

    def update(
        self, name: str, settings: Mapping[str, str], secret: Mapping[str, str] | None = None, *, now: datetime
    ) -> Connection:
        """Replace the settings and, if given, all secrets. Raises StoreError `store.unknown_connection`."""
        with self._binding.writing() as connection:
            number = connection_id(connection, self._binding.tenant, name)
            text = msgspec.json.encode(dict(settings)).decode()
            connection.execute(sa.update(table).where(*self._row(number)).values(settings=text))
            if secret is not None:
                connection.execute(sa.delete(secret_table).where(*self._secrets(number)))
                self._seal(connection, number, secret, now)
            return self.get(name)

    def get(self, name: str) -> Connection:
        """The connection of that name. Raises StoreError `store.unknown_connection`."""
        for found in self._all(name=name):
            return found
        raise StoreError("store.unknown_connection", connection=name)

    def list(self, role: Role | None = None) -> tuple[Connection, ...]:
        """All connections in use, by name."""
        return self._all(role=role)

    def secret(self, name: str) -> dict[str, str]:
        """The secrets in clear. Raises StoreError `store.unknown_connection`, `store.key_missing`, `store.wrong_key`
        or `store.secret_damaged`."""
        columns = (secret_table.c.field, secret_table.c.key_id, secret_table.c.sealed)
        with self._binding.reading() as connection:
            number = connection_id(connection, self._binding.tenant, name)
            rows = connection.execute(sa.select(*columns).where(*self._secrets(number))).all()
        if not rows:
            return {}
        key = self._binding.key
        if key is None:
            raise StoreError("store.key_missing")
        tenant = self._binding.tenant
        return {
            field: key.unseal(sealed, key_id, tenant=tenant, connection=number, name=field)
            for field, key_id, sealed in rows
        }

    def remove(self, name: str, actor: str, *, now: datetime) -> None:
        """Take it out of use and destroy its secrets; what it delivered stays on record."""
        with self._binding.writing() as connection:
            number = connection_id(connection, self._binding.tenant, name)
            connection.execute(sa.delete(secret_table).where(*self._secrets(number)))
            connection.execute(sa.update(table).where(*self._row(number)).values(removed_by=actor, removed_at=now))

    def state(self, name: str) -> ConnectionState:
        """How its deliveries go. Raises StoreError `store.unknown_connection`."""
        columns = (table.c.delivered_at, table.c.delivered_day, table.c.failure, table.c.failed_at)
        with self._binding.reading() as connection:
            number = connection_id(connection, self._binding.tenant, name)
            row = connection.execute(sa.select(*columns).where(*self._row(number))).one()
        failure = None if row.failure is None else decode(row.failure, Failure)
        return ConnectionState(row.delivered_at, row.delivered_day, failure, row.failed_at)

    def set_state(self, name: str, state: ConnectionState) -> None:
        """Replace it. Recording a collection does so by itself; this is for failures outside a collection."""
        with self._binding.writing() as connection:
            save_state(connection, self._binding.tenant, connection_id(connection, self._binding.tenant, name), state)

    def lookups_seen(self, name: str) -> frozenset[str]:
        """Names of optional lookups that the module's account had before: should one vanish, a count would grow."""
        with self._binding.reading() as connection:
            number = connection_id(connection, self._binding.tenant, name)
            text = connection.execute(sa.select(table.c.lookups).where(*self._row(number))).scalar()
        return frozenset(msgspec.json.decode(text, type=list[str])) if text else frozenset()

    def see_lookups(self, name: str, lookups: Iterable[str]) -> None:
        """Remember that these lookups were found; earlier ones stay remembered."""
        with self._binding.writing() as connection:
            before = self.lookups_seen(name)
            after = before | frozenset(lookups)
            if after != before:
                number = connection_id(connection, self._binding.tenant, name)
                text = msgspec.json.encode(sorted(after)).decode()
                connection.execute(sa.update(table).where(*self._row(number)).values(lookups=text))

    def _find(self, connection: sa.Connection, name: str) -> int | None:
        wanted = (table.c.tenant == self._binding.tenant, table.c.name == name, table.c.removed_at.is_(None))
        return connection.execute(sa.select(table.c.id).where(*wanted)).scalar()

    def _all(self, *, name: str | None = None, role: Role | None = None) -> tuple[Connection, ...]:
        wanted = [table.c.tenant == self._binding.tenant, table.c.removed_at.is_(None)]
        if name is not None:
            wanted.append(table.c.name == name)
        if role is not None:
            wanted.append(table.c.role == role)
        columns = (table.c.id, table.c.name, table.c.role, table.c.kind, table.c.settings)
        with self._binding.reading() as connection:
            rows = connection.execute(
                sa.select(*columns, table.c.added_by, table.c.added_at).where(*wanted).order_by(table.c.name)
            ).all()
            kept = connection.execute(
                sa.select(secret_table.c.connection, secret_table.c.field)
                .where(secret_table.c.tenant == self._binding.tenant)
                .order_by(secret_table.c.field)
            ).all()
        fields: dict[int, list[str]] = {}
        for number, field in kept:
            fields.setdefault(number, []).append(field)
        return tuple(
            Connection(
                row.id,
                row.name,
                row.role,
                row.kind,
                msgspec.json.decode(row.settings, type=dict[str, str]),
                tuple(fields.get(row.id, ())),
                row.added_by,
                row.added_at,
            )
            for row in rows
        )

    def _row(self, number: int) -> tuple[sa.ColumnElement[bool], ...]:
        return (table.c.tenant == self._binding.tenant, table.c.id == number)

    def _secrets(self, number: int) -> tuple[sa.ColumnElement[bool], ...]:
        return (secret_table.c.tenant == self._binding.tenant, secret_table.c.connection == number)

    def _seal(self, connection: sa.Connection, number: int, secret: Mapping[str, str], now: datetime) -> None:
        if not secret:
            return
        key, tenant = self._binding.key, self._binding.tenant
        if key is None:
            raise StoreError("store.key_missing")
        for field, text in secret.items():
            sealed = key.seal(text, tenant=tenant, connection=number, name=field)
            row = {"connection": number, "field": field, "key_id": key.id, "sealed": sealed, "saved_at": now}
            connection.execute(sa.insert(secret_table).values(tenant=tenant, **row))


def connection_id(connection: sa.Connection, tenant: str, name: str) -> int:
    """The number of the connection in use of that name. Raises StoreError `store.unknown_connection`."""
    wanted = (table.c.tenant == tenant, table.c.name == name, table.c.removed_at.is_(None))
    found = connection.execute(sa.select(table.c.id).where(*wanted)).scalar()
    if found is None:
        raise StoreError("store.unknown_connection", connection=name)
    return int(found)


def save_state(connection: sa.Connection, tenant: str, number: int, state: ConnectionState) -> None:
    """Write a connection's state, inside a transaction that is open."""
    connection.execute(
        sa.update(table)
        .where(table.c.tenant == tenant, table.c.id == number)
        .values(
            delivered_at=state.delivered_at,
            delivered_day=state.delivered_day,
            failure=None if state.failure is None else encode(state.failure),
            failed_at=state.failed_at,
        )
    )


class Numbered(NamedTuple):
    """A connection in use: number and name."""

    id: int
    name: str


def connections_in_use(connection: sa.Connection, tenant: str) -> list[Numbered]:
    """Every module connection in use, by name."""
    wanted = (table.c.tenant == tenant, table.c.removed_at.is_(None), table.c.role == "module")
    rows = connection.execute(sa.select(table.c.id, table.c.name).where(*wanted).order_by(table.c.name))
    return [Numbered(number, name) for number, name in rows]
