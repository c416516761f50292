"""Two runs at once for one tenant: one of them waits or is told so, and nothing is lost or done twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.scenarios.msp import CHANGES, GROWN, GROWTH, Msp, states

from trueup.app.errors import UseCaseError
from trueup.store.errors import StoreError
from trueup.store.plans import OPEN, SUPERSEDED


def at_once(*uses: Callable[[], object]) -> list[object]:
    """Each in a thread of its own, begun together; what each gave or raised."""
    gate = threading.Barrier(len(uses))

    def one(use: Callable[[], object]) -> object:
        gate.wait()
        try:
            return use()
        except (UseCaseError, StoreError) as error:
            return error

    with ThreadPoolExecutor(len(uses)) as pool:
        return list(pool.map(one, uses))


def test_two_applies_at_once_send_each_change_once(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.psa.fault("slow", seconds=1, times=1)
    results = at_once(lambda: msp.apply(plan), lambda: msp.apply(plan))
    told = [error.reason.code for error in results if isinstance(error, UseCaseError)]
    assert told == ["apply.another_run"]
    assert sorted(msp.psa.accepted()) == sorted(CHANGES)
    assert msp.psa.sends() == len(CHANGES)


def test_the_lease_of_a_run_that_ended_does_not_block_the_next(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.psa.fault("locked-user", times=1)
    msp.apply(plan)
    msp.psa.order("unlock-user", user_name="api@msp.example")
    msp.apply(plan)
    assert sorted(msp.psa.accepted()) == sorted(CHANGES)


def test_a_run_that_lost_its_lease_sends_nothing_more(msp: Msp) -> None:
    """It slept in its first call for longer than its lease; another run took over and did the rest."""
    plan = msp.approved_plan()
    msp.psa.fault("slow", seconds=60, times=1)
    with ThreadPoolExecutor(1) as pool:
        sleeping = pool.submit(msp.apply, plan)
        while not msp.psa.accepted():
            assert not sleeping.done()
        msp.later(timedelta(minutes=11))
        msp.apply(plan)
        msp.psa.heal()
        with pytest.raises(UseCaseError) as lost:
            sleeping.result()
    assert lost.value.reason.code == "apply.lease_lost"
    assert sorted(msp.psa.accepted()) == sorted(CHANGES)
    assert msp.psa.sends() == len(CHANGES)


def test_two_plans_at_once_leave_one_open_plan(msp: Msp) -> None:
    msp.grow()
    at_once(msp.plan, msp.plan)
    with msp.stage.open() as ws:
        saved = ws.store.plans.list()
    assert [plan.state for plan in saved].count(OPEN) == 1
    assert {plan.state for plan in saved[1:]} == {SUPERSEDED}
    assert saved[0].plan.checksum == saved[1].plan.checksum
    msp.approve(saved[0].plan)
    assert set(states(msp.apply(saved[0].plan)).values()) == {"done"}
    assert sorted(msp.psa.accepted()) == sorted(CHANGES)


def test_two_collections_at_once_leave_one_truth(msp: Msp) -> None:
    msp.night(GROWN)
    msp.rmm.show(GROWTH)
    at_once(msp.collect, msp.collect)
    plan = msp.plan()
    assert {(int(o.line_id), a.day, a.change) for o in plan.outcomes for a in o.adjustments} == CHANGES
