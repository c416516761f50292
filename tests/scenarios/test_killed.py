"""Killing the process at any point of apply and starting again ends with the right units."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests import forked
from tests.forked import Child
from tests.ledger.stage import DAY, Site
from tests.scenarios import apply_process
from tests.scenarios.msp import FIRST, MIXED, UNITS, USAGE, WORKSTATIONS, Msp, open_msp, states

from trueup.app.errors import UseCaseError
from trueup.core.outcome import OutcomeStatus, Plan
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings, Thresholds
from trueup.store.journal import IntentState

LEASE_RUN_OUT = timedelta(minutes=11)
LATE = 100
"""Seconds for which a late call is held up: until the test lets it go."""
SHARES = 4
"""The points are shared among tests, so that they can run side by side."""
FREE = Thresholds(
    line_move_units=10_000,
    customer_amount=Decimal(1_000_000),
    module_rise_share=Decimal(10),
    module_period_rise_share=Decimal(10),
    plan_base=10_000,
)
"""Growth of one device a night for weeks, which is no matter for the rails here."""


class Nights:
    """One night after the other; on each both Morel and Petit get one more laptop."""

    def __init__(self, msp: Msp) -> None:
        self.msp = msp
        self.grown = 0
        self.expected: list[tuple[int, date, int]] = []

    def approved_plan(self, days: int = 1) -> Plan:
        """The approved plan of a new night, after so many days with growth; nothing in it waits for a person."""
        msp = self.msp
        tonight = []
        for _ in range(days):
            self.grown += 1
            day = FIRST + self.grown * DAY
            msp.night(day)
            msp.collect(self._usage())
            tonight += [(WORKSTATIONS, day, 1), (MIXED, day, 1)]
        plan = msp.plan()
        msp.approve(plan)
        changes = [o for o in plan.outcomes if o.status is OutcomeStatus.CHANGE]
        assert sorted((int(o.line_id), a.day, a.change) for o in changes for a in o.adjustments) == sorted(tonight)
        self.expected += tonight
        return plan

    def _usage(self) -> Mapping[str, Site]:
        grown = {name: dict(site.devices) for name, site in USAGE.items()}
        for name in ("Ateliers Morel", "Boulangerie Petit"):
            grown[name]["laptop"] += self.grown
        return {name: Site(devices) for name, devices in grown.items()}

    def start_again(self, plan: Plan) -> None:
        """Apply until nothing is left, in new processes' stead with new workspaces."""
        for _ in range(4):
            self.msp.later(LEASE_RUN_OUT)
            if self.msp.apply_the_rest(plan) is None:
                return
        pytest.fail("it never came to an end")

    def all_is_right(self) -> None:
        assert sorted(self.msp.psa.accepted()) == sorted(self.expected)
        wanted = {**UNITS, WORKSTATIONS: UNITS[WORKSTATIONS] + self.grown, MIXED: UNITS[MIXED] + self.grown}
        for day in (self.msp.day, self.msp.day + timedelta(days=40)):
            assert self.msp.units_now(day) == wanted


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Nights]:
    with open_msp(tmp_path, TenantSettings(mode=Mode.MANUAL, thresholds=FREE)) as opened:
        opened.set_up()
        yield Nights(opened)


def applying(msp: Msp, plan: Plan, *kill: str) -> Child:
    """A process that applies the plan."""
    stage = msp.stage
    told = [stage.where, str(stage.key_file), plan.id, stage.clock.now().isoformat(), *kill]
    return Child(apply_process.main, told, stage.key_file.parent)


def command(msp: Msp, plan: Plan) -> Child:
    """The command that a person would type, with the machine's clock."""
    stage = msp.stage
    told = ["apply", plan.id, "--store", stage.where, "--key-file", str(stage.key_file)]
    return Child(forked.typed, told, stage.key_file.parent)


def ended(process: Child) -> int:
    """Its exit code; the process's own complaint where it failed."""
    code = process.ended()
    assert code <= 0, process.err
    return code


