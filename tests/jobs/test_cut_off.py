"""What is left of a round whose worker died, slept or lost its database, and what the next one makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.jobs.conformance import WRITTEN, opened
from tests.places import kept_busy
from tests.scenarios.msp import GROWN, Msp, due_msp

from trueup.app.jobs.port import ACTOR
from trueup.app.schedule.night import night_round
from trueup.app.workspace import Workspace
from trueup.app.writes import leasing
from trueup.store.database import Database


@pytest.fixture
def msp(tmp_path: Path) -> Iterator[Msp]:
    with due_msp(tmp_path) as found:
        yield found


def test_runs_of_a_worker_that_died_end_as_cut_off_and_its_night_is_made_at_once(msp: Msp) -> None:
    with msp.stage.open(actor=ACTOR) as ws:
        for kind in ("collect", "plan"):
            ws.store.runs.start(kind, ACTOR, now=ws.now())
        ws.store.runs.start("plan", "a person", now=ws.now())
        done = asyncio.run(night_round(ws))
        assert done.trouble == []
        newest_first = [(run.kind, run.status, [one.code for one in run.reasons]) for run in ws.store.runs.list()]
    assert [found for found in newest_first if found[2]] == [
        ("plan", "failed", ["round.cut_off"]),
        ("collect", "failed", ["round.cut_off"]),
    ]
    assert [kind for kind, status, _ in newest_first if status == "running"] == ["plan"], "a person's may still run"
    assert sorted(msp.psa.accepted()) == sorted(WRITTEN)


def test_what_anybody_began_a_day_ago_runs_no_more(msp: Msp) -> None:
    with msp.stage.open(actor=ACTOR) as ws:
        begun = ws.store.runs.start("plan", "a person", now=ws.now() - timedelta(days=2))
        asyncio.run(night_round(ws))
        assert ws.store.runs.get(begun).status == "failed"


def test_a_worker_that_slept_through_its_lease_leaves_the_night_to_its_successor(msp: Msp) -> None:
    """The first is stopped while it reads the PSA for its plan, and wakes when the other has written everything."""
    msp.psa.fault("slow", seconds=60, action="query", times=1)

    async def both(first: Workspace, second: Workspace) -> None:
        sleeping = asyncio.create_task(night_round(first))
        for _ in range(600):
            if (await first.step(first.store.runs.list, kind="plan", limit=1))[0].status == "running":
                break
            await asyncio.sleep(0.05)
        msp.later(timedelta(minutes=2))
        done = await night_round(second)
        assert done.trouble == []
        assert not sleeping.done()
        msp.psa.heal()
        await sleeping

    with Database.open(msp.stage.where, msp.stage.key) as one, Database.open(msp.stage.where, msp.stage.key) as other:
        first, second = (opened(database, msp, "default") for database in (one, other))
        asyncio.run(both(first, second))
        plans = [found for found in first.store.runs.list(kind="plan") if found.actor == ACTOR]
        said = sorted((found.status, *(reason.code for reason in found.reasons)) for found in plans)
        assert said == [("done",), ("failed", "store.lease_lost")]
        assert len(first.store.runs.list(kind="night")) == 1
        assert sum(1 for stored in first.store.plans.list() if stored.plan.as_of == GROWN) == 1
    assert sorted(msp.psa.accepted()) == sorted(WRITTEN)


def test_a_lease_is_renewed_again_when_the_store_was_away_for_a_moment(
    msp: Msp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leasing, "RENEW_EVERY", 0.05)

    async def held(ws: Workspace) -> None:
        lease = leasing.take_lease(ws)
        assert lease is not None
        async with leasing.kept(ws, lease):
            with kept_busy(msp.stage.where):
                await asyncio.sleep(0.5)  # some renewals fail meanwhile
            msp.later(timedelta(seconds=leasing.LEASE_SECONDS - 5))
            await asyncio.sleep(0.5)
            msp.later(timedelta(seconds=10))
            assert ws.store.leases.holder(leasing.PSA_LEASE, ws.now()) == lease.holder

    with Database.open(msp.stage.where, msp.stage.key, busy_milliseconds=50) as database:
        asyncio.run(held(opened(database, msp, "default")))
