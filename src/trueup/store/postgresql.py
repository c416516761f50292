"""A PostgreSQL database as the store: its address, what holds in every transaction, and tenants kept apart by it.

One writer a tenant at a time, as a file of SQLite has one writer: a transaction that writes first takes the tenant's
advisory lock, so that what a use case reads and then writes cannot change in between. Readers see one moment. Row level
security is forced on every tenant's table, so that the database itself refuses a row of another tenant to any role
but a superuser (docs/decisions/0180-postgresql.md).
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Final, cast

import sqlalchemy as sa
from sqlalchemy import event, exc

from trueup.store.binding import WRITES
from trueup.store.errors import StoreError
from trueup.store.guard import ACROSS_TENANTS, SCHEMA_CHANGE, TENANT_OPTION

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.abc import Buffer, Dumper
    from sqlalchemy.engine.interfaces import DBAPIConnection

SCOPE: Final = "trueup.scope"
"""The setting that names the tenant of a transaction; `*` where it is about all of them."""

ALL_TENANTS: Final = "*"

OLDEST: Final = 150_000
"""PostgreSQL 15, as `server_version_num` counts."""


LONGEST_SLEEP = "5min"
"""A process that was stopped, or whose machine went away, in the middle of a writing transaction keeps its tenant's
lock no longer. Nothing waits for a network inside of one, so that a process at work never comes near it."""


def address_of(where: str | os.PathLike[str]) -> sa.URL | None:
    """The address where it is one of PostgreSQL (`postgresql://user@host/name`), with our driver; else None."""
    text = os.fspath(where)
    if not text.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        return None
    _, _, rest = text.partition("://")
    try:
        return sa.make_url(f"postgresql+psycopg://{rest}")
    except exc.ArgumentError:
        raise StoreError("store.unsupported_database", kind="postgresql") from None


def shown(address: sa.URL) -> str:
    """The address as it may be shown: without its password."""
    return address.set(drivername="postgresql").render_as_string(hide_password=True)


def dsn(address: sa.URL) -> str | None:
    """The address as the driver takes it, its password included; None where it is not one of PostgreSQL."""
    if address.get_backend_name() != "postgresql":
        return None
    return address.set(drivername="postgresql").render_as_string(hide_password=False)


def engine_for(address: sa.URL, *, busy_milliseconds: int) -> sa.Engine:
    """An engine whose every transaction names its tenant and, where it writes, holds the tenant's lock.

    Raises StoreError `store.driver_missing` where the driver is not installed.
    """
    try:
        engine = sa.create_engine(address, hide_parameters=True, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise StoreError("store.driver_missing", driver=error.name or "psycopg") from None

    @event.listens_for(engine, "connect")
    def _text(connection: DBAPIConnection, record: object) -> None:
        del record
        cast("Connection", connection).adapters.register_dumper(str, _any_text())

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        every = options.get(ACROSS_TENANTS) or options.get(SCHEMA_CHANGE)
        scope = ALL_TENANTS if every else options.get(TENANT_OPTION, "")
        if options.get(WRITES):
            statement = (
                "SELECT set_config(%s, %s, true), set_config('lock_timeout', %s, true), "
                "set_config('idle_in_transaction_session_timeout', %s, true), "
                "pg_advisory_xact_lock(hashtextextended(%s, 0))"
            )
            given = (SCOPE, scope, f"{busy_milliseconds}ms", LONGEST_SLEEP, f"{SCOPE}={scope}")
            connection.exec_driver_sql(statement, given)
        else:
            connection.exec_driver_sql("SELECT set_config(%s, %s, true)", (SCOPE, scope))

    return engine


@cache
def _any_text() -> type[Dumper]:
    """How text is written and asked for: with U+FFFD in the place of U+0000, for which PostgreSQL refuses a statement
    that a file takes. What comes from other programs is without it already (`trueup.core.wire_text`)."""
    from psycopg.types.string import StrDumperUnknown  # noqa: PLC0415 - a store in a file never needs it

    class WithoutNul(StrDumperUnknown):
        def dump(self, obj: str) -> Buffer | None:
            return super().dump(obj.replace("\x00", "\ufffd") if "\x00" in obj else obj)

    return WithoutNul


def look_first(engine: sa.Engine, address: sa.URL) -> None:
    """Refuse a server that is too old, or a database that does not keep text as UTF-8, before anything is written."""
    with engine.connect() as connection:
        version = connection.exec_driver_sql("SHOW server_version_num").scalar_one()
        if int(version) < OLDEST:
            raise StoreError("store.postgresql_too_old", path=shown(address), found=int(version) // 10_000)
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            raise StoreError("store.not_utf8", path=shown(address), found=str(encoding))


def harden(connection: sa.Connection) -> None:
    """Give every table what only PostgreSQL needs, whatever made or changed it; again changes nothing.

    Text sorts by code point, as in SQLite and Python, whatever the database's own order: pages and cursors are then the
    same on both. Each tenant's table shows a transaction the rows of its own tenant only, to the tables' owner too.
    """
    unsorted = connection.exec_driver_sql(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() "
        "AND data_type IN ('character varying', 'text') AND collation_name IS DISTINCT FROM 'C'"
    ).all()
    for table in sorted({found for found, _ in unsorted}):
        changes = ", ".join(
            f'ALTER COLUMN {_quoted(column)} TYPE text COLLATE "C"' for found, column in unsorted if found == table
        )
        connection.exec_driver_sql(f"ALTER TABLE {_quoted(table)} {changes}")
    guarded = set(
        connection.exec_driver_sql("SELECT tablename FROM pg_policies WHERE schemaname = current_schema()").scalars()
    )
    from trueup.store.every_table import TENANT_TABLES  # noqa: PLC0415 - only when tables were made or changed

    present = set(sa.inspect(connection).get_table_names())
    for name in sorted({table.name for table in TENANT_TABLES} & present - guarded):
        table = _quoted(name)
        mine = f"tenant = current_setting('{SCOPE}', true) OR current_setting('{SCOPE}', true) = '{ALL_TENANTS}'"
        connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        connection.exec_driver_sql(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        connection.exec_driver_sql(f"CREATE POLICY own_tenant ON {table} USING ({mine})")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
