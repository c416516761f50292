"""Prerequisites one by one: a source that fails never hides another, and a question is never a green tick."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.app.office import RMM, Office, run

from trueup.app.connections import checking, setup
from trueup.core.finding import Finding, FindingState

OK, FAILED, WARNING, QUESTION = (
    FindingState.OK,
    FindingState.FAILED,
    FindingState.WARNING,
    FindingState.QUESTION,
)


def states(findings: tuple[Finding, ...]) -> dict[str, FindingState]:
    return {finding.code: finding.state for finding in findings}


def test_everything_right_leaves_only_the_questions_to_a_person(office: Office) -> None:
    found = office.do(checking.check)
    assert {finding.state for finding in found} == {OK, QUESTION}
    assert tuple(finding.code for finding in found if finding.state is QUESTION) == checking.ICB_QUESTIONS
    assert all(finding.cure is not None for finding in found if finding.state is not OK)


def test_nothing_connected_says_what_to_connect_and_asks_no_questions(empty: Office) -> None:
    found = states(empty.do(checking.check))
    assert (found["check.store"], found["check.psa"], found["check.modules"]) == (OK, FAILED, FAILED)
    assert QUESTION not in found.values()


def test_a_psa_that_is_away_does_not_hide_the_module(own: Office) -> None:
    own.autotask.stop()
    found = states(own.do(checking.check))
    assert found["autotask.zone"] is FAILED
    assert found["check.module_delivering"] is OK
    assert found["check.modules"] is OK


def test_a_module_that_is_away_does_not_hide_the_psa(own: Office) -> None:
    own.datto.stop()
    found = states(own.do(checking.check))
    assert found["autotask.contracts"] is OK
    assert (found["check.module_reachable"], found["check.modules"]) == (FAILED, FAILED)
    assert found["check.delivered"] is OK, "what was collected last night is still there"


def test_a_module_that_never_delivered_is_said_with_its_cure(empty: Office) -> None:
    empty.connect_psa()
    empty.connect_rmm()
    found = {finding.code: finding for finding in empty.do(checking.check)}
    assert found["check.delivered"].reason.code == "check.delivered.never"
    assert found["check.delivered"].state is WARNING


def test_a_delivery_that_is_too_old_is_said_with_its_age(office: Office) -> None:
    office.clock.put(office.clock.now().replace(day=25))
    found = {finding.code: finding for finding in office.do(checking.check)}
    assert found["check.delivered"].reason.as_dict()["days"] == 10


def test_two_modules_are_told_apart_by_their_connection(office: Office) -> None:
    given = {"base_url": office.datto.url}
    wrong = {"api_key": "wrong", "api_secret": "wrong"}
    run(setup.connect_module(office.ws, "datto_rmm", "second", given, wrong, force=True))
    found = [finding for finding in office.do(checking.check) if finding.code == "check.module_credentials"]
    assert {(finding.reason.get("connection"), finding.state) for finding in found} == {(RMM, OK), ("second", FAILED)}
    assert states(office.do(checking.check))["check.modules"] is OK, "one of the two delivers"


def test_a_store_without_its_key_is_a_finding_and_not_a_crash(offices: Callable[..., Office]) -> None:
    office = offices().open()
    office.ws.store._binding.key = None  # the store as it is opened without its key file
    found = {finding.code: finding for finding in office.do(checking.check)}
    assert found["check.secrets"].state is FAILED
    assert found["check.secrets"].reason.code == "store.key_missing"
    assert found["check.psa"].state is FAILED
    assert found["check.module"].state is FAILED


def test_facts_are_probed_by_reading_only_and_reported_without_names_or_secrets(office: Office) -> None:
    before = office.psa_state()
    found = office.do(checking.check, facts=True)
    after = office.psa_state()
    assert before["rows"] == after["rows"]
    assert before["adjustments"] == after["adjustments"]
    probes = [finding for finding in found if ".fact." in finding.code]
    assert len(probes) >= 15
    text = json.dumps(checking.facts_report(found))
    private = [customer.name for customer in office.ws.store.psa.customers()]
    private += [*office.autotask.credentials.values(), *office.datto.credentials.values(), office.autotask.url]
    private += [organization.organization.name for organization in office.ws.store.usage.organizations()]
    assert private
    assert [one for one in private if one in text] == []
    assert '"autotask.fact.rows_do_not_overlap"' in text


def test_a_clock_that_differs_from_the_servers_is_told(office: Office) -> None:
    answers = [Finding("autotask.clock", FAILED, checking.Reason.of("autotask.clock_differs", seconds=900))]
    found = checking._clock(answers)
    assert (found.state, found.reason.get("seconds")) == (FAILED, 900)
