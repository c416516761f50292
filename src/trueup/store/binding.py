"""Transactions of one tenant, or of the installation: what every part of a store works through.

A method of the store is one transaction in the calling thread. Inside `writing()` or `reading()` of the same thread,
further calls join the transaction that is open, so that a use case can make several of them one step.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy import exc

from trueup.store.errors import StoreError, translated
from trueup.store.guard import INSTALLATION_OPTION, TENANT_OPTION
from trueup.store.secrets import Key
from trueup.store.tables.tenancy import counter

WRITES = "trueup_writes"
"""Execution option of a connection whose transaction takes the write lock when it begins."""


READS: Mapping[str, Mapping[str, object]] = {
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
"""Execution options of a connection that only reads, by dialect: one moment of the database, and no write by mistake.
SQLite needs none: a deferred transaction of a file in WAL mode sees one moment."""


class Transactions:
    """Transactions on connections of one kind; `options` tell the guard which rows these may reach."""

    def __init__(self, engine: sa.Engine, path: str, key: Key | None, options: Mapping[str, object]) -> None:
        self.path = path
        self.key = key
        self.engine = engine
        self._options = options
        self._open = threading.local()

    @cached_property
    def _readers(self) -> sa.Engine:
        return self.engine.execution_options(**self._options, **READS.get(self.engine.dialect.name, {}))

    @cached_property
    def _writers(self) -> sa.Engine:
        return self.engine.execution_options(**self._options, **{WRITES: True})

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one moment of the database; joins one that is open in this thread."""
        held: sa.Connection | None = getattr(self._open, "connection", None)
        if held is not None:
            yield held
            return
        with self._begun(self._readers, writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that holds the write lock from its beginning and commits at its end, or nothing is kept."""
        held: sa.Connection | None = getattr(self._open, "connection", None)
        if held is not None:
            if not self._open.writes:
                raise StoreError("store.write_inside_read")
            yield held
            return
        with self._begun(self._writers, writes=True) as connection:
            yield connection

    def empty_log(self) -> None:
        """Move what was committed into SQLite's file, and leave nothing of it in the log beside it; a reader at work
        leaves that to the next time. Outside of a transaction."""
        if self._writers.dialect.name != "sqlite":
            return
        with closing(self._writers.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _begun(self, engine: sa.Engine, *, writes: bool) -> Iterator[sa.Connection]:
        try:
            with engine.begin() as connection:
                self._open.connection, self._open.writes = connection, writes
                try:
                    yield connection
                finally:
                    self._open.connection = None
        except exc.SQLAlchemyError as error:
            raise translated(error, self.path) from error


class InstallationBinding(Transactions):
    """The way to the installation's own tables; it reaches no tenant's row."""

    def __init__(self, engine: sa.Engine, path: str, key: Key | None) -> None:
        super().__init__(engine, path, key, {INSTALLATION_OPTION: True})


class Binding(Transactions):
    """One tenant's way to the database. `key` seals and opens its secrets; without it they cannot be read."""

    def __init__(self, engine: sa.Engine, path: str, tenant: str, key: Key | None) -> None:
        super().__init__(engine, path, key, {TENANT_OPTION: tenant})
        self.tenant = tenant

    def next_number(self, connection: sa.Connection, name: str, count: int = 1) -> int:
        """The next whole number of a sequence of this tenant, from 1; with `count` the first of so many.

        Inside `writing()` only.
        """
        mine = (counter.c.tenant == self.tenant, counter.c.name == name)
        value = connection.execute(sa.select(counter.c.value).where(*mine)).scalar()
        if value is None:
            connection.execute(sa.insert(counter).values(tenant=self.tenant, name=name, value=count))
            return 1
        connection.execute(sa.update(counter).where(*mine).values(value=value + count))
        return int(value) + 1
