"""One database: opening it, what holds on every connection, and which version it has."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, MutableMapping
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.util import LRUCache

from trueup.core.roles import Role
from trueup.core.settings import TenantSettings
from trueup.store import across_tenants, migrating
from trueup.store.binding import WRITES, Binding, InstallationBinding
from trueup.store.codec import encode
from trueup.store.errors import StoreError, translated
from trueup.store.guard import watch
from trueup.store.people_store import PeopleStore
from trueup.store.schema import HEAD, KNOWN_REVISIONS, VERSION
from trueup.store.secrets import Key
from trueup.store.tables import tenancy
from trueup.store.tenant_store import TenantStore

BUSY_MILLISECONDS = 10_000
"""How long a connection waits for another one's write before it gives up as `store.busy`."""

DEFAULT_TENANT = "default"


class Database:
    """An open store. `tenant()` gives the store of one tenant; nothing else reads a tenant's rows. `people` holds
    who may sign in, whatever the tenant."""

    def __init__(self, engine: sa.Engine, path: str, key: Key | None) -> None:
        self._engine = engine
        self._path = path
        self._key = key
        self.people = PeopleStore(InstallationBinding(engine, path, key))

    @classmethod
    def open(
        cls,
        where: str | os.PathLike[str],
        key: Key | None = None,
        *,
        create: bool = False,
        busy_milliseconds: int = BUSY_MILLISECONDS,
    ) -> Database:
        """Open the SQLite file of that path (or `sqlite:///` address), upgrade an older one, refuse a newer one.

        With `create` a missing file is made, readable by its owner only. `busy_milliseconds` is how long a call waits
        for the write of another process. Raises StoreError: `store.missing`,
        `store.cannot_open`, `store.not_a_store`, `store.corrupt`, `store.newer_version`, `store.no_wal`, `store.busy`,
        `store.upgrade_failed`, `store.unsupported_database`.
        """
        path = _path_of(where)
        if not path.exists():
            if not create:
                raise StoreError("store.missing", path=str(path))
            _new_file(path)
        _look_first(path, create=create)
        engine = engine_for(path, busy_milliseconds=busy_milliseconds)
        try:
            _settle_version(engine, path, create=create)
        except BaseException:
            engine.dispose()
            raise
        watch(engine)
        return cls(engine, str(path), key)

    @property
    def path(self) -> str:
        """The file."""
        return self._path

    def create_tenant(
        self, tenant: str, settings: TenantSettings, *, now: datetime, actor: str = "system"
    ) -> TenantStore:
        """Create a tenant and give its store. Raises StoreError `store.tenant_exists`."""
        binding = self._binding(tenant)
        with binding.writing() as connection:
            mine = tenancy.tenant.c.tenant == tenant
            if connection.execute(sa.select(tenancy.tenant.c.tenant).where(mine)).first():
                raise StoreError("store.tenant_exists", tenant=tenant)
            row = {"settings": encode(settings), "created_at": now, "saved_at": now, "saved_by": actor}
            connection.execute(sa.insert(tenancy.tenant).values(tenant=tenant, **row))
        return TenantStore(binding)

    def tenant(self, tenant: str = DEFAULT_TENANT) -> TenantStore:
        """The store of one tenant. Raises StoreError `store.unknown_tenant`."""
        binding = self._binding(tenant)
        with binding.reading() as connection:
            mine = tenancy.tenant.c.tenant == tenant
            if connection.execute(sa.select(tenancy.tenant.c.tenant).where(mine)).first() is None:
                raise StoreError("store.unknown_tenant", tenant=tenant)
        return TenantStore(binding)

    def tenants(self) -> tuple[str, ...]:
        """The ids of all tenants."""
        with self._errors():
            return across_tenants.tenant_ids(self._engine)

    def push_key_of(self, hashed: str) -> tuple[str, str, int] | None:
        """Whose key of a module it is, by its hash: tenant, name of the connection, number of the key."""
        with self._errors():
            return across_tenants.push_key_of(self._engine, hashed)

    def roles_of(self, person: str) -> dict[str, Role]:
        """What a person may do, in each tenant that is theirs."""
        with self._errors():
            return across_tenants.roles_of(self._engine, person)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Database({self._path!r})"

    def _binding(self, tenant: str) -> Binding:
        return Binding(self._engine, self._path, tenant, self._key)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except exc.SQLAlchemyError as error:
            raise translated(error, self._path) from error


def _path_of(where: str | os.PathLike[str]) -> Path:
    text = os.fspath(where)
    if "://" in text:
        url = sa.make_url(text)
        if url.get_backend_name() != "sqlite" or not url.database:
            raise StoreError("store.unsupported_database", kind=url.drivername)
        text = url.database
    if text == ":memory:":
        raise StoreError("store.unsupported_database", kind="sqlite :memory:")
    return Path(text)


def _new_file(path: Path) -> None:
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


_COMPILED: MutableMapping[object, object] = LRUCache(500)


def engine_for(path: Path, *, foreign_keys: bool = True, busy_milliseconds: int = BUSY_MILLISECONDS) -> sa.Engine:
    """An engine on one SQLite file whose every connection keeps the store's promises. The guard is put on by `open`."""
    dialect, seconds = _dialect(), busy_milliseconds / 1000

    def connected() -> DBAPIConnection:
        return dialect.connect(str(path), timeout=seconds, isolation_level=None, check_same_thread=False)

    engine = sa.Engine(
        sa.QueuePool(connected, dialect=dialect),
        dialect,
        sa.URL.create("sqlite", database=str(path)),
        execution_options={"compiled_cache": _COMPILED},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _promises(connection: sqlite3.Connection, record: object) -> None:
        del record
        cursor = connection.cursor()
        try:
            cursor.execute(f"PRAGMA busy_timeout = {busy_milliseconds}")
            mode = cursor.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            if mode != "wal":
                raise StoreError("store.no_wal", path=str(path), mode=str(mode))
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        finally:
            cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")

    return engine


def _look_first(path: Path, *, create: bool) -> None:
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


def version_of(engine: sa.Engine, path: Path) -> str | None:
    """The revision of the database; None when it holds nothing yet. Raises StoreError for files of other kinds."""
    try:
        with engine.connect() as connection:
            names = set(sa.inspect(connection).get_table_names())
            if not names:
                return None
            if VERSION.name not in names or tenancy.tenant.name not in names:
                raise StoreError("store.not_a_store", path=str(path))
            found = connection.execute(sa.select(VERSION.c.version_num)).scalar()
    except exc.SQLAlchemyError as error:
        raise translated(error, str(path)) from error
    if found is None:
        raise StoreError("store.not_a_store", path=str(path))
    return str(found)


def _settle_version(engine: sa.Engine, path: Path, *, create: bool) -> None:
    found = version_of(engine, path)
    if found == HEAD:
        return
    if found is None:
        if not create:
            raise StoreError("store.missing", path=str(path))
        migrating.create(engine, path)
    elif found not in KNOWN_REVISIONS:
        raise StoreError("store.newer_version", path=str(path), found=found, known=HEAD)
    else:
        migrating.upgrade(engine_for(path, foreign_keys=False), path)
