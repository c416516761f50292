"""Services and lines are created only when a person asked, approved, and nobody else did it meanwhile; never twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.app.office import DAY, Office, run

from trueup.app.errors import Exit, UseCaseError
from trueup.app.mapping import customers
from trueup.app.plans import approving, planning
from trueup.app.rulebook import rules
from trueup.app.writes import applying, entries, verifying
from trueup.app.writes.applying_entries import EntryProof, prove_entries
from trueup.core.outcome import EntryKind, Outcome, OutcomeStatus, Plan
from trueup.core.rule import Mode
from trueup.psa.port import NewLine, NewService
from trueup.store.journal import Intent, IntentState

PRINTER = "Datto RMM - Printer"


def services(office: Office, name: str = PRINTER) -> list[dict[str, object]]:
    return [row for row in office.psa_state()["services"] if row["name"] == name]


def lines(office: Office, contract: int, service: int) -> list[dict[str, object]]:
    rows = office.psa_state()["lines"]
    return [row for row in rows if (row["contractID"], row["serviceID"]) == (contract, service)]


def entry_of(plan: Plan, request: str) -> Outcome:
    return next(outcome for outcome in plan.outcomes if outcome.line_id == request)


def planned(office: Office) -> Plan:
    return office.do(planning.make_plan)


def applied(office: Office, plan: Plan, *requests: str) -> dict[str, applying.LineResult]:
    office.do(approving.approve, plan.id, lines=set(requests))
    return again(office, plan)


def again(office: Office, plan: Plan) -> dict[str, applying.LineResult]:
    return {line.line_id: line for line in office.do(applying.apply, plan.id).lines}


@pytest.fixture
def mapped(own: Office) -> Office:
    own.do(customers.accept_above, 92)
    return own


def ask_printer(office: Office, price: str = "3.00") -> str:
    return office.do(entries.request_service, PRINTER, price, "2001").id


def test_a_request_writes_nothing_until_it_is_approved_and_applied(mapped: Office) -> None:
    request = ask_printer(mapped)
    outcome = entry_of(planned(mapped), request)
    assert (outcome.kind, outcome.status) == (EntryKind.CREATE_SERVICE, OutcomeStatus.CHANGE)
    assert outcome.reasons[0].as_dict() == {
        "name": PRINTER,
        "price": Decimal("3.00"),
        "billing_code": "2001",
        "months": 1,
    }
    assert services(mapped) == []
    with pytest.raises(UseCaseError) as refused:
        mapped.do(applying.apply, planned(mapped).id)
    assert refused.value.reason.code == "apply.not_approved"


def test_an_approved_service_is_created_once_with_price_and_code_of_the_person(mapped: Office) -> None:
    request = ask_printer(mapped)
    plan = planned(mapped)
    assert applied(mapped, plan, request)[request].state == "done"
    (made,) = services(mapped)
    assert (made["unitPrice"], made["billingCodeID"]) == (3.0, 2001)
    assert mapped.do(entries.listing) == ()
    (done,) = mapped.do(entries.listing, "done")
    assert done.request.created_id == str(made["id"])
    with pytest.raises(UseCaseError) as nothing:
        again(mapped, plan)
    assert nothing.value.exit_code == Exit.REFUSED
    assert len(services(mapped)) == 1


def test_in_automatic_mode_an_entry_still_waits_for_a_person(offices: Callable[..., Office]) -> None:
    office = offices(mode=Mode.AUTOMATIC).open()
    office.do(customers.accept_above, 92)
    ask_printer(office)
    with pytest.raises(UseCaseError):
        office.do(applying.apply, planned(office).id)
    assert services(office) == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (("Managed Server", "3", "2001"), "entries.service_exists"),
        (("managed server", "3", "2001"), "entries.service_exists"),
        ((PRINTER, "3", "2002"), "entries.unknown_billing_code"),
        ((PRINTER, "3", "2004"), "entries.unknown_billing_code"),
        ((PRINTER, "three", "2001"), "entries.price"),
        ((PRINTER, "NaN", "2001"), "entries.price"),
        ((" ", "3", "2001"), "entries.name_empty"),
        ((PRINTER, "3", "2001", 5), "entries.period"),
    ],
)
def test_a_service_that_cannot_be_asked_for_is_refused(office: Office, given: tuple[object, ...], code: str) -> None:
    with pytest.raises(UseCaseError) as refused:
        office.do(entries.request_service, *given)
    assert refused.value.reason.code == code
    assert office.do(entries.listing) == ()


def test_billing_codes_are_offered_by_the_psa(office: Office) -> None:
    assert [(code.id, code.name) for code in office.do(entries.billing_codes)] == [("2001", "Recurring Services")]


def test_a_service_that_somebody_made_meanwhile_is_not_made_again(mapped: Office) -> None:
    request = ask_printer(mapped)
    plan = planned(mapped)
    mapped.do(approving.approve, plan.id, lines={request})
    made_by_hand(mapped)
    result = again(mapped, plan)[request]
    assert (result.state, result.reason and result.reason.code) == ("skipped", "apply.entry_exists")
    assert len(services(mapped)) == 1
    assert mapped.do(entries.listing) == ()


def made_by_hand(office: Office) -> None:
    async def make() -> None:
        async with office.ws.psa() as psa:
            await psa.create_service(NewService(PRINTER, Decimal(9), "2001", 1))

    run(make())


def test_a_service_that_is_there_when_the_next_plan_is_made_closes_the_request(mapped: Office) -> None:
    request = ask_printer(mapped)
    made_by_hand(mapped)
    outcome = entry_of(planned(mapped), request)
    assert (outcome.status, outcome.reasons[0].code) == (OutcomeStatus.NONE, "none.entry_exists")
    assert mapped.do(entries.listing) == ()


@pytest.mark.parametrize("fault", ["commit-then-drop", "commit-then-504"])
def test_a_lost_answer_is_settled_by_looking_and_nothing_is_made_twice(mapped: Office, fault: str) -> None:
    request = ask_printer(mapped)
    plan = planned(mapped)
    mapped.psa_fault(fault, entity="Services", method="POST", action="create")
    assert applied(mapped, plan, request)[request].state == "unsettled"
    assert [intent.state for intent in mapped.ws.store.journal.of_line(request)] == [IntentState.UNSETTLED]
    mapped.do(entries.listing)
    with pytest.raises(UseCaseError):
        mapped.do(entries.withdraw, request)
    again(mapped, plan)
    assert [intent.state for intent in mapped.ws.store.journal.of_line(request)] == [IntentState.DONE]
    assert len(services(mapped)) == 1
    assert mapped.do(entries.listing) == ()


def test_a_write_that_never_arrived_is_sent_again_only_after_the_longest_call(mapped: Office) -> None:
    request = ask_printer(mapped)
    plan = planned(mapped)
    mapped.psa_fault("drop", entity="Services", method="POST", action="create")
    assert applied(mapped, plan, request)[request].state == "unsettled"
    assert again(mapped, plan)[request].state == "unsettled", "it may still be on its way"
    assert services(mapped) == []
    mapped.clock.put(mapped.clock.now() + timedelta(seconds=351))
    assert again(mapped, plan)[request].state == "done"
    assert len(services(mapped)) == 1
    assert mapped.ws.store.journal.of_line(request)[0].tries == 2


def test_an_unclear_entry_that_may_still_arrive_is_held_in_the_next_plan(mapped: Office) -> None:
    request = ask_printer(mapped)
    plan = planned(mapped)
    mapped.psa_fault("drop", entity="Services", method="POST", action="create")
    applied(mapped, plan, request)
    outcome = entry_of(planned(mapped), request)
    assert (outcome.status, outcome.reasons[0].code) == (OutcomeStatus.HELD, "held.unsettled")
    mapped.clock.put(mapped.clock.now() + timedelta(seconds=351))
    outcome = entry_of(planned(mapped), request)
    assert outcome.status is OutcomeStatus.CHANGE, "it cannot arrive any more"
    assert [intent.state for intent in mapped.ws.store.journal.of_line(request)] == [IntentState.SKIPPED]


def test_the_next_plan_looks_what_became_of_an_unclear_service(mapped: Office) -> None:
    request = ask_printer(mapped)
    plan = planned(mapped)
    mapped.psa_fault("commit-then-drop", entity="Services", method="POST", action="create")
    applied(mapped, plan, request)
    assert not [outcome for outcome in planned(mapped).outcomes if outcome.line_id == request]
    (done,) = mapped.do(entries.listing, "done")
    assert done.request.created_id == str(services(mapped)[0]["id"])
    assert [intent.state for intent in mapped.ws.store.journal.of_line(request)] == [IntentState.DONE]


def test_the_next_plan_looks_what_became_of_an_unclear_line(mapped: Office) -> None:
    mapped.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server"))
    request = mapped.do(entries.request_line, "1006", "302").id
    plan = planned(mapped)
    mapped.psa_fault("commit-then-504", entity="ContractServiceAdjustments", method="POST")
    assert applied(mapped, plan, request)[request].state == "unsettled"
    tonight = planned(mapped)
    (line,) = lines(mapped, 1006, 302)
    assert not [outcome for outcome in tonight.outcomes if outcome.line_id == request]
    assert entry_of(tonight, str(line["id"])).status is OutcomeStatus.NONE, "our own line is nobody's edit"


def test_a_refusal_is_told_and_the_next_plan_remembers_it(mapped: Office) -> None:
    request = ask_printer(mapped)
    plan = planned(mapped)
    mapped.psa_fault("errors", entity="Services", method="POST", action="create", texts=["Price is out of range."])
    assert applied(mapped, plan, request)[request].state == "refused"
    outcome = entry_of(planned(mapped), request)
    assert outcome.status is OutcomeStatus.CHANGE
    note = outcome.reasons[-1]
    assert (note.code, note.get("text")) == ("note.entry_refused", "Price is out of range.")


def test_a_line_is_added_with_the_units_that_its_rule_makes_of_the_usage(mapped: Office) -> None:
    mapped.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server", multiplier=Decimal(2)))
    request = mapped.do(entries.request_line, "1006", "302", "20").id
    plan = planned(mapped)
    outcome = entry_of(plan, request)
    assert (outcome.status, outcome.kind, outcome.after) == (OutcomeStatus.CHANGE, EntryKind.ADD_LINE, 10)
    # five servers, twice, at 20.00: 14 June to 28 June are 15 days of the period 29 May to 28 June with its 31
    assert (outcome.effective, outcome.recurring, outcome.amount) == (DAY, Decimal("200.00"), Decimal("96.77"))
    assert applied(mapped, plan, request)[request].state == "done"
    (line,) = lines(mapped, 1006, 302)
    rows = [row for row in mapped.psa_state()["rows"] if row["contractServiceID"] == line["id"]]
    assert {row["units"] for row in rows if row["endDate"][:10] >= DAY.isoformat()} == {10}
    after = planned(mapped)
    assert entry_of(after, str(line["id"])).status is OutcomeStatus.NONE, "the new line is right and nobody's edit"
    assert not [outcome for outcome in after.outcomes if outcome.line_id == request]


def test_a_line_without_a_rule_needs_units_from_the_person(mapped: Office) -> None:
    request = mapped.do(entries.request_line, "1006", "302").id
    outcome = entry_of(planned(mapped), request)
    assert (outcome.status, outcome.reasons[0].code) == (OutcomeStatus.HELD, "held.entry_needs_rule")
    mapped.do(entries.withdraw, request)
    request = mapped.do(entries.request_line, "1006", "302", units=4).id
    plan = planned(mapped)
    outcome = entry_of(plan, request)
    assert (outcome.status, outcome.after, outcome.price) == (OutcomeStatus.CHANGE, 4, Decimal(18))
    assert applied(mapped, plan, request)[request].state == "done"
    (line,) = lines(mapped, 1006, 302)
    rows = [row for row in mapped.psa_state()["rows"] if row["contractServiceID"] == line["id"]]
    assert {row["units"] for row in rows if row["endDate"][:10] >= DAY.isoformat()} == {4}


def test_a_line_that_nobody_needs_yet_is_not_added(mapped: Office) -> None:
    mapped.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server"))
    request = mapped.do(entries.request_line, "1003", "302").id  # the garage has no server
    outcome = entry_of(planned(mapped), request)
    assert (outcome.status, outcome.reasons[0].code) == (OutcomeStatus.NONE, "none.entry_no_usage")
    assert [one.request.id for one in mapped.do(entries.listing)] == [request], "it stays wanted"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (("1001", "302"), "entries.line_exists"),
        (("9999", "302"), "entries.unknown_contract"),
        (("1001", "999"), "entries.unknown_service"),
        (("1001", "41"), "entries.unknown_service"),
        (("1001", "304", "many"), "entries.price"),
        (("1001", "304", None, 0), "entries.units"),
    ],
)
def test_a_line_that_cannot_be_asked_for_is_refused(office: Office, given: tuple[object, ...], code: str) -> None:
    with pytest.raises(UseCaseError) as refused:
        office.do(entries.request_line, *given)
    assert refused.value.reason.code == code


@pytest.mark.parametrize("fault", ["commit-then-drop", "commit-then-504"])
def test_a_lost_answer_for_a_line_is_settled_by_looking(mapped: Office, fault: str) -> None:
    request = mapped.do(entries.request_line, "1006", "302", units=4).id
    plan = planned(mapped)
    mapped.psa_fault(fault, entity="ContractServiceAdjustments", method="POST")
    assert applied(mapped, plan, request)[request].state == "unsettled"
    again(mapped, plan)
    (line,) = lines(mapped, 1006, 302)
    assert mapped.ws.store.entries.list(state="done")[0].created_id == str(line["id"])
    rows = [row for row in mapped.psa_state()["rows"] if row["contractServiceID"] == line["id"]]
    assert {row["units"] for row in rows if row["endDate"][:10] >= DAY.isoformat()} == {4}


def test_a_line_that_somebody_added_meanwhile_is_left_alone(mapped: Office) -> None:
    request = mapped.do(entries.request_line, "1006", "302", units=4).id
    plan = planned(mapped)
    mapped.do(approving.approve, plan.id, lines={request})

    async def add() -> None:
        async with mapped.ws.psa() as psa:
            await psa.add_line(NewLine("1006", "302", DAY, 1))

    run(add())
    result = again(mapped, plan)[request]
    assert (result.state, result.reason and result.reason.code) == ("skipped", "autotask.line_exists")
    (line,) = lines(mapped, 1006, 302)
    rows = [row for row in mapped.psa_state()["rows"] if row["contractServiceID"] == line["id"]]
    assert {row["units"] for row in rows if row["endDate"][:10] >= DAY.isoformat()} == {1}


def test_a_service_just_created_can_be_put_on_a_contract_and_get_its_rule_at_once(mapped: Office) -> None:
    request = ask_printer(mapped)
    assert applied(mapped, planned(mapped), request)[request].state == "done"
    made = str(services(mapped)[0]["id"])
    assert mapped.do(entries.request_line, "1006", made).kind is EntryKind.ADD_LINE
    rule = mapped.do(rules.set_rule, rules.RuleDraft(service=PRINTER, quantity="datto_rmm.printer")).rule
    assert rule.service_id == made


def test_the_same_request_again_is_the_one_that_stands(office: Office) -> None:
    first = ask_printer(office)
    assert ask_printer(office) == first
    assert ask_printer(office, "4.00") != first


def test_a_withdrawn_request_is_not_planned(mapped: Office) -> None:
    request = ask_printer(mapped)
    mapped.do(entries.withdraw, request)
    assert [outcome for outcome in planned(mapped).outcomes if outcome.line_id == request] == []
    with pytest.raises(UseCaseError) as unknown:
        mapped.do(entries.withdraw, request)
    assert unknown.value.reason.code == "entries.unknown_request"


def test_a_request_withdrawn_after_its_approval_is_not_written(mapped: Office) -> None:
    request = ask_printer(mapped)
    plan = planned(mapped)
    mapped.do(approving.approve, plan.id, lines={request})
    mapped.do(entries.withdraw, request)
    assert again(mapped, plan)[request].state == "skipped"
    assert services(mapped) == []


def test_a_run_that_created_something_can_be_verified(mapped: Office) -> None:
    request = ask_printer(mapped)
    plan = planned(mapped)
    mapped.do(approving.approve, plan.id, lines={request})
    result = mapped.do(applying.apply, plan.id)
    assert mapped.do(verifying.verify, result.run_id).right


def test_what_was_created_is_proved_by_reading_back(mapped: Office) -> None:
    service, line = ask_printer(mapped), mapped.do(entries.request_line, "1006", "302", units=4).id
    plan = planned(mapped)
    applied(mapped, plan, service, line)

    async def prove(intents: Sequence[Intent]) -> tuple[EntryProof, ...]:
        async with mapped.ws.psa() as psa:
            return await prove_entries(psa, intents)

    intents = mapped.ws.store.journal.of_plan(plan.id)
    assert [(proof.request_id, proof.found, proof.right) for proof in run(prove(intents))] == [
        (service, None, True),
        (line, 4, True),
    ]
    wrong = [replace(intent, change=5) for intent in intents]
    assert [proof.right for proof in run(prove(wrong))] == [True, False]
