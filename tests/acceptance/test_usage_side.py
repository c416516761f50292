"""Acceptance cases, taken from failures of other tools: what goes wrong between a source of usage and a quantity.

docs/acceptance.md lists all cases; the other half is in test_contract_side.py. Every figure was worked out by hand.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response
from tests.acceptance.product import SECOND, open_product
from tests.acceptance.product import of_line as line_of
from tests.ledger.case import CASES, load_case
from tests.ledger.comparing import differences
from tests.ledger.playing import play
from tests.ledger.stage import RMM, Site, uid_of
from tests.scenarios.msp import (
    GROWN,
    GROWN_UNITS,
    GROWTH,
    MIXED,
    SMALL,
    UNITS,
    USAGE,
    WORKSTATIONS,
    codes_of,
    of_line,
    open_msp,
)

from trueup.app.counting.metrics import define
from trueup.app.errors import UseCaseError
from trueup.app.plans.planning import make_plan
from trueup.app.rulebook.rules import RuleDraft, set_rule
from trueup.core.outcome import OutcomeStatus
from trueup.core.rule import PRESETS, RuleLevel
from trueup.core.usage import MetricKind

CHANGE, NONE = OutcomeStatus.CHANGE, OutcomeStatus.NONE
EMPTY = {name: Site() for name in USAGE}


def test_empty_source(tmp_path: Path) -> None:
    """Elsewhere a source that answers with an empty list sets every line to 0, with credits for all customers.
    Trueup does not believe that a full account emptied overnight: nothing is sent, and a day later all goes on."""
    with open_msp(tmp_path) as msp:
        msp.set_up()
        msp.night(GROWN)
        collected = msp.collect(EMPTY)
        assert collected.failure is not None
        assert collected.failure.reason.code == "module.empty"
        assert not any(outcome.adjustments for outcome in msp.plan().outcomes)
        assert msp.units_now() == UNITS
        msp.night(date(2026, 11, 13))
        msp.collect(GROWTH)
        plan = msp.plan()
        msp.approve(plan)
        msp.apply(plan)
        day = date(2026, 11, 13)  # the 12th is a gap: nobody knows what it was
        assert set(msp.psa.accepted()) == {(WORKSTATIONS, day, 1), (MIXED, day, 2), (SMALL, day, 1)}


FAN_OUT = """
streams:
  tenants: {get: /tenants, fields: {id: id, name: name}}
  seats:
    for_each: {stream: tenants, organization: id, distinct: id}
    get: /tenants/{id}/seats
    fields: {key: key, org: {parent: id}}
    item: {key: key, organization: org, attributes: []}
organizations: {stream: tenants, key: id, name: name}
billing_types:
  seats: {label: Seats}
"""
TENANTS = [{"id": "a", "name": "Alpha"}, {"id": "b", "name": "Beta"}, {"id": "c", "name": "Gamma"}]


def _seats(failing: str, **counts: int):
    def script(request: Request) -> object:
        if request.url.path == "/tenants":
            return TENANTS
        tenant = request.url.path.split("/")[2]
        if tenant == failing:
            return Response("{", 200)
        return [{"key": f"seat-{number}"} for number in range(counts[tenant])]

    return script


def test_failed_tenant(tmp_path: Path) -> None:
    """Elsewhere one customer's tenant that cannot be read counts as 0, or stops the run for all customers.
    Trueup leaves that customer's line as it is and says why; the neighbours' lines follow their usage."""
    with open_product(tmp_path, FAN_OUT, _seats("", a=3, b=2, c=1), {"a": 3, "b": 2, "c": 1}) as product:
        product.script = _seats("b", a=4, b=0, c=2)
        collected = product.night(SECOND)
        assert [note.get("organization") for note in collected.notes if note.code == "module.child_failed"] == ["b"]
        plan = product.plan()
        assert [outcome.status for outcome in map(partial(line_of, plan), (1000, 2000, 3000))] == [CHANGE, NONE, CHANGE]
        # +1 at 6.00 from 12 November: 19 of 30 days, 6.00 x 19 / 30 = 3.80
        assert [line_of(plan, line).amount for line in (1000, 3000)] == [Decimal("3.80")] * 2
        assert "note.partly_read" in codes_of(line_of(plan, 2000))
        assert product.send(plan) == [(1000, SECOND, 1), (3000, SECOND, 1)]
        assert [product.stage.psa.units(line, SECOND) for line in (1000, 2000, 3000)] == [4, 2, 2]
        for day in (13, 14):  # as long as a fall needs to settle
            product.night(date(2026, 11, day))
            plan = product.plan()
            assert [line_of(plan, line).status for line in (1000, 2000, 3000)] == [NONE, NONE, NONE]


def _list_of(rows: str) -> str:
    """A catalogue file whose items come in one list for all tenants."""
    return f"""
