"""Whose devices a line counts: three sites on three contracts, a site of two customers, one person in two sites."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest
from tests.ledger.stage import BILLING_CODE, DAY, RMM, Site, Stage, night_of, staged, uid_of

from trueup.app.counting import metrics
from trueup.app.mapping import customers
from trueup.app.plans.approving import approve
from trueup.app.plans.explaining import Explanation, explain
from trueup.app.plans.planning import make_plan
from trueup.app.rulebook import rules
from trueup.app.rulebook.rules import RuleDraft
from trueup.app.usage.collecting import collect
from trueup.app.workspace import Workspace
from trueup.app.writes.applying import apply
from trueup.core.outcome import Outcome, OutcomeStatus, Plan
from trueup.core.rule import RuleLevel

T = TypeVar("T")
FIRST, NEXT = date(2026, 11, 11), date(2026, 11, 12)
MOREL, PETIT = "1", "2"


def content(lines: Mapping[int, tuple[int, int]]) -> dict[str, object]:
    """Monthly contracts of one workstation line each: line -> (customer, units); contract 100 belongs to line 1000."""
    dates = {"startDate": "2026-01-01", "endDate": "2027-12-31", "posted_through": "2026-10-31"}
    return {
        "companies": [
            {"id": 0, "companyName": "The MSP", "currencyID": 1},
            {"id": 1, "companyName": "Ateliers Morel", "currencyID": 1},
            {"id": 2, "companyName": "Boulangerie Petit", "currencyID": 1},
        ],
        "services": [
            {"id": 10, "name": "Workstation", "billingCodeID": BILLING_CODE, "unitPrice": Decimal("12.00")},
        ],
        "contracts": [
            {"id": line // 10, "companyID": owner, "contractName": f"C{line // 10}", "contractPeriodType": 2, **dates}
            for line, (owner, _) in lines.items()
        ],
        "lines": [
            {"id": line, "contractID": line // 10, "serviceID": 10, "units": {"2026-01-01": units}}
            for line, (_, units) in lines.items()
        ],
    }


@dataclass
class Desk:
    """The billing administrator at work on a stage, one use case at a time."""

    stage: Stage
    day: date = FIRST

    def do(self, use: Callable[..., Coroutine[object, object, T]], *given: object, **more: object) -> T:
        async def whole(ws: Workspace) -> T:
            return await use(ws, *given, **more)

        with self.stage.open() as ws:
            return asyncio.run(whole(ws))

    def night(self, day: date) -> None:
        self.day = day
        self.stage.clock.put(night_of(day))
        self.stage.psa.put_clock(day + DAY)
        (result,) = self.do(collect)
        assert result.failure is None

    def devices(self, **changes: object) -> None:
        self.stage.rmm.control.post("devices", changes)

    def add(self, site: str, *names: str) -> None:
        spec = [
            {"site": uid_of(site), "uid": uid_of(site, name), "hostname": name, "category": "Laptop"} for name in names
        ]
        self.devices(add=spec)

    def rule(self, **parts: object) -> rules.RuleSaved:
        return self.do(rules.set_rule, RuleDraft(service="Workstation", cutover=FIRST, **parts))  # type: ignore[arg-type]

    def plan(self) -> Plan:
        return self.do(make_plan, self.day)

    def apply_all(self, plan: Plan) -> list[tuple[int, date, int]]:
        """Release what holds, write, and give what the PSA accepted."""
        named = {rail for outcome in plan.outcomes for rail in outcome.releasable}
        self.do(approve, plan.id, None, tuple(named), "the tests")
        self.do(apply, plan.id)
        return self.stage.psa.accepted()

    def explained(self, line: int) -> Explanation:
        return self.do(explain, str(line))


@contextmanager
def desk(folder: Path, lines: Mapping[int, tuple[int, int]], *sites: str) -> Iterator[Desk]:
    with staged(folder, FIRST, content(lines)) as stage:
        stage.rmm.show({site: Site() for site in sites})
        yield Desk(stage)


def of_line(plan: Plan, line: int) -> Outcome:
    return next(outcome for outcome in plan.outcomes if outcome.line_id == str(line))


def shown(found: Explanation) -> set[str]:
    """The items that an explanation names."""
    return {item.name for metric in found.metrics for count in metric.counts for item in count.items or ()}


# --- one customer's three sites, each on a contract of its own


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path, {1000: (1, 2), 1010: (1, 1), 1020: (1, 1)}, "Nord", "Sud", "Est") as at:
        at.add("Nord", "N1", "N2")
        at.add("Sud", "S1")
        at.add("Est", "E1")
        at.night(FIRST)
        for site in ("Nord", "Sud", "Est"):
            at.do(customers.map_organization, RMM, uid_of(site), MOREL)
        yield at


def test_three_sites_of_one_customer_are_billed_on_three_contracts(three: Desk) -> None:
    three.rule(quantity="datto_rmm.desktop_laptop")
    held = three.plan()
    assert {outcome.reasons[0].code for outcome in held.outcomes} == {"held.ambiguous"}, "all three bill all sites"
    for contract, site in ((100, "rmm:Nord"), (101, f"rmm:{uid_of('Sud')}"), (102, "Est")):
        saved = three.rule(level=RuleLevel.CONTRACT, target=str(contract), organizations=(site,))
        assert saved.warnings == ()
    assert {outcome.status for outcome in three.plan().outcomes} == {OutcomeStatus.NONE}

    three.add("Sud", "S2", "S3")
    three.devices(remove=[uid_of("Nord", "N2")])
    three.night(NEXT)
    plan = three.plan()
    assert of_line(plan, 1000).status is OutcomeStatus.SCHEDULED, "the fall in Nord has not stood three days"
    assert of_line(plan, 1020).status is OutcomeStatus.NONE
    # +2 from 12 November: 2 x 12.00 x 19 / 30 = 15.20
    assert (of_line(plan, 1010).before, of_line(plan, 1010).after, of_line(plan, 1010).amount) == (
        1,
        3,
        Decimal("15.20"),
    )
    assert three.apply_all(plan) == [(1010, NEXT, 2)]
    assert shown(three.explained(1010)) == {"S1", "S2", "S3"}


def test_a_site_that_a_rule_names_and_nobody_maps_any_more_is_not_a_zero(three: Desk) -> None:
    three.rule(level=RuleLevel.CONTRACT, target="100", quantity="datto_rmm.laptop", organizations=("Nord", "Sud"))
    three.do(customers.unmap, RMM, uid_of("Sud"))
    outcome = of_line(three.plan(), 1000)
    assert (outcome.status, outcome.adjustments) == (OutcomeStatus.UNMAPPED, ())


def test_a_rule_counts_only_the_items_that_its_filter_lets_through_on_every_day(three: Desk) -> None:
    three.rule(level=RuleLevel.LINE, target="1000", quantity="datto_rmm.laptop", items='matches(hostname, "^[NE]")')
    assert of_line(three.plan(), 1000).after == 3
    three.add("Sud", "S9")
    three.add("Est", "E9")
    three.night(NEXT)
    plan = three.plan()
    assert [(a.day, a.change) for a in of_line(plan, 1000).adjustments] == [(FIRST, 1), (NEXT, 1)]
    assert shown(three.explained(1000)) == {"N1", "N2", "E1", "E9"}


def test_two_lines_of_one_site_with_filters_that_share_nothing_are_not_ambiguous(three: Desk) -> None:
    common = {"quantity": "datto_rmm.laptop", "organizations": ("Nord",)}
    three.rule(level=RuleLevel.LINE, target="1010", items='item_name == "N1"', **common)
    three.rule(level=RuleLevel.LINE, target="1020", items='item_name == "N2"', **common)
    plan = three.plan()
    assert {of_line(plan, line).status for line in (1010, 1020)} == {OutcomeStatus.NONE}
    three.rule(level=RuleLevel.LINE, target="1020", items='starts_with(item_name, "N")')
    assert {of_line(three.plan(), line).reasons[0].code for line in (1010, 1020)} == {"held.ambiguous"}


# --- one site that two customers share


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path, {1000: (1, 2), 2000: (2, 1)}, "Immeuble") as at:
        at.add("Immeuble", "MOR-1", "MOR-2", "PET-1")
        at.night(FIRST)
        at.rule(quantity="datto_rmm.laptop")
        yield at


def test_a_shared_site_is_split_between_two_customers_and_what_nobody_has_is_named(shared: Desk) -> None:
    place = (RMM, uid_of("Immeuble"))
    first = shared.do(customers.map_organization, *place, MOREL, 'starts_with(hostname, "mor-")')
    assert [(w.code, w.get("items"), w.get("names")) for w in first] == [("customers.items_of_nobody", 1, "PET-1")]
    assert shared.do(customers.map_organization, *place, PETIT, 'starts_with(hostname, "pet-")') == ()
    assert {outcome.status for outcome in shared.plan().outcomes} == {OutcomeStatus.NONE}

    shared.add("Immeuble", "PET-2", "LOBBY")
    shared.night(NEXT)
    plan = shared.plan()
    notes = {note.code: note for note in plan.notes}
    assert notes["customers.items_of_nobody"].get("names") == "LOBBY"
    assert shared.apply_all(plan) == [(2000, NEXT, 1)]
    assert shown(shared.explained(2000)) == {"PET-1", "PET-2"}
    assert shown(shared.explained(1000)) == {"MOR-1", "MOR-2"}


def test_an_item_that_two_customers_have_is_named_and_holds_both_lines(shared: Desk) -> None:
    place = (RMM, uid_of("Immeuble"))
    shared.do(customers.map_organization, *place, MOREL, 'starts_with(hostname, "mor-")')
    both = shared.do(customers.map_organization, *place, PETIT, 'hostname in ("PET-1", "MOR-2")')
    assert [(w.code, w.get("names")) for w in both] == [("customers.items_of_several", "MOR-2")]
    assert {outcome.reasons[0].code for outcome in shared.plan().outcomes} == {"held.ambiguous"}


# --- one person in two sites


def test_one_person_in_two_sites_is_counted_once(tmp_path: Path) -> None:
    with desk(tmp_path, {1000: (1, 2)}, "Nord", "Sud") as at:
        at.add("Nord", "anna@morel.fr", "bob@morel.fr")
        at.add("Sud", "Anna@Morel.fr")
        at.night(FIRST)
        for site in ("Nord", "Sud"):
            at.do(customers.map_organization, RMM, uid_of(site), MOREL)
        at.do(metrics.define, "people", 'matches(hostname, "@")', same_by=("item_name",))
        at.rule(quantity="people")
        assert of_line(at.plan(), 1000).status is OutcomeStatus.NONE
        at.add("Sud", "carla@morel.fr", "bob@morel.fr")
        at.night(NEXT)
        plan = at.plan()
        assert at.apply_all(plan) == [(1000, NEXT, 1)]
        (metric,) = at.explained(1000).metrics
        assert metric.value == Decimal(3)
