"""No second line is ever created because the first one could not be seen: not found is not the same as not there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.app.office import DAY, Office
from tests.app.test_entries import again, applied, lines, planned

from trueup.app.mapping import customers
from trueup.app.plans import approving
from trueup.app.rulebook import rules
from trueup.app.writes import entries
from trueup.core.outcome import OutcomeStatus
from trueup.psa.port import PsaReadError
from trueup.store.journal import IntentState

OVER = timedelta(seconds=351)


@pytest.fixture
def mapped(own: Office) -> Office:
    own.do(customers.accept_above, 92)
    return own


def units_of_the_new_line(office: Office) -> list[set[object]]:
    made = {line["id"] for line in lines(office, 1006, 302)}
    rows = office.psa_state()["rows"]
    return [
        {
            row["units"]
            for row in rows
            if row["contractServiceID"] == one and str(row["endDate"])[:10] >= DAY.isoformat()
        }
        for one in sorted(made, key=str)
    ]


def written_without_an_answer(office: Office) -> tuple[object, str]:
    """A line of four units was created, and the answer lost."""
    request = office.do(entries.request_line, "1006", "302", units=4).id
    plan = planned(office)
    office.psa_fault("commit-then-drop", entity="ContractServiceAdjustments", method="POST")
    assert applied(office, plan, request)[request].state == "unsettled"
    office.clock.put(office.clock.now() + OVER)
    return plan, request


@pytest.mark.parametrize("fault", ["html-500", "drop", "half-body", "empty-list", "lost-rows"])
def test_a_look_that_fails_creates_no_second_line(fault: str, mapped: Office) -> None:
    plan, request = written_without_an_answer(mapped)
    mapped.psa_fault(fault, entity="ContractServices", action="query", times=None)
    with pytest.raises(PsaReadError):
        again(mapped, plan)  # type: ignore[arg-type]
    assert [intent.state for intent in mapped.ws.store.journal.of_line(request)] == [IntentState.UNSETTLED]
    assert units_of_the_new_line(mapped) == [{4}]


def test_a_contract_that_is_not_shown_says_nothing_about_its_lines(mapped: Office) -> None:
    plan, request = written_without_an_answer(mapped)
    mapped.order(mapped.autotask.url, "end-contract", {"contract": 1006, "end_date": "2026-01-31", "even_posted": True})
    again(mapped, plan)  # type: ignore[arg-type]
    (intent,) = mapped.ws.store.journal.of_line(request)
    assert (intent.state, intent.reason and intent.reason.code) == (IntentState.CONFLICT, "journal.entry_place_gone")
    assert len(lines(mapped, 1006, 302)) == 1


def test_a_user_who_sees_no_line_any_more_creates_none(mapped: Office) -> None:
    request = mapped.do(entries.request_line, "1006", "302", units=4).id
    plan = planned(mapped)
    mapped.do(approving.approve, plan.id, lines={request})
    mapped.psa_fault("empty-list", entity="ContractServices", action="query", times=None)
    result = again(mapped, plan)[request]
    assert result.state == "waiting"
    assert result.reason is not None
    assert result.reason.code in {"apply.contract_not_seen", "autotask.rows_lost", "autotask.nothing_visible"}
    assert lines(mapped, 1006, 302) == []


def test_usage_whose_customer_was_forgotten_holds_the_line_and_creates_none(mapped: Office) -> None:
    mapped.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server"))
    before = planned(mapped)
    assert before.outcomes
    there = len(mapped.psa_state()["lines"])
    for mapping in mapped.ws.store.customers.mappings():
        mapped.ws.store.customers.unmap(mapping.connection, mapping.organization_key, "tests", now=mapped.clock.now())
    outcomes = {outcome.line_id: outcome for outcome in planned(mapped).outcomes}
    assert set(outcomes) == {outcome.line_id for outcome in before.outcomes}
    assert {outcome.status for outcome in outcomes.values()} == {OutcomeStatus.UNMAPPED}
    assert len(mapped.psa_state()["lines"]) == there