streams:
  tenants: {{get: /tenants, fields: {{id: id, name: name}}}}
  {rows}
organizations: {{stream: tenants, key: id, name: name}}
"""


SUBSCRIPTIONS = _list_of(
    "subscriptions: {get: /subscriptions, item: {key: id, organization: org, attributes: [seats, sku]},"
    " fields: {id: id, org: org, sku: sku, seats: {paths: [seats], kind: number}}}"
)
SEATS_SUMMED = "billing_types:\n  seats: {label: Seats, measure: sum, field: seats}\n"


def test_two_subscriptions_of_one_product_on_one_line(tmp_path: Path) -> None:
    """Elsewhere each of two subscriptions is compared with the line by itself, and the last one read overwrites it.
    Trueup adds them before it compares: 7 + 5 seats are right on a line of 12, and 7 + 6 are one change of +1."""

    def bought(first: int, second: int):
        rows = [
            {"id": f"sub-{n}", "org": "a", "sku": "Premium", "seats": n_seats}
            for n, n_seats in enumerate((first, second))
        ]
        return lambda request: TENANTS[:1] if request.url.path == "/tenants" else rows

    with open_product(tmp_path, SUBSCRIPTIONS + SEATS_SUMMED, bought(7, 5), {"a": 12}) as product:
        assert line_of(product.plan(), 1000).status is NONE
        product.script = bought(7, 6)
        product.night(SECOND)
        plan = product.plan()
        assert (line_of(plan, 1000).before, line_of(plan, 1000).after) == (12, 13)
        assert product.send(plan) == [(1000, SECOND, 1)]


def test_last_months_period_against_todays_inventory(tmp_path: Path) -> None:
    """Elsewhere a billing run on the 2nd compares the period that ended with the devices of that moment, and bills
    December's machines in November. Trueup plans for the day that ended by what was measured on that day."""
    ended, today = date(2026, 11, 30), date(2026, 12, 1)
    grown = {**GROWTH, "Ateliers Morel": Site({"desktop": 9, "laptop": 6, "server": 2, "printer": 4})}
    with open_msp(tmp_path) as msp:
        msp.set_up()
        with msp.stage.open() as ws:  # Petit is billed at month end, the others from the day of the change
            rule = replace(ws.store.rules.get("rule-12"), timing=PRESETS["month-end"])
            ws.store.rules.save(rule, "tests", now=ws.now())
        for day, shown in ((ended, GROWTH), (today, grown)):
            msp.night(day)
            msp.collect(shown)
        plan = msp.work(lambda ws: make_plan(ws, ended))
        # 13 workstations on 30 November: +1 for one of 30 days, 12.00 / 30 = 0.40; the 15 of 1 December are no matter
        november = of_line(plan, WORKSTATIONS)
        assert [(one.day, one.change, one.amount) for one in november.adjustments] == [(ended, 1, Decimal("0.40"))]
        # 22 computers on 30 November: +2 from 1 December, 2 x 9.00 a month
        decided = of_line(plan, MIXED)
        assert [(one.day, one.change, one.amount) for one in decided.adjustments] == [(today, 2, Decimal("18.00"))]
        msp.approve(plan)
        msp.apply(plan)
        assert set(msp.psa.accepted()) == {(WORKSTATIONS, ended, 1), (MIXED, today, 2), (SMALL, ended, 1)}
        later = of_line(msp.plan(), WORKSTATIONS)  # the plan for 1 December takes the two machines of that day
        assert [(one.day, one.change) for one in later.adjustments] == [(today, 2)]


