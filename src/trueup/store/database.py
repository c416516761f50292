"""One database: opening it, what holds on every connection, and which version it has."""

# ruff: noqa: PLC0415 (what one command in ten needs is imported where it is asked for, so that the others start at once)

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy import exc

from trueup.core.settings import TenantSettings
from trueup.store import postgresql, sqlite
from trueup.store.binding import Binding, InstallationBinding
from trueup.store.codec import encode
from trueup.store.errors import StoreError, translated
from trueup.store.guard import watch
from trueup.store.schema import HEAD, KNOWN_REVISIONS, VERSION
from trueup.store.secrets import Key
from trueup.store.tables import tenancy
from trueup.store.tenant_store import TenantStore

if TYPE_CHECKING:
    from trueup.core.roles import Role
    from trueup.store.archive import Manifest
    from trueup.store.glance import TenantGlance
    from trueup.store.people_store import PeopleStore

BUSY_MILLISECONDS = 10_000
"""How long a connection waits for another one's write before it gives up as `store.busy`."""

DEFAULT_TENANT = "default"


_KNOWN: Final = sa.select(tenancy.tenant.c.tenant).where(tenancy.tenant.c.tenant == sa.bindparam("tenant"))


class Database:
    """An open store. `tenant()` gives the store of one tenant; nothing else reads a tenant's rows. `people` holds
    who may sign in, whatever the tenant."""

    def __init__(self, engine: sa.Engine, path: str, key: Key | None) -> None:
        self._engine = engine
        self._path = path
        self._key = key

    @cached_property
    def people(self) -> PeopleStore:
        """Who may sign in."""
        from trueup.store.people_store import PeopleStore

        return PeopleStore(InstallationBinding(self._engine, self._path, self._key))

    @classmethod
    def open(
        cls,
        where: str | os.PathLike[str],
        key: Key | None = None,
        *,
        create: bool = False,
        busy_milliseconds: int = BUSY_MILLISECONDS,
    ) -> Database:
        """Open the SQLite file of that path (or `sqlite:///` address), or the PostgreSQL database of that address;
        upgrade an older one, refuse a newer one.

        With `create` a missing file is made, readable by its owner only; a PostgreSQL database must be there, and is
        filled. `busy_milliseconds` is how long a call waits for the write of another process. Raises StoreError:
        `store.missing`, `store.cannot_open`, `store.not_a_store`, `store.corrupt`, `store.newer_version`,
        `store.no_wal`, `store.busy`, `store.upgrade_failed`, `store.unsupported_database`, `store.driver_missing`,
        `store.postgresql_too_old`, `store.not_utf8`.
        """
        address = postgresql.address_of(where)
        if address is not None:
            return cls._open_server(address, key, create=create, busy_milliseconds=busy_milliseconds)
        path = sqlite.path_of(where)
        if not path.exists():
            if not create:
                raise StoreError("store.missing", path=str(path))
            sqlite.new_file(path)
        sqlite.look_first(path, create=create)
        engine = sqlite.engine_for(path, busy_milliseconds=busy_milliseconds)

        def movable() -> sa.Engine:
            return sqlite.engine_for(path, foreign_keys=False, busy_milliseconds=busy_milliseconds)

        return cls._settled(engine, str(path), key, movable, create=create)

    @classmethod
    def _open_server(cls, address: sa.URL, key: Key | None, *, create: bool, busy_milliseconds: int) -> Database:
        engine = postgresql.engine_for(address, busy_milliseconds=busy_milliseconds)
        shown = postgresql.shown(address)
        try:
            postgresql.look_first(engine, address)
        except exc.SQLAlchemyError as error:
            engine.dispose()
            raise translated(error, shown) from error
        return cls._settled(engine, shown, key, lambda: engine, create=create)

    @classmethod
    def _settled(
        cls, engine: sa.Engine, path: str, key: Key | None, movable: Callable[[], sa.Engine], *, create: bool
    ) -> Database:
        try:
            _settle_version(engine, path, movable, create=create)
        except BaseException:
            engine.dispose()
            raise
        watch(engine)
        return cls(engine, path, key)

    def back_up(self, archive: Path, *, now: datetime) -> Manifest:
        """Write all of it into an archive, as it is at one moment, while others go on. The key is not in it.

        Raises StoreError `store.archive_exists`, `store.archive_unwritable`.
        """
        from trueup.store.every_table import INSTALLATION_TABLES, TENANT_TABLES

        return self._archived(archive, TENANT_TABLES | INSTALLATION_TABLES, None, now)

    def export_tenant(self, tenant: str, archive: Path, *, now: datetime) -> Manifest:
        """Write every row of one tenant into an archive. Raises as `back_up`, and `store.unknown_tenant`."""
        from trueup.store.every_table import TENANT_TABLES

        self.tenant(tenant)
        return self._archived(archive, TENANT_TABLES, tenant, now)

    def _archived(self, archive: Path, tables: frozenset[sa.Table], tenant: str | None, now: datetime) -> Manifest:
        from trueup.store import across_tenants
        from trueup.store.archive import write

        with self._errors(), across_tenants.everything(self._engine) as connection:
            return write(archive, connection, HEAD, tables, tenant, now)

    @property
    def path(self) -> str:
        """The file, or the address without its password."""
        return self._path

    @property
    def server(self) -> str | None:
        """How a driver reaches the PostgreSQL database of this store, its password included; None for a file."""
        return postgresql.dsn(self._engine.url)

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
        with self.reading(tenant) as store:
            return store

    @contextmanager
    def reading(self, tenant: str) -> Iterator[TenantStore]:
        """The store of one tenant; the calls inside see one moment of the database. Raises StoreError
        `store.unknown_tenant`."""
        binding = self._binding(tenant)
        with binding.reading() as connection:
            if connection.execute(_KNOWN, {"tenant": tenant}).first() is None:
                raise StoreError("store.unknown_tenant", tenant=tenant)
            yield TenantStore(binding)

    def tenants(self) -> tuple[str, ...]:
        """The ids of all tenants."""
        from trueup.store import across_tenants

        with self._errors():
            return across_tenants.tenant_ids(self._engine)

    def asked_tenants(self) -> tuple[str, ...]:
        """The tenants in which somebody waits for a collection, whoever waits longest first."""
        from trueup.store import across_tenants

        with self._errors():
            return across_tenants.asked_tenants(self._engine)

    def may_be_due(self, now: datetime) -> tuple[str, ...]:
        """The tenants at which a worker has to look now; of the others it is known that nothing is due."""
        from trueup.store import across_tenants

        with self._errors():
            return across_tenants.may_be_due(self._engine, now)

    def glance(self, tenant: str | None = None) -> dict[str, TenantGlance]:
        """How all tenants stand, or one, by id; empty where it is not there."""
        from trueup.store import across_tenants
        from trueup.store.glance import glance

        with self._errors(), across_tenants.everything(self._engine) as connection:
            return glance(connection, tenant)

    def is_current(self) -> bool:
        """Whether it still has the revision that this program works with; an upgrade of others may move it."""
        return version_of(self._engine, self._path) == HEAD

    def key_opens_all(self) -> bool:
        """Whether everything that is sealed here was sealed by a key that is at hand. Raises StoreError."""
        sealed_by = self.sealed_by()
        return not sealed_by or (self._key is not None and all(map(self._key.opens, sealed_by)))

    def sealed_by(self) -> frozenset[str]:
        """Ids of the keys that seal anything in any tenant."""
        from trueup.store import across_tenants

        with self._errors():
            return across_tenants.key_ids(self._engine)

    def push_key_of(self, hashed: str) -> tuple[str, str, int] | None:
        """Whose key of a module it is, by its hash: tenant, name of the connection, number of the key."""
        from trueup.store import across_tenants

        with self._errors():
            return across_tenants.push_key_of(self._engine, hashed)

    def roles_of(self, person: str) -> dict[str, Role]:
        """What a person may do, in each tenant that is theirs."""
        from trueup.store import across_tenants

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


def version_of(engine: sa.Engine, path: str) -> str | None:
    """The revision of the database; None when it holds nothing yet. Raises StoreError for files of other kinds."""
    try:
        with engine.connect() as connection:
            names = set(sa.inspect(connection).get_table_names())
            if not names:
                return None
            if VERSION.name not in names or tenancy.tenant.name not in names:
                raise StoreError("store.not_a_store", path=path)
            found = connection.execute(sa.select(VERSION.c.version_num)).scalar()
    except exc.SQLAlchemyError as error:
        raise translated(error, path) from error
    if found is None:
        raise StoreError("store.not_a_store", path=path)
    return str(found)


def _settle_version(engine: sa.Engine, path: str, movable: Callable[[], sa.Engine], *, create: bool) -> None:
    """Bring the database to this program's revision; `movable` gives the engine that may rebuild tables."""
    found = version_of(engine, path)
    if found == HEAD:
        return
    from trueup.store import migrating

    if found is None:
        if not create:
            raise StoreError("store.missing", path=path)
        migrating.create(engine, path)
    elif found not in KNOWN_REVISIONS:
        raise StoreError("store.newer_version", path=path, found=found, known=HEAD)
    else:
        migrating.upgrade(movable(), path)
