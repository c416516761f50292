"""Tenants come, rest and go: what a suspended one still allows, and what is never deleted by mistake."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from tests.scenarios.msp import CHANGES, Msp, open_msp

from trueup.app.connections.setup import TenantChoices
from trueup.app.errors import Exit, UseCaseError
from trueup.app.people.installation import Installation
from trueup.app.platform import tenants
from trueup.app.platform.standing import standings
from trueup.app.schedule.night import night_round
from trueup.app.schedule.states import sync_now
from trueup.app.writes.leasing import take_lease
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.store.database import Database
from trueup.store.errors import StoreError

T = TypeVar("T")


def run(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(work)


@pytest.fixture
def msp(tmp_path: Path) -> Iterator[Msp]:
    with open_msp(tmp_path, TenantSettings(mode=Mode.MANUAL)) as opened:
        opened.set_up()
        yield opened


@pytest.fixture
def house(msp: Msp) -> Iterator[Installation]:
    with Database.open(msp.stage.where, msp.stage.key) as database:
        yield Installation(database, msp.stage.clock)


def refusal(work: Coroutine[object, object, object]) -> tuple[str, Exit]:
    with pytest.raises(UseCaseError) as refused:
        run(work)
    return refused.value.reason.code, refused.value.exit_code


def test_a_suspended_tenant_can_be_read_and_nothing_else(msp: Msp, house: Installation) -> None:
    plan = msp.approved_plan()
    run(tenants.suspend(house, "default", "olga", "unpaid"))
    before = msp.rmm.control.get("calls")
    for attempt in (msp.collect, msp.plan, lambda: msp.apply(plan)):
        with pytest.raises(UseCaseError) as refused:
            attempt()
        assert (refused.value.reason.code, refused.value.exit_code) == ("platform.suspended", Exit.REFUSED)
    with msp.stage.open() as ws:
        assert refusal(sync_now(ws)) == ("platform.suspended", Exit.REFUSED)
        assert not run(night_round(ws)).did_something
        assert ws.store.plans.get(plan.id).plan.id == plan.id
    assert msp.psa.sends() == 0
    assert msp.rmm.control.get("calls") == before
    run(tenants.resume(house, "default", "olga"))
    msp.apply(plan)
    assert sorted(msp.psa.accepted()) == sorted(CHANGES)


def test_a_tenant_suspended_while_it_is_written_sends_nothing_more(msp: Msp, house: Installation) -> None:
    plan = msp.approved_plan()
    msp.psa.fault("slow", seconds=60, times=1)

    async def both() -> None:
        with msp.stage.open() as ws:
            from trueup.app.writes.applying import apply

            applying = asyncio.create_task(apply(ws, plan.id))
            while not await asyncio.to_thread(msp.psa.arrived):
                assert not applying.done()
            await tenants.suspend(house, "default", "olga", None)
            msp.psa.heal()
            with pytest.raises(UseCaseError):
                await applying

    asyncio.run(both())
    assert msp.psa.sends() < len(CHANGES)
    run(tenants.resume(house, "default", "olga"))
    msp.later(timedelta(minutes=11))
    msp.apply_the_rest(plan)
    assert sorted(msp.psa.accepted()) == sorted(CHANGES)


def test_a_tenant_is_deleted_by_its_name_and_at_rest_only(msp: Msp, house: Installation) -> None:
    plan = msp.approved_plan()
    assert refusal(tenants.delete_tenant(house, "default", "defualt", "olga")) == ("platform.not_confirmed", Exit.USAGE)
    with msp.stage.open() as ws:
        held = take_lease(ws)
        assert held is not None
        assert refusal(tenants.delete_tenant(house, "default", "default", "olga")) == ("platform.runs", Exit.REFUSED)
        ws.store.leases.release(held)
    msp.psa.fault("commit-then-drop")
    msp.apply(plan)
    assert refusal(tenants.delete_tenant(house, "default", "default", "olga")) == ("platform.unsettled", Exit.REFUSED)
    with msp.stage.open() as ws:  # a job that is in the middle of its work
        gone = run(tenants.delete_tenant(house, "default", "default", "olga", force=True))
        assert gone.rows > 20
        with pytest.raises(StoreError) as stopped:
            run(sync_now(ws))
        assert stopped.value.reason.code == "store.unknown_tenant"
    assert house.database.tenants() == ()


def test_each_tenant_stands_for_itself(msp: Msp, house: Installation) -> None:
    msp.approved_plan()
    run(tenants.create_tenant(house, "west", TenantChoices(currency="CHF"), "olga"))
    assert refusal(tenants.create_tenant(house, "We st", TenantChoices(), "olga")) == ("platform.name", Exit.USAGE)
    run(tenants.suspend(house, "west", "olga", None))
    here, west = run(standings(house))
    assert (here.tenant, here.modules, here.modules_in_trouble, here.unsettled) == ("default", 1, 0, 0)
    # by hand: 12 workstations at 12.00, 2 servers at 45.00, 20 devices at 9.00, 11 workstations at 12.00
    assert [str(one.amount) for one in here.billed] == ["546.00"]
    assert (west.tenant, west.suspended, west.modules, west.billed) == ("west", True, 0, ())
