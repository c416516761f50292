"""Guard rails over several nights, on the whole system."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.ledger.stage import DAY, Site
from tests.scenarios.msp import FIRST, GROWN, GROWTH, MIXED, SMALL, USAGE, WORKSTATIONS, Msp, of_line

from trueup.app.counting.metrics import define
from trueup.core.outcome import OutcomeStatus
from trueup.core.rails.thresholds import ThresholdChoice, ThresholdLevel


def set_parts(msp: Msp, level: ThresholdLevel, target: str, **parts: str) -> None:
    with msp.stage.open() as ws:
        choice = ThresholdChoice(level, target, tuple(sorted(parts.items())))
        ws.store.rails.save(choice, "anna", now=ws.now())


def test_a_line_has_the_numbers_of_its_service_and_its_own(msp: Msp) -> None:
    set_parts(msp, ThresholdLevel.SERVICE, "10", line_move_units="0", line_move_share="0.05")
    set_parts(msp, ThresholdLevel.LINE, str(SMALL), line_move_units="1")
    msp.grow()
    plan = msp.plan()
    assert of_line(plan, WORKSTATIONS).releasable == ("large_move",)  # 12 to 13: 8 %, more than 0 units
    assert of_line(plan, SMALL).status is OutcomeStatus.CHANGE  # one unit is not more than one
    assert of_line(plan, MIXED).status is OutcomeStatus.CHANGE


def test_a_jump_of_a_module_that_nobody_looked_at_still_waits_on_the_next_night(msp: Msp) -> None:
    """58 items; 18 more are 31 %. On the second night the total is what it was the night before."""
    jump = {**USAGE, "Garage du Lac": Site({"desktop": 10, "laptop": 19})}
    for night in (GROWN, GROWN + DAY):
        msp.night(night)
        msp.collect(jump)
        assert "module_total" in of_line(msp.plan(), SMALL).releasable


def test_an_item_that_several_billing_types_count_counts_once(msp: Msp) -> None:
    """17 items of Petit and Morel, 58 in all: five more are 8.6 %, whatever the billing types add up to."""
    msp.grow()
    assert of_line(msp.plan(), SMALL).status is OutcomeStatus.CHANGE


def test_a_metric_defined_anew_holds_the_lines_that_count_by_it(msp: Msp) -> None:
    msp.work(lambda ws: define(ws, "workstations", "datto_rmm.desktop + datto_rmm.laptop"))
    with msp.stage.open() as ws:
        rule = ws.store.rules.get("rule-10")
        ws.store.rules.save(replace(rule, quantity="workstations"), "tests", now=ws.now())
    msp.night(FIRST)
    assert of_line(msp.plan(), WORKSTATIONS).status is OutcomeStatus.NONE
    msp.later(timedelta(minutes=1))
    msp.work(lambda ws: define(ws, "workstations", "datto_rmm.desktop", replaces=True))
    for night in (GROWN, GROWN + DAY, GROWN + 2 * DAY):
        msp.night(night)
        msp.collect(GROWTH)
        outcome = of_line(msp.plan(), WORKSTATIONS)
        if outcome.status is not OutcomeStatus.SCHEDULED:
            assert "definition_changed" in outcome.releasable
    assert outcome.status is OutcomeStatus.HELD
    assert of_line(msp.plan(), MIXED).status is OutcomeStatus.CHANGE