def commits_of_a_whole_run(nights: Nights) -> int:
    process = applying(nights.msp, nights.approved_plan())
    assert ended(process) == 0
    nights.all_is_right()
    return int(process.out)


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_step_of_the_journal_it_ends_right(when: str, share: int, nights: Nights) -> None:
    steps = commits_of_a_whole_run(nights)
    assert steps > 2 * SHARES
    for number in range(1 + share, steps + 1, SHARES):
        plan = nights.approved_plan()
        assert ended(applying(nights.msp, plan, when, str(number))) != 0, f"it was not killed {when} commit {number}"
        nights.start_again(plan)
        nights.all_is_right()


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_it_ends_right(seed: int, nights: Nights) -> None:
    chance = random.Random(seed)
    plan = nights.approved_plan()
    began = time.monotonic()
    assert ended(applying(nights.msp, plan)) == 0
    whole = time.monotonic() - began
    for _ in range(3):
        plan = nights.approved_plan()
        process = applying(nights.msp, plan)
        time.sleep(whole * chance.uniform(0.1, 1.0))
        process.kill()
        process.ended()
        nights.start_again(plan)
        nights.all_is_right()


def killed_while_waiting(
    nights: Nights,
    plan: Plan,
    fault: str,
    skip: int = 0,
    start: Callable[[Msp, Plan], Child] = applying,
    **options: object,
) -> None:
    """Kill the process while an adjustment (the first, or the one after `skip` others) is on its way."""
    msp = nights.msp
    before = msp.psa.sends()
    msp.psa.fault(fault, skip=skip, **options)
    process = start(msp, plan)
    while msp.psa.sends() <= before + skip:
        assert process.poll() is None, process.err
        time.sleep(0.01)
    time.sleep(0.1)
    process.kill()
    process.ended()


def test_killed_after_the_psa_took_it_but_before_it_answered_it_ends_right(nights: Nights) -> None:
    plan = nights.approved_plan()
    killed_while_waiting(nights, plan, "slow", seconds=LATE)
    assert len(nights.msp.psa.accepted()) == 1
    assert [intent.state for intent in nights.msp.intents()] == [IntentState.SENT, IntentState.INTENDED]
    nights.start_again(plan)
    nights.all_is_right()


def test_killed_before_the_psa_took_it_the_successor_waits_until_it_cannot_arrive_any_more(nights: Nights) -> None:
    """The call goes on at the PSA's side after its sender died, and arrives while the successor is looking."""
    msp = nights.msp
    msp.choose(settle_seconds=3600)
    plan = nights.approved_plan()
    killed_while_waiting(nights, plan, "commit-late", seconds=LATE)
    msp.later(LEASE_RUN_OUT)
    looked = msp.apply(plan)
    assert states(looked)[WORKSTATIONS] == "unsettled"
    msp.psa.let_in(2)
    nights.start_again(plan)
    nights.all_is_right()


@pytest.mark.parametrize("skip", range(4))
@pytest.mark.parametrize("fault", ["slow", "drop"])
def test_killed_between_two_dated_changes_of_one_line_it_ends_right(fault: str, skip: int, nights: Nights) -> None:
    """Two days of growth make two changes for each line, and each keeps its own day."""
    nights.msp.choose(settle_seconds=30)
    plan = nights.approved_plan(days=2)
    if fault == "drop":  # the second call breaks, and so does what follows
        nights.msp.psa.fault("drop", skip=skip)
        nights.msp.apply(plan)
    else:
        killed_while_waiting(nights, plan, "slow", skip, seconds=LATE)
    nights.start_again(plan)
    nights.all_is_right()
    nights.start_again(nights.approved_plan())
    nights.all_is_right()


def test_a_successor_is_told_while_the_dead_process_still_holds_the_lease(nights: Nights) -> None:
    plan = nights.approved_plan()
    killed_while_waiting(nights, plan, "slow", seconds=LATE)
    with pytest.raises(UseCaseError) as told:
        nights.msp.apply(plan)
    assert told.value.reason.code == "apply.another_run"
    nights.start_again(plan)
    nights.all_is_right()


@pytest.mark.parametrize("fault", ["slow", "commit-late"])
def test_the_command_killed_in_the_middle_and_started_again_ends_right(fault: str, nights: Nights) -> None:
    msp = nights.msp
    nights.approved_plan()
    msp.stage.clock.put(datetime.now(UTC))  # the command knows no other clock
    plan = msp.plan()
    msp.approve(plan)
    killed_while_waiting(nights, plan, fault, start=command, seconds=LATE)
    assert command(msp, plan).ended() == 1  # the dead one still holds the lease
    msp.psa.let_in(1)
    nights.start_again(plan)
    nights.all_is_right()


def test_each_attempt_is_on_record(nights: Nights) -> None:
    plan = nights.approved_plan()
    killed_while_waiting(nights, plan, "slow", seconds=LATE)
    nights.start_again(plan)
    with nights.msp.stage.open() as ws:
        runs = ws.store.runs.list(kind="apply")
    assert [run.actor for run in reversed(runs)] == ["child", "tests"]
