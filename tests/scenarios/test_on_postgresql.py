"""The whole way of the data on PostgreSQL: from usage to units read back, past a lost answer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from tests.postgres import Server
from tests.scenarios.msp import CHANGES, GROWN_UNITS, WORKSTATIONS, Msp, of_line, open_msp, states

from trueup.app.errors import UseCaseError
from trueup.core.outcome import OutcomeStatus
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings


@pytest.fixture
def msp(tmp_path: Path, postgresql: Server) -> Iterator[Msp]:
    with postgresql.fresh() as address, open_msp(tmp_path, TenantSettings(mode=Mode.MANUAL), where=address) as opened:
        opened.set_up()
        yield opened


def test_a_night_is_planned_applied_settled_verified_and_undone(msp: Msp):
    plan = msp.approved_plan()
    msp.psa.fault("commit-then-drop")
    assert states(msp.apply(plan))[WORKSTATIONS] == "unsettled"
    again = msp.apply(plan)
    assert [line.state for line in again.settled] == ["done"]
    assert sorted(msp.psa.accepted()) == sorted(CHANGES)
    assert msp.units_now() == GROWN_UNITS
    assert {outcome.status for outcome in msp.plan().outcomes} == {OutcomeStatus.NONE}
    undo = msp.undo(msp.intents()[0].run_id, reason="tried")
    assert of_line(undo, WORKSTATIONS).status is OutcomeStatus.CHANGE


def test_an_edit_by_hand_is_seen_and_waits(msp: Msp):
    plan = msp.approved_plan()
    msp.apply(plan)
    msp.psa.edit(WORKSTATIONS, date(2026, 11, 12), 4)
    assert of_line(msp.plan(), WORKSTATIONS).status is OutcomeStatus.DRIFT


def test_of_two_that_apply_at_once_one_writes_each_change_once(msp: Msp):
    plan = msp.approved_plan()

    def attempt(number: int) -> str:
        del number
        try:
            msp.apply(plan)
        except UseCaseError as error:
            return error.reason.code
        return "applied"

    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(attempt, range(2)))
    assert "applied" in ended
    assert set(ended) <= {"applied", "apply.another_run", "apply.nothing_left"}
    assert sorted(msp.psa.accepted()) == sorted(CHANGES)
