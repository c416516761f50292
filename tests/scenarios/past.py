"""A small MSP with two months behind it: what simulations and statements look back on.

Morel has 12 workstations, two more from 16 September (laptop-4, laptop-5), and three fewer from 10 October. Nobody
collected on 5 and 6 September. The RMM is read over HTTP for each state that it had; the days between two states repeat
what it said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from tests.ledger.stage import DAY, RMM, Site, night_of
from tests.scenarios.msp import USAGE, Msp, open_msp

from trueup.core.usage import Collection

SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
LAST = date(2026, 11, 3)
GROWN, FALLEN = date(2026, 9, 16), date(2026, 10, 10)
SILENT = frozenset({date(2026, 9, 5), date(2026, 9, 6)})
MOREL = "Ateliers Morel"


def sites_on(day: date) -> dict[str, Site]:
    laptops = 3 + (2 if day >= GROWN else 0) - (3 if day >= FALLEN else 0)
    return {**USAGE, MOREL: Site({"desktop": 9, "laptop": laptops, "server": 2})}


async def _read(msp: Msp, day: date) -> Collection:
    with msp.stage.open() as ws:
        async with ws.module(RMM) as module:
            return await module.collect(day, night_of(day))


def live_through(msp: Msp) -> None:
    """The past, day by day, and its sites mapped."""
    states: dict[date, Collection] = {}
    for day in (SEPTEMBER, GROWN, FALLEN):
        msp.night(day)
        msp.rmm.show(sites_on(day))
        states[day] = asyncio.run(_read(msp, day))
    msp.night(LAST)
    with msp.stage.open() as ws:
        day, now = SEPTEMBER, states[SEPTEMBER]
        while day <= LAST:
            now = states.get(day, now)
            if day not in SILENT:
                ws.store.usage.record(replace(now, day=day, observed_at=night_of(day)))
            day += DAY
        for found in ws.store.usage.organizations(RMM):
            customer = str(list(USAGE).index(found.organization.name) + 1)
            ws.store.customers.map(RMM, found.organization.key, customer, "tests", now=ws.now())


@contextmanager
def open_past(folder: Path) -> Iterator[Msp]:
    """The MSP on 3 November, with readings since 1 September and no rule."""
    with open_msp(folder) as msp:
        live_through(msp)
        yield msp
