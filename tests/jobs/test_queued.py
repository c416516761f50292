"""The form shared by workers, on a queue in PostgreSQL."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from tests.forked import Child
from tests.jobs import worker_process
from tests.jobs.conformance import WRITTEN, Conformance, Form, opened, store_of
from tests.ledger.stage import RMM, Rmm
from tests.postgres import Server
from tests.scenarios.msp import GROWN, GROWTH, Msp, open_msp

from trueup.app.jobs.port import ACTOR
from trueup.app.jobs.queue import make_place, queue_on
from trueup.app.jobs.queued import AT_ONCE, QueuedJobs
from trueup.app.schedule.night import Round
from trueup.app.schedule.states import sync_now
from trueup.core.outcome import OutcomeStatus
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.store.database import Database


def queued(database: Database, msp: Msp, at_once: int = AT_ONCE) -> QueuedJobs:
    server = database.server
    assert server is not None
    clock, opens = msp.stage.clock, lambda tenant: opened(database, msp, tenant)
    return QueuedJobs(database, opens, server, clock, at_once=at_once, every=1)


@pytest.fixture
def msp(tmp_path: Path, postgresql: Server) -> Iterator[Msp]:
    with (
        postgresql.fresh() as address,
        open_msp(tmp_path, TenantSettings(mode=Mode.AUTOMATIC), where=address) as found,
    ):
        found.set_up()
        yield found


class TestQueued(Conformance):
    @pytest.fixture
    def form(self) -> Form:
        return queued


def test_a_slow_tenant_takes_one_place_and_the_others_go_on(msp: Msp) -> None:
    """Two workers with one place each; the module of one tenant takes its time over every call."""
    slow, begun = Rmm(), msp.stage.clock.now()
    slow.show(GROWTH)
    slow.fault("slow", seconds=4, path="/v2/*", times=0)
    with store_of(msp) as database, store_of(msp) as other:
        rmm = {"base_url": slow.sim.url, "platform": "merlot"}
        store = database.create_tenant("a-slow-one", TenantSettings(mode=Mode.AUTOMATIC), now=begun)
        store.connections.add(RMM, "module", "datto_rmm", rmm, dict(slow.sim.credentials), "tests", now=begun)
        msp.rmm.show(GROWTH)
        msp.night(GROWN)

        async def played() -> tuple[bool, bool]:
            jobs = [queued(database, msp, at_once=1), queued(other, msp, at_once=1)]
            running = [asyncio.create_task(one.run()) for one in jobs]
            for _ in range(200):
                await asyncio.sleep(0.1)
                if msp.psa.sends() == len(WRITTEN):
                    break
            waiting = await asyncio.to_thread(store.runs.list, kind="night")
            slow.heal()
            for one in jobs:
                one.stop()
            await asyncio.gather(*running)
            return msp.psa.sends() == len(WRITTEN), not waiting

        assert asyncio.run(played()) == (True, True)
    slow.close()


def test_a_database_that_was_away_is_waited_for(msp: Msp) -> None:
    async def played() -> None:
        jobs = queued(database, msp)
        running = asyncio.create_task(jobs.run())
        await asyncio.sleep(2)
        with psycopg.connect(msp.stage.where, autocommit=True) as operator:
            operator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        msp.rmm.show(GROWTH)
        msp.night(GROWN)
        await sync_now(opened(database, msp, "default"))
        for _ in range(400):
            await asyncio.sleep(0.1)
            if msp.psa.sends() == len(WRITTEN):
                break
        jobs.stop()
        await asyncio.wait_for(running, 30)

    with store_of(msp) as database:
        asyncio.run(played())
    assert sorted(msp.psa.accepted()) == sorted(WRITTEN)


def test_a_job_of_another_version_and_one_of_a_tenant_that_is_gone_stop_nobody(msp: Msp) -> None:
    msp.rmm.show(GROWTH)
    msp.night(GROWN)

    async def played() -> dict[str, Round]:
        jobs = queued(database, msp)
        queue = queue_on(server, 1)
        make_place(server)
        async with queue.open_async():
            await queue.configure_task("of-tomorrow", priority=99, allow_unknown=True).defer_async()
            gone = {"tenant": "gone"}
            await queue.configure_task("round", lock="gone", task_kwargs=gone, allow_unknown=True).defer_async()
        return await jobs.once()

    with store_of(msp) as database:
        server = database.server
        assert server is not None
        done = asyncio.run(played())
    assert [reason.code for _, reason in done["gone"].trouble] == ["store.unknown_tenant"]
    assert sorted(msp.psa.accepted()) == sorted(WRITTEN)


def test_a_tenant_whose_round_is_queued_is_not_looked_at_again(msp: Msp) -> None:
    """A look that finds nothing due notes when to look again: where nothing is noted, nobody looked."""

    async def played() -> tuple[tuple[str, ...], tuple[str, ...]]:
        jobs, queue = queued(database, msp), queue_on(server, 1)
        make_place(server)
        async with queue.open_async():
            later = queue.configure_task(
                "round",
                allow_unknown=True,
                lock="default",
                task_kwargs={"tenant": "default"},
                schedule_in={"hours": 1},
            )
            number = await later.defer_async()
            await jobs.once()
            queued_before = database.may_be_due(msp.stage.clock.now())
            await queue.job_manager.cancel_job_by_id_async(number)  # it stays there, cancelled
        await queued(database, msp).once()
        return queued_before, database.may_be_due(msp.stage.clock.now())

    with store_of(msp) as database:
        server = database.server
        assert server is not None
        assert asyncio.run(played()) == (("default",), ())


def worker(msp: Msp, *more: str, later: timedelta = timedelta()) -> Child:
    """A worker as a process of its own; `later` is how far its clock is ahead."""
    now = (msp.stage.clock.now() + later).isoformat()
    told = [msp.stage.where, str(msp.stage.key_file), now, *more]
    return Child(worker_process.main, told, msp.stage.key_file.parent)


def ends(process: Child) -> int:
    code = process.ended()
    assert code <= 0, process.err
    return code


def end_in_good_order(process: Child) -> None:
    wait_for(lambda: process.out == "works\n")
    process.terminate()
    assert ends(process) == 0


def night_is_done(msp: Msp) -> bool:
    with msp.stage.open() as ws:
        return any(run.actor == ACTOR for run in ws.store.runs.list(kind="night"))


def wait_for(reached: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.2)


@pytest.mark.parametrize("seed", range(2))
def test_a_worker_killed_at_any_commit_is_followed_by_another_and_nothing_is_lost_or_doubled(
    seed: int, msp: Msp
) -> None:
    msp.rmm.show(GROWTH)
    msp.night(GROWN)
    killed = worker(msp, str(random.Random(seed).randint(4, 60)))
    beside = worker(msp)
    wait_for(lambda: killed.poll() is not None or night_is_done(msp))
    killed.kill()  # where the other one was faster at all of it
    assert ends(killed) == -signal.SIGKILL
    end_in_good_order(beside)
    time.sleep(worker_process.DEAD_AFTER)  # what it finds dead at its start it need not wait a minute for
    successor = worker(msp, later=timedelta(minutes=7))  # the leases of the dead have run out
    wait_for(lambda: night_is_done(msp))
    end_in_good_order(successor)
    assert sorted(msp.psa.accepted()) == sorted(WRITTEN)
    msp.later(timedelta(minutes=8))
    assert {one.status for one in msp.plan().outcomes} == {OutcomeStatus.NONE}
