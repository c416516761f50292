"""A night that is due on a store in PostgreSQL: prepared once for each variant, then copied for each run.

All that the workers are going to send is known from the usage alone: each change of a line, on the day of the change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from tests.chaos.templates import FREE, Variant, connect, psa_content
from tests.chaos.workers.watching import note_all
from tests.ledger.stage import DAY, RMM, Rmm, Site, night_of
from tests.postgres import Server

from trueup.app.clock import FixedClock
from trueup.app.connections.connecting import Accounts
from trueup.app.plans.planning import make_plan
from trueup.app.usage.collecting import collect
from trueup.app.workspace import Workspace, create_workspace
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.modules.limits import Pace
from trueup.store.secrets import Key


@dataclass(frozen=True)
class Night:
    """A prepared store to which nobody is connected. `planned`: line, day -> change."""

    variant: Variant
    store: str
    key_file: Path
    now: datetime
    content: Mapping[str, object]
    planned: Mapping[tuple[int, date], int]


def show(rmm: Rmm, variant: Variant, number: int) -> None:
    """Have the module show the usage of a night."""
    lines = range(variant.lines)
    rmm.show({f"Customer {n + 1}": Site({"desktop": variant.devices(n, number)}) for n in lines})


@contextmanager
def prepared(variant: Variant, folder: Path, server: Server, psa_url: str, rmm: Rmm) -> Iterator[Night]:
    """Play all nights but the last, which is due then; the PSA's simulator must show `psa_content` by now."""
    folder.mkdir(parents=True, exist_ok=True)
    key_file = folder / "trueup.key"
    key, clock = Key.create_file(key_file), FixedClock(night_of(variant.first))
    settings = TenantSettings(
        mode=Mode.AUTOMATIC,
        thresholds=FREE,
        posted_period="proration_item" if variant.posted else "unproven",
        settle_seconds=variant.settle_seconds,
    )
    with server.another() as store:
        accounts = Accounts(pace=Pace(scale=0))
        with create_workspace(store, key, settings, clock=clock, actor="chaos", accounts=accounts) as ws:
            connect(ws, psa_url, rmm)
            asyncio.run(_nights(ws, variant, clock, rmm))
        note_all(store)
        planned = {
            (variant.line(line), variant.first + (night + 1) * DAY): move
            for line in range(variant.lines)
            for night, move in enumerate(variant.moves[line % len(variant.moves)])
        }
        yield Night(variant, store, key_file, night_of(variant.last), psa_content(variant), planned)


async def _nights(ws: Workspace, variant: Variant, clock: FixedClock, rmm: Rmm) -> None:
    for number in range(variant.nights):
        clock.put(night_of(variant.first + number * DAY))
        show(rmm, variant, number)
        for collected in await collect(ws):
            assert collected.failure is None, collected.failure
        if number == 0:
            for found in ws.store.usage.organizations(RMM):
                customer = found.organization.name.removeprefix("Customer ")
                ws.store.customers.map(RMM, found.organization.key, customer, "chaos", now=ws.now())
            await make_plan(ws, variant.first)
