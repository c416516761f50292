"""A contract is renewed in the middle of a story: what was decided for its lines goes on, and nothing is sent twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest
from tests.ledger.stage import Site
from tests.scenarios.msp import CHANGES, DAY, FIRST, GROWN, GROWTH, SERVERS, USAGE, WORKSTATIONS, Msp, of_line, open_msp

from trueup.app.plans.explaining import explain
from trueup.app.rulebook import rules as rulebook
from trueup.core.outcome import OutcomeStatus
from trueup.core.rule import Override, Rule, RuleLevel

RENEWED = date(2026, 11, 15)


@pytest.fixture
def msp(tmp_path: Path) -> Iterator[Msp]:
    with open_msp(tmp_path) as found:
        found.set_up()
        yield found


def renew(msp: Msp, contract: int, start: date, end: date = date(2027, 11, 14)) -> dict[int, int]:
    """A person renews a contract in the PSA; the new contract's id under 0, and old line -> new line."""
    old = sorted(row["id"] for row in msp.psa.dump()["lines"] if row["contractID"] == contract)  # type: ignore[attr-defined]
    made = msp.psa.order("renew-contract", contract=contract, start_date=start.isoformat(), end_date=end.isoformat())
    new = sorted(made["lines"]["ContractServices"])  # type: ignore[index]
    return {0: made["contract"]["id"], **dict(zip(old, new, strict=True))}  # type: ignore[index,dict-item]


def put_on(msp: Msp, contract: int, service: int) -> int:
    """Somebody puts a service on a contract and gives it no units; the new line."""
    found = msp.psa.sim.credentials
    headers = {
        "UserName": found["user_name"],
        "Secret": found["secret"],
        "ApiIntegrationCode": found["integration_code"],
    }
    url = f"{msp.psa.sim.url}/ATServicesRest/V1.0/Contracts/{contract}/Services"
    answer = httpx2.post(url, json={"contractID": contract, "serviceID": service}, headers=headers, trust_env=False)
    return int(answer.raise_for_status().json()["itemId"])


def grown_and_sent(msp: Msp) -> None:
    plan = msp.approved_plan()
    assert {line.state for line in msp.apply(plan).lines} == {"done"}


@pytest.mark.parametrize("side", ["old", "new"])
def test_the_new_line_goes_on_where_the_old_one_was(msp: Msp, side: str) -> None:
    """Renewed on the 12th from the 15th on, with the 12 units of that day; one laptop more comes on the same 12th."""
    msp.psa.switch(renewed_contract_id_on=side)
    msp.night(GROWN)
    new = renew(msp, 100, RENEWED)
    grown_and_sent(msp)
    line = new[WORKSTATIONS]
    msp.night(RENEWED)
    msp.collect(GROWTH)
    plan = msp.plan()
    outcome = of_line(plan, line)
    assert (outcome.status, outcome.first_time, outcome.before, outcome.after) == (OutcomeStatus.CHANGE, False, 12, 13)
    assert [(one.day, one.change, one.amount) for one in outcome.adjustments] == [(RENEWED, 1, Decimal("12.00"))]
    assert of_line(plan, WORKSTATIONS).status is OutcomeStatus.NONE
    assert of_line(plan, new[SERVERS]).status is OutcomeStatus.NONE
    msp.approve(plan)
    assert all(found.right for found in msp.verify(msp.apply(plan)).lines)
    assert set(msp.psa.accepted()) == CHANGES | {(line, RENEWED, 1)}
    msp.night(RENEWED + DAY)
    msp.collect(GROWTH)
    assert {one.status for one in msp.plan().outcomes} == {OutcomeStatus.NONE}


def test_units_copied_after_the_rise_are_agreed_with(msp: Msp) -> None:
    grown_and_sent(msp)
    new = renew(msp, 100, RENEWED)
    msp.night(RENEWED)
    msp.collect(GROWTH)
    outcome = of_line(msp.plan(), new[WORKSTATIONS])
    assert (outcome.status, outcome.first_time, outcome.after) == (OutcomeStatus.NONE, False, 13)


def test_the_renewed_line_is_planned_ahead_and_not_held_as_not_begun(msp: Msp) -> None:
    new = renew(msp, 100, date(2026, 12, 1), date(2027, 11, 30))
    msp.grow()
    plan = msp.plan()
    assert of_line(plan, new[WORKSTATIONS]).status is OutcomeStatus.SCHEDULED
    assert [(one.day, one.change) for one in of_line(plan, WORKSTATIONS).adjustments] == [(GROWN, 1)]