def test_one_time_item_in_a_recurring_rule(tmp_path: Path) -> None:
    """Elsewhere a set-up fee or a one-off purchase that is counted by a recurring rule is billed again every month.
    Trueup refuses the rule when it is saved and names what counts only once; the lines stay as they are."""
    with open_msp(tmp_path) as msp:
        msp.set_up()
        msp.work(lambda ws: define(ws, "installations", "datto_rmm.desktop + datto_rmm.laptop", MetricKind.ONE_TIME))
        draft = RuleDraft(level=RuleLevel.LINE, target=str(SMALL), quantity="datto_rmm.server + installations")
        with pytest.raises(UseCaseError) as refused:
            msp.work(lambda ws: set_rule(ws, draft))
        assert refused.value.reason.code == "policy.one_time_metric"
        assert refused.value.reason.get("metrics") == "installations"
        with msp.stage.open() as ws:
            assert [rule.id for rule in ws.store.rules.list()] == ["rule-10", "rule-11", "rule-12"]
        msp.night(GROWN)
        msp.collect(USAGE)
        assert not any(outcome.adjustments for outcome in msp.plan().outcomes)
        assert msp.units_now() == UNITS


def test_lost_mapping(tmp_path: Path) -> None:
    """Elsewhere a customer whose mapping got lost is taken for one without usage (0 units), or gets a second line.
    Trueup marks the line `unmapped`, keeps its units, and takes up the rise from its day once it is mapped again."""
    with open_msp(tmp_path) as msp:
        msp.set_up()
        lines = len(msp.psa.dump()["lines"])  # type: ignore[arg-type]
        with msp.stage.open() as ws:
            ws.store.customers.unmap(RMM, uid_of("Boulangerie Petit"), "tests", now=ws.now())
        msp.grow()
        plan = msp.plan()
        assert (of_line(plan, MIXED).status, of_line(plan, MIXED).adjustments) == (OutcomeStatus.UNMAPPED, ())
        msp.approve(plan)
        msp.apply(plan)
        assert set(msp.psa.accepted()) == {(WORKSTATIONS, GROWN, 1), (SMALL, GROWN, 1)}
        assert msp.psa.units(MIXED, GROWN) == 20
        with msp.stage.open() as ws:
            ws.store.customers.map(RMM, uid_of("Boulangerie Petit"), "2", "tests", now=ws.now())
        plan = msp.plan()
        msp.approve(plan)
        msp.apply(plan)
        assert msp.psa.accepted()[2:] == [(MIXED, GROWN, 2)]
        assert msp.units_now() == GROWN_UNITS
        assert len(msp.psa.dump()["lines"]) == lines  # type: ignore[arg-type]


def test_customer_removed_in_the_module(tmp_path: Path) -> None:
    """Elsewhere a site that was deleted in the RMM takes its units to 0 the same night, though it may be a mistake.
    Trueup waits for two complete listings without it, then asks a person (`customer_left`); the 3 units stay."""
    case = load_case(CASES / "60-site-gone-from-the-source.yaml")
    story = play(case, tmp_path)
    assert not differences(case, story)
    assert "held.customer_left" in story.held["1000"]
    assert "2000" not in story.held, "the other customer's line is not concerned"


def test_30_percent_drop_held(tmp_path: Path) -> None:
    """Elsewhere a source that shows 30 % less lowers every customer at once, and all get credits.
    Trueup holds each falling line (`module_total`): 50 devices became 35, though no line by itself falls by more than
    its own rail allows (12 to 8, 20 to 14, 11 to 8)."""
    fallen = {
        "Ateliers Morel": Site({"desktop": 6, "laptop": 2, "server": 2, "printer": 2}),
        "Boulangerie Petit": Site({"desktop": 8, "laptop": 4, "server": 2, "printer": 1}),
        "Garage du Lac": Site({"desktop": 7, "laptop": 1}),
    }
    with open_msp(tmp_path) as msp:
        msp.set_up()
        for day in (12, 13, 14):  # a fall stands three days before anybody is asked
            msp.night(date(2026, 11, day))
            msp.collect(fallen)
            plan = msp.plan()
        held = {line: of_line(plan, line) for line in (WORKSTATIONS, MIXED, SMALL)}
        assert {line: (one.before, one.after) for line, one in held.items()} == {
            WORKSTATIONS: (12, 8),
            MIXED: (20, 14),
            SMALL: (11, 8),
        }
        assert {one.status for one in held.values()} == {OutcomeStatus.HELD}
        assert {one.releasable for one in held.values()} == {("module_total",)}
        with pytest.raises(UseCaseError):
            msp.approve(plan)
        assert msp.psa.sends() == 0
        msp.approve(plan, {SMALL}, ["module_total"], "three machines of the garage were sold, ticket 4711")
        msp.apply(plan)
        assert msp.psa.accepted() == [(SMALL, GROWN, -3)]
