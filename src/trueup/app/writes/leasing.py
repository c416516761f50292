"""Leases: one under which the PSA is written and the journal is settled, one for each connection that is collected.

A lease lasts a minute and is renewed while its run lives, so that a successor of a dead process waits no longer than
that. A run that slept through its lease finds out before it sends anything more: claiming an intent needs a valid
lease.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio

from trueup.app.workspace import Workspace
from trueup.store.errors import StoreError
from trueup.store.leases import Lease

LEASE_SECONDS = 60
RENEW_EVERY = 15.0
PSA_LEASE = "psa"


def take_lease(ws: Workspace, name: str = PSA_LEASE) -> Lease | None:
    """Take the lease of that name; None while another run holds it."""
    return ws.store.leases.acquire(name, f"{ws.actor}:{secrets.token_hex(4)}", LEASE_SECONDS, ws.now())


def must_hold(ws: Workspace, lease: Lease) -> None:
    """Go on only while no other run took the lease; it is renewed. Raises StoreError `store.lease_lost`."""
    if ws.store.leases.renew(lease, ws.now()) is None:
        raise StoreError("store.lease_lost", lease=lease.name, holder=lease.holder)


async def _renew(ws: Workspace, lease: Lease) -> None:
    while True:
        await asyncio.sleep(RENEW_EVERY)
        with suppress(StoreError):  # a database that is away for a moment: there is time for another try
            if await ws.step(ws.store.leases.renew, lease, ws.now()) is None:
                return  # another run has it: the next claim of this one is refused


@asynccontextmanager
async def kept(ws: Workspace, lease: Lease) -> AsyncIterator[Lease]:
    """Keep a lease alive for as long as the block runs, and give it back afterwards, whatever happens."""
    renewing = asyncio.create_task(_renew(ws, lease))
    try:
        yield lease
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
        with anyio.CancelScope(shield=True), suppress(StoreError):  # it runs out by itself
            await ws.step(ws.store.leases.release, lease)
