"""Where the queue lives: Procrastinate's tables, in a schema of their own beside the store's.

The schema is named after the newest of Procrastinate's migrations, so that workers of two versions each have the queue
they know, and nothing is ever migrated: whatever a queue holds, the next look at the tenants finds again. No tenant's
row is in it; a job says the name of its tenant and nothing else (docs/decisions/0181-workers-on-a-queue.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.schema import SchemaManager
from psycopg.sql import SQL, Identifier

from trueup.store.errors import StoreError

PREFIX: Final = "trueup_jobs"


def place() -> str:
    """The schema of the queue that this program knows, such as `trueup_jobs_03_04_00_50`."""
    newest = max(path.name for path in Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    release, order, _ = newest.split("_", 2)
    return f"{PREFIX}_{release.replace('.', '_')}_{order}"


def make_place(server: str) -> None:
    """Make the schema where it is missing; of several at once one does. Raises StoreError `store.cannot_open` where
    the role may not, `store.unreachable`."""
    name = place()
    try:
        with psycopg.connect(server) as connection:
            if _made(connection, name):
                return
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))
            if _made(connection, name):
                return
            connection.execute(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(name)))
            connection.execute(SQL("SET LOCAL search_path TO {}").format(Identifier(name)))
            connection.execute(SchemaManager.get_schema())
    except psycopg.errors.InsufficientPrivilege as error:
        raise StoreError("store.cannot_open", path=name, detail=str(error).splitlines()[0]) from None
    except psycopg.OperationalError as error:
        raise StoreError("store.unreachable", path=name, detail=str(error).splitlines()[0]) from None


def _made(connection: psycopg.Connection[tuple[object, ...]], name: str) -> bool:
    asked = "SELECT true FROM pg_tables WHERE schemaname = %s AND tablename = 'procrastinate_jobs'"
    return connection.execute(asked, (name,)).fetchone() is not None


def queue_on(server: str, connections: int) -> App:
    """The queue of a database, for so many connections at once; it has no task yet and is not open."""
    options = f"-c search_path={place()}"
    return App(
        connector=PsycopgConnector(conninfo=server, kwargs={"options": options}, min_size=1, max_size=connections)
    )
