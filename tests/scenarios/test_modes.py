"""Who writes: nobody in read-only mode, nobody but the safe lines in automatic mode (design section 7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tests.ledger.stage import DAY, Site
from tests.scenarios.msp import (
    CHANGES,
    FIRST,
    GROWN,
    GROWTH,
    MIXED,
    SMALL,
    UNITS,
    USAGE,
    Msp,
    of_line,
    open_msp,
    states,
)

from trueup.app.errors import Exit, UseCaseError
from trueup.core.outcome import OutcomeStatus
from trueup.core.rule import Mode, Rule, RuleLevel
from trueup.core.settings import TenantSettings


@pytest.fixture
def automatic(tmp_path: Path) -> Iterator[Msp]:
    with open_msp(tmp_path, TenantSettings(mode=Mode.AUTOMATIC)) as opened:
        opened.set_up()
        yield opened


def nothing_is_applied(msp: Msp, plan: object) -> None:
    with pytest.raises(UseCaseError) as refused:
        msp.apply(plan)  # type: ignore[arg-type]
    assert refused.value.exit_code is Exit.REFUSED
    assert msp.psa.sends() == 0


def test_read_only_mode_plans_and_writes_nothing(msp: Msp) -> None:
    msp.choose(mode=Mode.READ_ONLY)
    msp.grow()
    plan = msp.plan()
    assert {(int(o.line_id), a.day, a.change) for o in plan.outcomes for a in o.adjustments} == CHANGES
    with pytest.raises(UseCaseError) as refused:
        msp.approve(plan)
    assert refused.value.reason.code == "apply.read_only"
    nothing_is_applied(msp, plan)
    assert msp.units_now() == UNITS


def test_a_plan_approved_before_the_tenant_went_read_only_is_not_written(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.choose(mode=Mode.READ_ONLY)
    nothing_is_applied(msp, plan)
    assert msp.units_now() == UNITS


def test_a_service_kept_read_only_is_not_written_while_the_tenant_is_automatic(automatic: Msp) -> None:
    with automatic.stage.open() as ws:
        for rule in ws.store.rules.list():
            if rule.service_id == "10":
                ws.store.rules.save(replace(rule, mode=Mode.READ_ONLY), "tests", now=ws.now())
    plan = automatic.approved_plan()
    automatic.apply(plan)
    assert automatic.psa.accepted() == [(MIXED, GROWN, 2)]


def test_automatic_mode_sends_what_passes_every_rail_without_a_person(automatic: Msp) -> None:
    automatic.grow()
    plan = automatic.plan()
    applied = automatic.apply(plan)
    assert set(states(applied).values()) == {"done"}
    assert set(automatic.psa.accepted()) == CHANGES
    assert automatic.verify(applied).right


def test_automatic_mode_leaves_what_a_rail_holds_to_a_person(automatic: Msp) -> None:
    half = {**GROWTH, "Boulangerie Petit": Site({"desktop": 5, "laptop": 1, "server": 1})}
    for day in (12, 13, 14):  # a fall has to stand for three days
        automatic.night(date(2026, 11, day))
        automatic.collect({**half, "Garage du Lac": USAGE["Garage du Lac"]})
    plan = automatic.plan()
    held = of_line(plan, MIXED)
    assert held.status is OutcomeStatus.HELD
    assert held.adjustments
    automatic.apply(plan)
    assert [change[0] for change in automatic.psa.accepted()] == [1000]


@pytest.mark.parametrize(("edit", "nights"), [(-1, 1), (1, 3)], ids=["rise", "fall_that_had_to_settle"])
def test_automatic_mode_never_sends_the_first_change_of_a_line(edit: int, nights: int, tmp_path: Path) -> None:
    """A rule takes over a line whose units were wrong: a person looks first, however long the change took to settle."""
    with open_msp(tmp_path, TenantSettings(mode=Mode.AUTOMATIC)) as msp:
        msp.psa.edit(MIXED, date(2026, 11, 1), edit)
        plan = msp.set_up()
        for number in range(1, nights):
            msp.night(FIRST + number * DAY)
            msp.collect()
            plan = msp.plan()
        first = of_line(plan, MIXED)
        assert first.first_time
        assert first.adjustments
        nothing_is_applied(msp, plan)
        msp.approve(plan, {MIXED}, first.releasable, "the units were wrong")
        msp.apply(plan)
        assert [(line, change) for line, _, change in msp.psa.accepted()] == [(MIXED, -edit)]


def test_automatic_mode_never_sends_what_rests_on_a_guess(automatic: Msp) -> None:
    with automatic.stage.open() as ws:
        guess = "datto_rmm.desktop + datto_rmm.laptop + datto_rmm.datto_switch"
        line = str(SMALL)
        rule = Rule("guess", RuleLevel.LINE, "10", line, guess, cutover=FIRST)
        ws.store.rules.save(rule, "tests", now=ws.now())
    automatic.plan()
    automatic.grow()
    plan = automatic.plan()
    assert of_line(plan, SMALL).guessed
    assert of_line(plan, SMALL).adjustments
    automatic.apply(plan)
    assert set(automatic.psa.accepted()) == {change for change in CHANGES if change[0] != SMALL}


def test_manual_mode_waits_for_a_person(msp: Msp) -> None:
    msp.grow()
    nothing_is_applied(msp, msp.plan())
