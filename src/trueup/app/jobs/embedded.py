"""Jobs inside of one process: beside the web application (`trueup serve`) or alone (`trueup worker`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from trueup.app.clock import Clock
from trueup.app.connections.connecting import Accounts
from trueup.app.jobs.port import ACTOR, EVERY, PATIENCE, Workspaces, round_of
from trueup.app.schedule.night import Round
from trueup.app.workspace import workspaces_of
from trueup.store.database import Database


class EmbeddedJobs:
    """See Jobs. `tenants` lists the tenants; `workspace` opens one of them for the actor `schedule`."""

    def __init__(self, tenants: Callable[[], tuple[str, ...]], workspace: Workspaces, every: float = EVERY) -> None:
        self._tenants = tenants
        self._workspace = workspace
        self._every = every
        self._stopping = False
        self._wake = asyncio.Event()

    async def once(self) -> dict[str, Round]:
        """See Jobs. One tenant after the other."""
        found: dict[str, Round] = {}
        for tenant in await asyncio.to_thread(self._tenants):
            if self._stopping:
                break
            found[tenant] = await round_of(self._workspace, tenant)
        return found

    async def run(self) -> None:
        """See Jobs."""
        while not self._stopping:
            self._wake.clear()
            await self.once()
            if not self._stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._every)

    def stop(self) -> None:
        """See Jobs."""
        self._stopping = True
        self._wake.set()

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[None]:
        """Run as long as the block does; what `create_app(..., alongside=(jobs.beside,))` takes."""
        running = asyncio.create_task(self.run())
        try:
            yield
        finally:
            self.stop()
            with suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(running, PATIENCE)


def jobs_on(
    database: Database, clock: Clock | None = None, accounts: Accounts | None = None, every: float = EVERY
) -> EmbeddedJobs:
    """Jobs for all tenants of an open store. Make it inside of a running event loop."""
    return EmbeddedJobs(database.tenants, workspaces_of(database, clock, accounts, ACTOR), every)


def jobs_beside(
    database: Database, clock: Clock | None = None, accounts: Accounts | None = None, every: float = EVERY
) -> Callable[[], AbstractAsyncContextManager[None]]:
    """What runs beside the web application, from when it starts until it ends."""
    return lambda: jobs_on(database, clock, accounts, every).beside()
