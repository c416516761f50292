"""What every use case works in: one tenant's store, a clock, who is acting, and the connected accounts."""

from __future__ import annotations

import functools
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import anyio.to_thread

from trueup.app.clock import Clock, SystemClock
from trueup.app.connections.connecting import Accounts
from trueup.app.errors import failed
from trueup.app.suspension import must_be_active
from trueup.core.settings import TenantSettings
from trueup.store.database import DEFAULT_TENANT, Database
from trueup.store.secrets import Key
from trueup.store.tenant_store import TenantStore

if TYPE_CHECKING:
    from trueup.modules.port import Module
    from trueup.psa.port import Psa

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Workspace:
    """One tenant at work. Store calls from async code go through `step`, so that no transaction blocks the loop and
    no HTTP happens inside one (design section 3)."""

    store: TenantStore
    clock: Clock
    actor: str
    accounts: Accounts

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return self.clock.now()

    async def step(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one synchronous step (one transaction) in a thread."""
        return await anyio.to_thread.run_sync(functools.partial(work, *args, **kwargs))

    @asynccontextmanager
    async def psa(self) -> AsyncIterator[Psa]:
        """The connected PSA, closed afterwards. Raises UseCaseError `setup.no_psa`, `platform.suspended`."""
        await self.step(must_be_active, self.store)
        found = await self.step(self.store.connections.list, "psa")
        if not found:
            raise failed("setup.no_psa")
        psa = await self.step(self.accounts.psa, self.store, found[0])
        try:
            yield psa
        finally:
            await psa.close()

    @asynccontextmanager
    async def module(self, name: str) -> AsyncIterator[Module]:
        """One connected module, closed afterwards. Raises StoreError `store.unknown_connection`, UseCaseError
        `platform.suspended`."""
        await self.step(must_be_active, self.store)
        connection = await self.step(self.store.connections.get, name)
        module = await self.step(self.accounts.module, self.store, connection)
        try:
            yield module
        finally:
            await module.close()


def workspaces_of(
    database: Database, clock: Clock | None = None, accounts: Accounts | None = None, actor: str | None = None
) -> Callable[[str], Workspace]:
    """Opens tenants of a store by their id; that raises StoreError `store.unknown_tenant`."""
    when, whose, who = clock or SystemClock(), accounts or Accounts(), actor or acting_person()
    return lambda tenant: Workspace(database.tenant(tenant), when, who, whose)


def acting_person() -> str:
    """Who runs this process, as the system says; `unknown` where it does not."""
    return os.environ.get("TRUEUP_ACTOR") or os.environ.get("USER") or os.environ.get("USERNAME") or "unknown"


@contextmanager
def open_workspace(
    store_path: str | os.PathLike[str],
    key: Key | None,
    tenant: str = DEFAULT_TENANT,
    *,
    clock: Clock | None = None,
    actor: str | None = None,
    accounts: Accounts | None = None,
) -> Iterator[Workspace]:
    """Open a store that exists and bind it to one tenant. Raises StoreError."""
    with Database.open(store_path, key) as database:
        store = database.tenant(tenant)
        yield Workspace(store, clock or SystemClock(), actor or acting_person(), accounts or Accounts())


@contextmanager
def create_workspace(
    store_path: str | os.PathLike[str],
    key: Key | None,
    settings: TenantSettings,
    tenant: str = DEFAULT_TENANT,
    *,
    clock: Clock | None = None,
    actor: str | None = None,
    accounts: Accounts | None = None,
) -> Iterator[Workspace]:
    """Create the store where it is missing, and the tenant in it. Raises StoreError `store.tenant_exists`."""
    chosen = clock or SystemClock()
    with Database.open(store_path, key, create=True) as database:
        store = database.create_tenant(tenant, settings, now=chosen.now(), actor=actor or acting_person())
        yield Workspace(store, chosen, actor or acting_person(), accounts or Accounts())


def key_for(key_file: str | os.PathLike[str] | None, *, create: bool = False) -> Key | None:
    """The key from a file (made when `create` and missing), else from the environment. Raises StoreError."""
    if key_file is None:
        return Key.from_environment(os.environ)
    path = Path(key_file)
    return Key.create_file(path) if create and not path.exists() else Key.read(path)
