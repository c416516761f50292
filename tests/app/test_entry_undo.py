"""What a run created cannot be deleted through the PSA: its undo names it with what it costs, and plans no write."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.app.office import Office

from trueup.app.errors import UseCaseError
from trueup.app.mapping import customers
from trueup.app.plans import approving, planning
from trueup.app.rulebook import rules
from trueup.app.undo.planning import plan_undo_of
from trueup.app.writes import applying, entries
from trueup.core.outcome import OutcomeStatus, Plan

PRINTER = "Datto RMM - Printer"
CODES = ("held.undo_added_line", "held.undo_created_service")


@pytest.fixture
def created(own: Office) -> tuple[Office, str]:
    """A run that created a service and put the five servers of a customer on its contract; its name."""
    own.do(customers.accept_above, 92)
    own.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server"))
    service = own.do(entries.request_service, PRINTER, "3.00", "2001").id
    line = own.do(entries.request_line, "1006", "302").id
    plan: Plan = own.do(planning.make_plan)
    own.do(approving.approve, plan.id, lines={service, line})
    run = own.do(applying.apply, plan.id)
    assert {one.state for one in run.lines} == {"done"}
    return own, run.run_id


def test_the_undo_of_a_created_line_says_what_it_bills_and_leaves_it_to_a_person(created: tuple[Office, str]) -> None:
    office, run = created
    undo = office.do(plan_undo_of, run)
    line, service = (next(o for o in undo.outcomes if o.reasons[0].code == code) for code in CODES)
    assert {outcome.status for outcome in undo.outcomes} == {OutcomeStatus.HELD}
    # five at 18.00 a month; 14 to 28 June are 15 of the period's 31 days
    assert line.reasons[0].as_dict() == {
        "run": run,
        "service": "Datto RMM - Server",
        "units": 5,
        "amount": Decimal("43.55"),
        "recurring": Decimal("90.00"),
    }
    assert service.reasons[0].as_dict() == {"run": run, "service": PRINTER}
    assert not any(outcome.adjustments or outcome.releasable for outcome in undo.outcomes)


def test_such_an_undo_can_be_neither_approved_nor_applied_and_the_line_stays(created: tuple[Office, str]) -> None:
    office, run = created
    before = office.psa_state()["lines"]
    undo = office.do(plan_undo_of, run)
    for use, given in ((approving.approve, undo.id), (applying.apply, undo.id)):
        with pytest.raises(UseCaseError):
            office.do(use, given)
    assert office.psa_state()["lines"] == before


def test_after_its_undo_the_created_line_is_still_nobodys_edit(created: tuple[Office, str]) -> None:
    office, run = created
    office.do(plan_undo_of, run)
    nightly = office.do(planning.make_plan)
    new = max(office.psa_state()["lines"], key=lambda row: row["id"])
    outcome = next(outcome for outcome in nightly.outcomes if outcome.line_id == str(new["id"]))
    assert outcome.status is OutcomeStatus.NONE