def test_overrides_and_rules_of_the_old_line_follow(msp: Msp) -> None:
    """The workstations are fixed at 12 until 30 November, by a rule of the old line; the 13th is not billed."""
    fixed = Rule(
        "line-1000",
        RuleLevel.LINE,
        "10",
        str(WORKSTATIONS),
        "datto_rmm.desktop + datto_rmm.laptop",
        cutover=FIRST,
        override=Override(12, "agreed by mail", until=date(2026, 11, 30)),
    )
    with msp.stage.open() as ws:
        ws.store.rules.save(fixed, "tests", now=ws.now())
    new = renew(msp, 100, RENEWED)
    msp.night(RENEWED)
    msp.collect(GROWTH)
    outcome = of_line(msp.plan(), new[WORKSTATIONS])
    assert (outcome.status, outcome.rule_id, outcome.after) == (OutcomeStatus.NONE, "line-1000", 12)
    told = msp.work(lambda ws: explain(ws, str(new[WORKSTATIONS])))
    assert told.rule is not None
    assert told.rule.rule.id == "line-1000"


def test_a_line_that_was_excluded_stays_excluded(msp: Msp) -> None:
    msp.work(lambda ws: rulebook.exclude(ws, RuleLevel.LINE, str(WORKSTATIONS)))
    new = renew(msp, 100, RENEWED)
    msp.night(RENEWED)
    msp.collect(GROWTH)
    planned = {one.line_id for one in msp.plan().outcomes}
    assert not planned & {str(WORKSTATIONS), str(new[WORKSTATIONS])}
    assert str(new[SERVERS]) in planned


def test_a_rule_for_the_new_contract_begins_with_what_the_old_one_said(msp: Msp) -> None:
    draft = rulebook.RuleDraft(service="10", level=RuleLevel.CONTRACT, target="100", minimum=12)
    msp.work(lambda ws: rulebook.set_rule(ws, replace(draft, override=Override(14, "agreed"))))
    new = renew(msp, 100, RENEWED)
    msp.night(RENEWED)
    msp.collect(GROWTH)
    assert of_line(msp.plan(), new[WORKSTATIONS]).rule_id == "contract-100-10"
    ours = rulebook.RuleDraft(service="10", level=RuleLevel.CONTRACT, target=str(new[0]), maximum=30)
    saved = msp.work(lambda ws: rulebook.set_rule(ws, ours)).rule
    assert (saved.policy.minimum, saved.policy.maximum, saved.cutover) == (12, 30, FIRST)
    assert saved.override is not None
    assert saved.override.units == 14
    listed = {one.rule.id: one.lines for one in msp.work(rulebook.listing)}
    assert (listed["contract-100-10"], listed[saved.id]) == (1, 1)


def test_a_chain_of_renewals_keeps_the_memory(msp: Msp) -> None:
    """Renewed twice; the first contract is long out of sight when the third one begins."""
    first = renew(msp, 100, RENEWED, date(2027, 2, 14))
    msp.night(RENEWED)
    msp.collect(USAGE)
    msp.plan()
    middle = first[WORKSTATIONS]
    second = renew(msp, first[0], date(2027, 2, 15), date(2028, 2, 14))
    begins = date(2027, 2, 15)
    msp.night(date(2027, 2, 13))
    msp.collect(USAGE)
    msp.plan()
    msp.night(begins)
    msp.collect(GROWTH)
    plan = msp.plan()
    outcome = of_line(plan, second[middle])
    assert (outcome.status, outcome.first_time) == (OutcomeStatus.CHANGE, False)
    assert [(one.day, one.change) for one in outcome.adjustments] == [(begins, 1)]
    assert str(WORKSTATIONS) not in {one.line_id for one in plan.outcomes}


def test_a_service_put_on_a_contract_without_units_counts_from_the_day_it_was_seen(msp: Msp) -> None:
    """The rule holds since the 11th, and the garage has had a server for long; the line for it came on the 13th."""
    with_server = {**USAGE, "Garage du Lac": Site({"desktop": 10, "laptop": 1, "server": 1})}
    msp.night(GROWN)
    msp.collect(with_server)
    msp.plan()
    added = date(2026, 11, 13)
    line = put_on(msp, 300, 11)
    msp.night(added)
    msp.collect(with_server)
    outcome = of_line(msp.plan(), line)
    assert (outcome.status, outcome.first_time) == (OutcomeStatus.HELD, True)
    assert "period_assumed" in outcome.releasable
    assert [(one.day, one.change) for one in outcome.adjustments] == [(added, 1)]
    msp.night(added + DAY)
    msp.collect(with_server)
    assert [(one.day, one.change) for one in of_line(msp.plan(), line).adjustments] == [(added, 1)]


def test_a_renewal_that_fell_into_a_long_pause_is_found(msp: Msp) -> None:
    """Nothing ran for two months: the old contract is out of sight, and only the new one names it."""
    msp.psa.switch(renewed_contract_id_on="new")
    with msp.stage.open() as ws:
        rule = Rule("line-1000", RuleLevel.LINE, "10", str(WORKSTATIONS), "datto_rmm.desktop", cutover=FIRST)
        ws.store.rules.save(rule, "tests", now=ws.now())
    new = renew(msp, 100, RENEWED)
    late = date(2027, 1, 20)
    msp.night(late)
    msp.collect(USAGE)
    plan = msp.plan()
    assert str(WORKSTATIONS) not in {one.line_id for one in plan.outcomes}
    outcome = of_line(plan, new[WORKSTATIONS])
    assert (outcome.rule_id, outcome.first_time) == ("line-1000", False)
