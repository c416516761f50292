"""Rules tried on two past months of a small MSP (`past.py`), beside what the PSA billed.

The clerk never changed anything: it bills 12 workstations of Morel in both months. All sums were worked out by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.scenarios.msp import RULES, WORKSTATIONS, Msp
from tests.scenarios.past import OCTOBER, SEPTEMBER, open_past

from trueup.app.errors import UseCaseError
from trueup.app.rulebook.rules import RuleDraft, set_rule
from trueup.app.simulations.approving import approve_simulation
from trueup.app.simulations.simulating import simulate
from trueup.core.rule import Basis, RuleLevel, Timing
from trueup.core.simulation.simulation import SimulatedLine, SimulatedMonth, Simulation


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Msp]:
    with open_past(tmp_path_factory.mktemp("past")) as msp:
        yield msp


def tried(msp: Msp, **parts: object) -> Simulation:
    draft = RuleDraft(service="10", **{"quantity": RULES[10], **parts})  # type: ignore[arg-type]
    return msp.work(lambda ws: simulate(ws, [draft], SEPTEMBER, OCTOBER))


def line_of(made: Simulation, line: int = WORKSTATIONS) -> SimulatedLine:
    return next(one for one in made.lines if one.line_id == str(line))


def months(made: Simulation, line: int = WORKSTATIONS) -> tuple[SimulatedMonth, ...]:
    return line_of(made, line).months


def test_each_month_shows_what_the_rule_would_have_billed_beside_what_was_billed(past: Msp) -> None:
    september, october = months(tried(past))
    assert (september.billed_units, september.simulated_units) == (12, 14)
    assert (september.billed, september.simulated) == (Decimal("144.00"), Decimal("156.00"))
    assert (october.billed_units, october.simulated_units) == (12, 11)
    assert (october.billed, october.simulated) == (Decimal("144.00"), Decimal("142.45"))
    assert (september.unknown_days, october.unknown_days) == (2, 0)


def test_a_line_whose_usage_never_moved_agrees_to_the_cent(past: Msp) -> None:
    for month in months(tried(past), 3000):
        assert (month.billed, month.simulated, month.held) == (Decimal("132.00"), Decimal("132.00"), False)


def test_another_timing_moves_the_change_to_the_next_period(past: Msp) -> None:
    september, october = months(tried(past, preset="month-end"))
    assert (september.simulated_units, september.simulated) == (12, Decimal("144.00"))
    assert (october.simulated_units, october.simulated) == (14, Decimal("168.00"))


def test_another_basis_bills_the_peak_of_the_period(past: Msp) -> None:
    parts = {"basis": Basis.PEAK, "increase": Timing.PERIOD_START, "decrease": Timing.PERIOD_START}
    september, october = months(tried(past, **parts))
    assert (september.simulated, october.simulated) == (Decimal("168.00"), Decimal("168.00"))


def test_a_fall_that_a_rail_holds_counts_and_is_named(past: Msp) -> None:
    _, october = months(tried(past, quantity="max(datto_rmm.laptop - 2, 0) * 4"))
    assert (october.simulated_units, october.held) == (0, True)
    assert [one.code for one in october.reasons] == ["held.to_zero"]


def test_a_site_that_nobody_mapped_is_not_known_instead_of_zero(past: Msp) -> None:
    made = tried(past, quantity="datto_rmm.desktop", organizations=("Boulangerie Petit",))
    assert {month.simulated_units for line in made.lines for month in line.months} == {None}
    assert (made.total.unsaid, made.total.billed) == (4, {})


def test_the_sums_hold_only_what_could_be_said_on_both_sides(past: Msp) -> None:
    made = tried(past)
    assert made.total.billed == {None: Decimal("552.00")}
    assert made.total.simulated == {None: Decimal("562.45")}
    assert made.total.difference == {None: Decimal("10.45")}
    assert [(month, found.simulated_units) for month, found in made.by_month] == [(SEPTEMBER, 25), (OCTOBER, 22)]
    assert [name for name, _ in made.by_customer] == ["Ateliers Morel", "Garage du Lac"]


def test_months_before_the_first_collection_are_not_known(past: Msp) -> None:
    draft = RuleDraft(service="10", quantity=RULES[10])
    made = past.work(lambda ws: simulate(ws, [draft], date(2026, 8, 1), SEPTEMBER))
    august, september = line_of(made).months
    assert (august.billed_units, august.simulated_units, august.simulated) == (12, None, None)
    assert august.unknown_days == 31
    assert september.simulated == Decimal("156.00")
    assert [one.code for one in made.notes] == ["simulate.usage_begins"]
    with pytest.raises(UseCaseError) as refused:
        past.work(lambda ws: simulate(ws, [draft], date(2026, 7, 1), date(2026, 8, 1)))
    assert refused.value.reason.code == "simulate.no_usage"


def test_nothing_is_written_and_no_rule_is_changed_by_simulating(past: Msp) -> None:
    tried(past)
    assert past.psa.accepted() == []
    with past.stage.open() as ws:
        assert ws.store.rules.list() == ()
        assert ws.store.psa.known() == {}


def test_what_was_shown_becomes_the_rule_from_today_on_once(tmp_path: Path) -> None:
    with open_past(tmp_path) as own:
        made = tried(own, minimum=5)
        with pytest.raises(UseCaseError) as refused:
            own.work(lambda ws: approve_simulation(ws, made.id, "another"))
        assert refused.value.reason.code == "simulate.other_checksum"
        own.work(lambda ws: approve_simulation(ws, made.id, made.checksum, "the clerk agreed"))
        with own.stage.open() as ws:
            (rule,) = ws.store.rules.list()
            assert (rule.quantity, rule.policy.minimum, rule.cutover) == (RULES[10], 5, date(2026, 11, 3))
            assert "simulation.approved" in [one.action for one in ws.store.audit.list()]
        with pytest.raises(UseCaseError) as again:
            own.work(lambda ws: approve_simulation(ws, made.id, made.checksum))
        assert again.value.reason.code == "simulate.approved_before"
        later = tried(own, minimum=6)
        narrower = RuleDraft(service="10", level=RuleLevel.LINE, target=str(WORKSTATIONS), quantity="datto_rmm.laptop")
        own.work(lambda ws: set_rule(ws, narrower))
        with pytest.raises(UseCaseError) as meanwhile:
            own.work(lambda ws: approve_simulation(ws, later.id, later.checksum))
        assert meanwhile.value.reason.code == "simulate.rules_changed"
        assert meanwhile.value.reason.get("rules") == "line-1000"
        with own.stage.open() as ws:
            assert [one.policy.minimum for one in ws.store.rules.list() if one.id == rule.id] == [5]
