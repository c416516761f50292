"""A tenant that is deleted, or told to rest, while something of it is under way: a clear word, nothing after it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.scenarios.msp import FIRST, GROWN, GROWTH, Msp, open_msp
from tests.scenarios.usage_files import Distributor, text_of
from tests.web.hub import Hub, complete, opened, usage

from trueup.app.jobs.port import ACTOR, round_of
from trueup.app.people.installation import Installation
from trueup.app.platform import tenants
from trueup.app.workspace import workspaces_of
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.store import across_tenants
from trueup.store.database import Database
from trueup.store.every_table import TENANT_TABLES


@pytest.fixture
def msp(tmp_path: Path) -> Iterator[Msp]:
    with open_msp(tmp_path, TenantSettings(mode=Mode.AUTOMATIC)) as found:
        found.set_up()
        yield found


@pytest.mark.parametrize("where", ["module", "psa"])
def test_a_tenant_deleted_while_its_round_runs_ends_it_by_name_and_leaves_no_row(msp: Msp, where: str) -> None:
    msp.rmm.show(GROWTH)
    msp.night(GROWN)
    if where == "module":
        msp.rmm.fault("slow", seconds=60, path="/v2/*", times=1)
    else:
        msp.psa.fault("slow", seconds=60, action="query", times=1)
    with Database.open(msp.stage.where, msp.stage.key) as database:
        house = Installation(database, msp.stage.clock)
        workspaces = workspaces_of(database, msp.stage.clock, msp.stage.accounts, ACTOR)

        async def both() -> set[str]:
            running = asyncio.create_task(round_of(workspaces, "default"))
            kind = "collect" if where == "module" else "plan"
            for _ in range(600):
                newest = await asyncio.to_thread(database.tenant("default").runs.list, kind=kind, limit=1)
                if newest[0].status == "running":
                    break
                await asyncio.sleep(0.05)
            await tenants.delete_tenant(house, "default", "default", "olga", force=True)
            assert not running.done()
            (msp.rmm if where == "module" else msp.psa).heal()
            return {reason.code for _, reason in (await running).trouble}

        assert asyncio.run(both()) == {"store.unknown_tenant"}
        assert database.tenants() == ()
        with across_tenants.everything(database._engine) as connection:
            for table in TENANT_TABLES:
                left = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar()
                assert left == 0, table.name
    assert msp.psa.sends() == 0


def test_a_suspended_tenant_takes_no_push_and_says_so(tmp_path: Path) -> None:
    for hub in opened(tmp_path):
        assert _pushed(hub) == (200, None)
        before = hub.ws.store.runs.list()
        with hub.ws.store.writing():
            _suspend(hub)
        assert _pushed(hub) == (409, "platform.suspended")
        assert hub.ws.store.runs.list() == before


def _pushed(hub: Hub) -> tuple[int, str | None]:
    answer = hub.push(usage("acme", 5), complete("acme"))
    return answer.status_code, answer.json().get("code")


def _suspend(hub: Hub) -> None:
    from dataclasses import replace

    settings = hub.ws.store.settings.get()
    hub.ws.store.settings.save(replace(settings, suspended=True), "olga", now=hub.ws.now())


def test_a_suspended_tenant_takes_no_file_and_says_so(msp: Msp, tmp_path: Path) -> None:
    from trueup.app.errors import Exit, UseCaseError
    from trueup.app.usage.importing import Asked, ImportState

    files = Distributor(msp, tmp_path)
    msp.choose(suspended=True)
    with pytest.raises(UseCaseError) as refused:
        files.deliver(FIRST, {"Garage du Lac": 11})
    assert (refused.value.reason.code, refused.value.exit_code) == ("platform.suspended", Exit.REFUSED)
    shown = files.take(text_of(FIRST, {"Garage du Lac": 11}), Asked(preview=True))
    assert shown.state is ImportState.PREVIEW, "what a file says may be looked at"
    with msp.stage.open() as ws:
        assert ws.store.usage.delivered_days("distributor") == ()
    msp.choose(suspended=False)
    assert files.deliver(FIRST, {"Garage du Lac": 11}).state is ImportState.RECORDED
