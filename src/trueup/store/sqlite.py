"""A SQLite file as the store: what is refused before it is touched, and what holds on every connection."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import MutableMapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.util import LRUCache

from trueup.store.binding import WRITES
from trueup.store.errors import StoreError, translated
from trueup.store.schema import VERSION
from trueup.store.tables import tenancy


def path_of(where: str | os.PathLike[str]) -> Path:
    """The file of a path or of a `sqlite:///` address. Raises StoreError `store.unsupported_database`."""
    text = os.fspath(where)
    if "://" in text:
        url = sa.make_url(text)
        if url.get_backend_name() != "sqlite" or not url.database:
            raise StoreError("store.unsupported_database", kind=url.drivername)
        text = url.database
    if text == ":memory:":
        raise StoreError("store.unsupported_database", kind="sqlite :memory:")
    return Path(text)


def new_file(path: Path) -> None:
    """Make an empty file that only its owner may read. Raises StoreError `store.cannot_open`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError("store.cannot_open", path=str(path), detail=error.strerror or "error") from None


@cache
def _dialect() -> sa.Dialect:
    """SQLite as this process speaks it. All databases share it with `_COMPILED`, so that a statement is compiled, and
    looked through by the guard, once and not for each database that is opened."""
    engine = sa.create_engine("sqlite://")
    with engine.connect():  # which asks for the version
        pass
    engine.dispose()
    return engine.dialect


_FILE = "trueup_file"
"""Which file a connection has open, among what is known of it."""


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one of the same name; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


_COMPILED: MutableMapping[object, object] = LRUCache(500)


def engine_for(path: Path, *, busy_milliseconds: int, foreign_keys: bool = True) -> sa.Engine:
    """An engine on one SQLite file whose every connection keeps the store's promises. The guard is put on by `open`."""
    dialect, seconds = _dialect(), busy_milliseconds / 1000

    address = f"{path.resolve().as_uri()}?mode=rw"  # a file that is gone is not made anew, without anything in it

    def connected() -> DBAPIConnection:
        return dialect.connect(address, uri=True, timeout=seconds, isolation_level=None, check_same_thread=False)

    engine = sa.Engine(
        sa.QueuePool(connected, dialect=dialect),
        dialect,
        sa.URL.create("sqlite", database=str(path)),
        execution_options={"compiled_cache": _COMPILED},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _promises(connection: sqlite3.Connection, record: sa.pool.ConnectionPoolEntry) -> None:
        record.info[_FILE] = _identity(path)
        cursor = connection.cursor()
        try:
            cursor.execute(f"PRAGMA busy_timeout = {busy_milliseconds}")
            mode = cursor.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            if mode != "wal":
                raise StoreError("store.no_wal", path=str(path), mode=str(mode))
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute("PRAGMA secure_delete = ON")  # what was forgotten stays nowhere in the file
            cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        finally:
            cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get(WRITES):
            if connection.info.get(_FILE) != _identity(path):  # a deleted file takes writes, and keeps none of them
                raise StoreError("store.missing", path=str(path))
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:  # takes no lock, so nothing of it can fail: the driver is asked without a detour
            cast("sqlite3.Connection", connection.connection.driver_connection).execute("BEGIN DEFERRED")

    return engine


def look_first(path: Path, *, create: bool) -> None:
    """Refuse a file that is not ours before anything is written to it (turning on WAL already writes)."""
    if path.is_dir():
        raise StoreError("store.cannot_open", path=str(path), detail="is a directory")
    if path.stat().st_size == 0:
        if not create:
            raise StoreError("store.missing", path=str(path))
        return
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as looking:
            names = {row[0] for row in looking.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.OperationalError:
        return  # busy, or a directory that cannot be written: opening it properly tells
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise StoreError("store.not_a_store", path=str(path)) from None
        raise translated(error, str(path)) from None
    if names and not {VERSION.name, tenancy.tenant.name} <= names:
        raise StoreError("store.not_a_store", path=str(path))
