"""A process that is paused for too long between its claim and its request: it does not send when it wakes up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from tests.scenarios.msp import CHANGES, GROWN_UNITS, MIXED, SMALL, WORKSTATIONS, Msp, open_msp, reasons, states

from trueup.app.writes.leasing import LEASE_SECONDS
from trueup.app.writes.sending import LEAVES_WITHIN
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.store.journal import IntentState


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Msp]:
    """The MSP with three seconds between two adjustments: time enough to let more pass on Trueup's clock."""
    with open_msp(tmp_path, TenantSettings(mode=Mode.MANUAL), {"adjustment_gap_seconds": "3"}) as opened:
        opened.set_up()
        yield opened


def test_a_claimed_change_that_could_not_leave_in_time_is_not_sent_at_all(slow: Msp) -> None:
    msp = slow
    plan = msp.approved_plan()
    with ThreadPoolExecutor(1) as pool:
        applying = pool.submit(msp.apply, plan)
        while not any(one.state is IntentState.SENT for one in msp.intents()) or not msp.psa.accepted():
            assert not applying.done()
            time.sleep(0.05)
        while [one.state for one in msp.intents()].count(IntentState.DONE) < 1:
            time.sleep(0.05)
        while IntentState.SENT not in {one.state for one in msp.intents()}:
            time.sleep(0.05)
        msp.later(LEAVES_WITHIN + timedelta(seconds=1))
        result = applying.result()
    assert states(result) == {WORKSTATIONS: "done", MIXED: "waiting", SMALL: "done"}
    assert reasons(result)[MIXED] == "autotask.too_late"
    assert msp.psa.sends() == 2
    assert {one.state for one in msp.intents() if one.line_id == str(MIXED)} == {IntentState.INTENDED}
    assert states(msp.apply(plan)) == {MIXED: "done"}
    assert sorted(msp.psa.accepted()) == sorted(CHANGES)
    assert msp.units_now() == GROWN_UNITS


def test_what_leaves_does_so_under_a_lease_that_has_not_run_out() -> None:
    """The lease is renewed just before each claim, and a write leaves sooner after its claim than a lease lasts."""
    assert timedelta(seconds=LEASE_SECONDS) > LEAVES_WITHIN


def test_a_look_that_began_too_early_settles_nothing_however_late_its_answer_is(msp: Msp) -> None:
    """It shows the PSA as it was when it was asked; the write may have arrived since."""
    plan = msp.approved_plan()
    msp.psa.fault("drop")
    assert states(msp.apply(plan))[WORKSTATIONS] == "unsettled"
    sends = msp.psa.sends()
    msp.later(timedelta(seconds=345))
    msp.psa.fault("slow", seconds=60, entity="ContractServiceUnits", action="query")
    with ThreadPoolExecutor(1) as pool:
        applying = pool.submit(msp.apply, plan)
        while not msp.psa.arrived():
            assert not applying.done()
        msp.later(timedelta(seconds=15))
        msp.psa.heal()
        result = applying.result()
    assert reasons(result)[WORKSTATIONS] == "held.unsettled"
    assert msp.psa.sends() == sends
    msp.apply(plan)
    assert sorted(msp.psa.accepted()) == sorted(CHANGES)
