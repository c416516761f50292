"""Where a test has its store: in a file, or in a PostgreSQL database of its own where the tests run with
`--database postgresql` (docs/decisions/0184-which-tests-on-which-database.md).
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier
from tests.postgres import started

from trueup.store.database import Database

KIND = "TRUEUP_TEST_DATABASE"
"""On which kind of database stores are put up: `sqlite` or `postgresql`; pytest's option `--database` says so."""


def on_server() -> bool:
    """Whether stores are put up on PostgreSQL."""
    return os.environ.get(KIND) == "postgresql"


@contextmanager
def place_for(file: Path) -> Iterator[str]:
    """Where a test puts its store up: the file, or a database that has every table and no row."""
    if on_server():
        with started().another() as address:
            yield address
    else:
        yield str(file)


@contextmanager
def nowhere_yet(file: Path) -> Iterator[str]:
    """A place where no store is: the file, or a database without a table."""
    if on_server():
        with started().bare() as address:
            yield address
    else:
        yield str(file)


@contextmanager
def copy_of(where: str, file: Path) -> Iterator[str]:
    """The place of a copy of a store that nobody writes to meanwhile."""
    if where.startswith("postgresql://"):
        with started().copy(where) as address:
            yield address
    else:
        with closing(sqlite3.connect(where)) as source, closing(sqlite3.connect(file)) as to:
            source.backup(to)
        yield str(file)


def place_of(database: Database) -> str:
    """Where an open store lies: its file, or its address with the password."""
    return database.server or database.path


def ask(where: str, statement: str, *given: object) -> list[tuple[Any, ...]]:
    """Run a statement on a store from outside of Trueup, over all tenants, and keep what it changes; its parameters are
    marked by `?`."""
    if where.startswith("postgresql://"):
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute("SELECT set_config('trueup.scope', '*', false)")
            found = connection.execute(statement.replace("?", "%s"), given or None)
            return found.fetchall() if found.description else []
    with closing(sqlite3.connect(where)) as connection:
        rows = connection.execute(statement, given).fetchall()
        connection.commit()
        return rows


@contextmanager
def kept_busy(where: str, tenant: str = "default") -> Iterator[None]:
    """Another program is in the middle of a write: of the file, or of the tenant on the server."""
    if where.startswith("postgresql://"):
        with psycopg.connect(where, autocommit=True) as other:
            other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (f"trueup.scope={tenant}",))
            yield
    else:
        with closing(sqlite3.connect(where, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")


def everything_in(where: str) -> bytes:
    """All that a store keeps, as somebody without Trueup finds it: every value of every table, unpacked too, and the
    bytes of its files where it has some."""
    found = [path.read_bytes() for path in _files(where)]
    for value in _values(where):
        found.append(bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode())
        with suppress(zlib.error):
            found.append(zlib.decompress(found[-1]))
    return b"\n".join(found)


def _files(where: str) -> list[Path]:
    return [] if where.startswith("postgresql://") else sorted(Path(where).parent.glob(f"{Path(where).name}*"))


def _values(where: str) -> Iterator[object]:
    if where.startswith("postgresql://"):
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute("SELECT set_config('trueup.scope', '*', false)")
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            for (table,) in tables:
                for row in connection.execute(SQL("SELECT * FROM {}").format(Identifier(table))):
                    yield from row
        return
    with closing(sqlite3.connect(where)) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                yield from row
