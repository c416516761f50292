"""A line that a rule takes over: its first change is marked, and a person says what becomes of the difference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.ledger.stage import Site
from tests.scenarios.msp import FIRST, GROWN, GROWTH, MIXED, SMALL, WORKSTATIONS, Msp, of_line, open_msp

from trueup.app.errors import Exit, UseCaseError
from trueup.app.plans.plan_parts import PlanPart
from trueup.app.rulebook.adopting import Adopted, adopt
from trueup.core.outcome import OutcomeStatus, Plan
from trueup.core.rails.adoption import Adoption

MORE = {**GROWTH, "Ateliers Morel": Site({"desktop": 9, "laptop": 5, "server": 2, "printer": 4})}


@pytest.fixture
def taken_over(tmp_path: Path) -> Iterator[Msp]:
    """The MSP before its first plan; usage differs from what a clerk entered: 13 workstations where the PSA has 12."""
    with open_msp(tmp_path) as opened:
        yield opened


def decide(msp: Msp, plan: Plan, choice: Adoption, *lines: int, reason: str | None = "spare laptop") -> list[Adopted]:
    named = {str(line) for line in lines} or None
    return list(msp.work(lambda ws: adopt(ws, plan.id, choice, reason, named)))


def test_the_first_change_says_what_each_choice_would_make_of_it(taken_over: Msp) -> None:
    plan = taken_over.set_up(GROWTH)
    (note,) = [one for one in of_line(plan, WORKSTATIONS).reasons if one.code == "note.adoption"]
    assert note.as_dict() == {"follow": 13, "keep": 12, "offset": -1, "minimum": 13}


def test_a_line_that_was_taken_over_is_marked_no_more(msp: Msp) -> None:
    msp.grow()
    assert all(one.code != "note.adoption" for one in of_line(msp.plan(), WORKSTATIONS).reasons)


def test_an_offset_keeps_the_difference_for_good(taken_over: Msp) -> None:
    plan = taken_over.set_up(GROWTH)
    (made,) = decide(taken_over, plan, Adoption.OFFSET, WORKSTATIONS)
    assert (made.rule.policy.offset, made.rule.reason, made.rule.cutover) == (-1, "spare laptop", FIRST)
    taken_over.approve(plan)
    taken_over.apply(plan)
    assert {line for line, _, _ in taken_over.psa.accepted()} == {MIXED, SMALL}
    assert of_line(taken_over.plan(), WORKSTATIONS).status is OutcomeStatus.NONE
    taken_over.night(GROWN)
    taken_over.collect(MORE)
    outcome = of_line(taken_over.plan(), WORKSTATIONS)
    assert (outcome.before, outcome.after, outcome.effective) == (12, 13, GROWN)  # 14 counted, 1 kept


def test_a_minimum_is_what_the_psa_has(taken_over: Msp) -> None:
    plan = taken_over.set_up(GROWTH)
    (made,) = decide(taken_over, plan, Adoption.MINIMUM, WORKSTATIONS)
    assert made.rule.policy.minimum == 12
    assert of_line(taken_over.plan(), WORKSTATIONS).after == 13


def test_an_excluded_line_is_left_alone(taken_over: Msp) -> None:
    plan = taken_over.set_up(GROWTH)
    decide(taken_over, plan, Adoption.EXCLUDE, WORKSTATIONS)
    assert all(outcome.line_id != str(WORKSTATIONS) for outcome in taken_over.plan().outcomes)


def test_a_customer_is_decided_by_name(taken_over: Msp) -> None:
    plan = taken_over.set_up(GROWTH)
    part = PlanPart(customer="Boulangerie Petit")
    made = taken_over.work(lambda ws: adopt(ws, plan.id, Adoption.OFFSET, "agreed", part=part))
    assert [(one.outcome.line_id, one.rule.policy.offset) for one in made] == [(str(MIXED), -2)]


def refused(msp: Msp, plan: Plan, *lines: int, reason: str | None = "because") -> tuple[str, Exit]:
    with pytest.raises(UseCaseError) as error:
        decide(msp, plan, Adoption.OFFSET, *lines, reason=reason)
    return error.value.reason.code, error.value.exit_code


def test_what_cannot_be_decided_is_refused(taken_over: Msp) -> None:
    plan = taken_over.set_up(GROWTH)
    assert refused(taken_over, plan) == ("approve.adopt_whom", Exit.USAGE)
    assert refused(taken_over, plan, WORKSTATIONS, reason=" ") == ("approve.reason_needed", Exit.USAGE)
    assert refused(taken_over, plan, 999) == ("approve.unknown_line", Exit.USAGE)
    taken_over.approve(plan, {WORKSTATIONS})
    assert refused(taken_over, plan, WORKSTATIONS) == ("approve.adopt_approved", Exit.REFUSED)


def test_a_later_change_is_no_first_change(msp: Msp) -> None:
    msp.grow()
    assert refused(msp, msp.plan(), WORKSTATIONS) == ("approve.nothing_to_adopt", Exit.USAGE)
