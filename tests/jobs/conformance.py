"""What every form of the jobs keeps, played on a small MSP in automatic mode; a form says on which database it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from tests.scenarios.msp import GROWN, GROWTH, MIXED, SMALL, WORKSTATIONS, Msp

from trueup.app.jobs.port import ACTOR, Jobs
from trueup.app.schedule.night import Round
from trueup.app.schedule.states import sync_now
from trueup.app.workspace import Workspace
from trueup.core.settings import TenantSettings
from trueup.store.database import Database

WRITTEN = {(WORKSTATIONS, GROWN, 1), (MIXED, GROWN, 2), (SMALL, GROWN, 1)}


class Form(Protocol):
    """A form of the jobs on an open store; `workspace` opens a tenant. Called inside of a running event loop."""

    def __call__(self, database: Database, msp: Msp) -> Jobs: ...


def opened(database: Database, msp: Msp, tenant: str) -> Workspace:
    return Workspace(database.tenant(tenant), msp.stage.clock, ACTOR, msp.stage.accounts)


@contextmanager
def store_of(msp: Msp) -> Iterator[Database]:
    with Database.open(msp.stage.where, msp.stage.key) as database:
        yield database


class Conformance:
    """Inherited by each form; `form` and `msp` are fixtures. The night of GROWN is due and nobody has collected it."""

    def once(self, form: Form, msp: Msp) -> dict[str, Round]:
        async def played() -> dict[str, Round]:
            return await form(database, msp).once()

        with store_of(msp) as database:
            return asyncio.run(played())

    def due(self, msp: Msp) -> None:
        msp.rmm.show(GROWTH)
        msp.night(GROWN)

    def test_what_is_due_is_done_and_read_back_and_not_done_again(self, form: Form, msp: Msp) -> None:
        self.due(msp)
        done = self.once(form, msp)["default"]
        assert done.trouble == []
        assert done.verified is not None
        assert sorted(msp.psa.accepted()) == sorted(WRITTEN)
        again = self.once(form, msp)
        assert [one for one in again.values() if one.did_something] == []
        assert msp.psa.sends() == len(WRITTEN)

    def test_two_at_once_do_it_once(self, form: Form, msp: Msp) -> None:
        self.due(msp)

        async def both() -> None:
            await asyncio.gather(form(first, msp).once(), form(second, msp).once())

        with store_of(msp) as first, store_of(msp) as second:
            asyncio.run(both())
        self.once(form, msp)
        assert sorted(msp.psa.accepted()) == sorted(WRITTEN)
        assert msp.psa.sends() == len(WRITTEN)

    def test_a_tenant_that_cannot_be_played_hides_no_other(self, form: Form, msp: Msp) -> None:
        with store_of(msp) as database:
            database.create_tenant("broken", TenantSettings(time_zone="Nowhere/At_all"), now=msp.stage.clock.now())
        self.due(msp)
        self.once(form, msp)
        assert sorted(msp.psa.accepted()) == sorted(WRITTEN)

    def test_a_round_cut_off_after_its_plan_is_carried_out_by_the_next(self, form: Form, msp: Msp) -> None:
        self.due(msp)
        with msp.stage.open(actor=ACTOR) as ws:  # the process dies between plan and write
            from trueup.app.plans.planning import make_plan
            from trueup.app.usage.collecting import collect

            asyncio.run(collect(ws))
            asyncio.run(make_plan(ws, GROWN))
        msp.later(timedelta(minutes=2))
        self.once(form, msp)
        assert sorted(msp.psa.accepted()) == sorted(WRITTEN)

    def test_it_runs_until_it_is_told_to_stop_and_does_what_somebody_asks_for(self, form: Form, msp: Msp) -> None:
        async def played() -> None:
            jobs = form(database, msp)
            running = asyncio.create_task(jobs.run())
            await sync_now(opened(database, msp, "default"))
            for _ in range(300):
                if await asyncio.to_thread(self.asked, database, msp):
                    break
                await asyncio.sleep(0.1)
            jobs.stop()
            await asyncio.wait_for(running, 20)

        self.due(msp)
        with store_of(msp) as database:
            before = len(database.tenant("default").runs.list(kind="collect"))
            asyncio.run(played())
            assert len(database.tenant("default").runs.list(kind="collect")) > before

    @staticmethod
    def asked(database: Database, msp: Msp) -> bool:
        """Whether the round that somebody asked for is on record."""
        return bool(opened(database, msp, "default").store.runs.list(kind="night"))
