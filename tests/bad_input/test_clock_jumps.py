"""A clock that jumps by hours, forward and back, between nights and in the middle of one: each night is made once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.ledger.stage import night_of
from tests.scenarios.msp import CHANGES, GROWN, GROWN_UNITS, Msp, due_msp

from trueup.app.jobs.port import ACTOR
from trueup.app.plans.planning import make_plan
from trueup.app.schedule.night import Round, night_round
from trueup.app.usage.collecting import collect
from trueup.app.writes.leasing import take_lease
from trueup.core.outcome import OutcomeStatus

HOUR = timedelta(hours=1)


@pytest.fixture
def msp(tmp_path: Path) -> Iterator[Msp]:
    with due_msp(tmp_path) as found:
        yield found


def a_round(msp: Msp) -> Round:
    with msp.stage.open(actor=ACTOR) as ws:
        return asyncio.run(night_round(ws))


def nights(msp: Msp) -> int:
    with msp.stage.open() as ws:
        return len(ws.store.runs.list(kind="night"))


def once(msp: Msp) -> None:
    assert sorted(msp.psa.accepted()) == sorted(CHANGES)
    assert msp.psa.sends() == len(CHANGES)
    assert msp.units_now() == GROWN_UNITS


@pytest.mark.parametrize("hours", [-5, -1, 3, 12])
def test_after_a_night_that_is_done_a_jump_makes_no_second_one(msp: Msp, hours: int) -> None:
    assert a_round(msp).trouble == []
    once(msp)
    msp.later(hours * HOUR)
    again = a_round(msp)
    assert again.plan is None
    once(msp)
    msp.stage.clock.put(night_of(GROWN) + HOUR)
    assert a_round(msp).plan is None
    assert nights(msp) == 1
    once(msp)


@pytest.mark.parametrize("hours", [-3, 3, 9])
def test_a_jump_between_the_collection_and_the_plan_loses_no_night(msp: Msp, hours: int) -> None:
    """Nine hours ahead the day is over, and the plan is made of what was delivered before it closed."""
    with msp.stage.open(actor=ACTOR) as ws:  # the process ends after this
        asyncio.run(collect(ws))
    msp.later(hours * HOUR)
    a_round(msp)
    msp.stage.clock.put(night_of(GROWN) + 10 * HOUR)  # somebody sets the clock
    a_round(msp)
    once(msp)


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_jump_after_a_plan_whose_worker_died_in_the_middle_of_writing_neither_loses_nor_doubles(
    msp: Msp, hours: int
) -> None:
    with msp.stage.open(actor=ACTOR) as ws:
        asyncio.run(collect(ws))
        asyncio.run(make_plan(ws, GROWN))
        assert take_lease(ws, "round") is not None
        assert take_lease(ws) is not None  # and nobody gives them back
    msp.later(hours * HOUR)
    a_round(msp)
    msp.stage.clock.put(night_of(GROWN) + 6 * HOUR)
    a_round(msp)
    once(msp)
    assert {one.status for one in msp.plan().outcomes} == {OutcomeStatus.NONE}


def test_a_dead_worker_s_leases_hold_nobody_up_for_hours_after_the_clock_was_put_back(msp: Msp) -> None:
    msp.stage.clock.put(night_of(GROWN) + 4 * HOUR)
    with msp.stage.open(actor=ACTOR) as ws:
        assert take_lease(ws, "round") is not None
        assert take_lease(ws) is not None
    msp.stage.clock.put(night_of(GROWN))
    assert a_round(msp).trouble == []
    once(msp)
