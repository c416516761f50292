"""Who is next in the queue: what somebody waits for before what the night has queued, and no tenant twice at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.jobs.conformance import opened, store_of
from tests.ledger.stage import RMM, Rmm
from tests.postgres import Server
from tests.scenarios.msp import GROWN, GROWTH, Msp, open_msp

from trueup.app.jobs.port import Workspaces
from trueup.app.jobs.queued import QueuedJobs
from trueup.app.schedule.states import sync_now
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.store.database import Database

NAMES = ("a-first", "b-second", "c-third", "d-fourth", "e-last")
SLOW = 6.0
"""Seconds that the slow one's vendor takes over each call: several calls make a round."""


@pytest.fixture
def msp(tmp_path: Path, postgresql: Server) -> Iterator[Msp]:
    with (
        postgresql.fresh() as address,
        open_msp(tmp_path, TenantSettings(mode=Mode.AUTOMATIC), where=address) as found,
    ):
        found.set_up()
        yield found


@pytest.fixture
def slow() -> Iterator[Rmm]:
    found = Rmm()
    found.show(GROWTH)
    found.fault("slow", seconds=SLOW, path="/v2/*", times=0)
    yield found
    found.close()


def tenant(database: Database, msp: Msp, name: str, rmm: Rmm) -> None:
    begun = msp.stage.clock.now()
    settings = {"base_url": rmm.sim.url, "platform": "merlot"}
    store = database.create_tenant(name, TenantSettings(), now=begun)
    store.connections.add(RMM, "module", "datto_rmm", settings, dict(rmm.sim.credentials), "tests", now=begun)


class Watched:
    """Queued jobs that note which tenants' rounds begin, in order, and how many of each run at a time."""

    def __init__(self, database: Database, msp: Msp, at_once: int) -> None:
        self.begun: list[str] = []
        self.most: Counter[str] = Counter()
        self._running: Counter[str] = Counter()
        server = database.server
        assert server is not None
        workspaces: Workspaces = lambda name: opened(database, msp, name)  # noqa: E731
        self.jobs = QueuedJobs(database, workspaces, server, msp.stage.clock, at_once=at_once, every=1)
        original = self.jobs._queue.tasks["round"].func

        async def noted(tenant: str) -> None:
            self.begun.append(tenant)
            self._running[tenant] += 1
            self.most[tenant] = max(self.most[tenant], self._running[tenant])
            try:
                await original(tenant)
            finally:
                self._running[tenant] -= 1

        self.jobs._queue.tasks["round"].func = noted

    async def first(self) -> None:
        """Until a round has begun: before, the queue may not be open yet."""
        for _ in range(1000):
            if self.begun:
                return
            await asyncio.sleep(0.02)


def test_sync_now_comes_before_the_rounds_that_the_night_has_queued(msp: Msp, slow: Rmm) -> None:
    """One place; its first round takes some seconds, and meanwhile somebody asks in the tenant that is last in line."""
    with store_of(msp) as database:
        for name in NAMES:
            tenant(database, msp, name, slow if name == NAMES[0] else msp.rmm)
        msp.night(GROWN)
        with msp.stage.open() as ws:  # only the others have something to do
            ws.store.schedules.save(RMM, msp.stage.clock.now().time(), None, on=False, actor="tests", now=ws.now())
        watched = Watched(database, msp, at_once=1)

        async def played() -> None:
            running = asyncio.create_task(watched.jobs.run())
            await watched.first()
            waiting = opened(database, msp, NAMES[-1])
            await sync_now(waiting)
            await watched.jobs.ask(0)  # as it does by itself every few seconds
            slow.heal()
            for _ in range(600):
                await asyncio.sleep(0.1)
                if len(set(watched.begun)) == len(NAMES):
                    break
            watched.jobs.stop()
            await asyncio.wait_for(running, 30)

        asyncio.run(played())
    order = list(dict.fromkeys(name for name in watched.begun if name in NAMES))
    assert order == [NAMES[0], NAMES[-1], *NAMES[1:-1]]


def test_a_slow_tenant_asked_for_again_and_again_never_takes_a_second_place(msp: Msp, slow: Rmm) -> None:
    """Two places, and one tenant whose vendor takes its time over each call: the others are all done before it is."""
    with store_of(msp) as database:
        for name in NAMES:
            tenant(database, msp, name, slow if name == NAMES[0] else msp.rmm)
        msp.night(GROWN)
        watched = Watched(database, msp, at_once=2)
        others = NAMES[1:]

        def done(name: str) -> bool:
            return bool(database.tenant(name).runs.list(kind="night"))

        async def played() -> tuple[bool, bool]:
            running = asyncio.create_task(watched.jobs.run())
            await watched.first()
            fast = False
            for _ in range(600):
                await sync_now(opened(database, msp, NAMES[0]))
                await watched.jobs.ask(0)
                await watched.jobs.look(0)
                fast = all([await asyncio.to_thread(done, name) for name in others])
                if fast:
                    break
                await asyncio.sleep(0.1)
            still = not await asyncio.to_thread(done, NAMES[0])
            slow.heal()
            watched.jobs.stop()
            await asyncio.wait_for(running, 60)
            return fast, still

        assert asyncio.run(played()) == (True, True), "the others are done, and the slow one is not"
    assert watched.most[NAMES[0]] == 1
    assert max(watched.most.values()) == 1
