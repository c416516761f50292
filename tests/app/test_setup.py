"""Connections are tried live before they are stored; secrets are nowhere but in the sealed rows."""

from __future__ import annotations

import pytest
from tests.app.office import PSA, RMM, Office, run

from trueup.app.connections import setup
from trueup.app.errors import Exit, UseCaseError
from trueup.core.finding import FindingState
from trueup.core.rule import Mode


def test_a_right_account_is_stored_with_an_audit_entry_and_all_answers(empty: Office) -> None:
    found = run(
        setup.connect_psa(
            empty.ws, "autotask", "psa", {"zone_lookup_url": empty.autotask.url, **PSA}, empty.autotask.credentials
        )
    )
    assert {finding.state for finding in found} == {FindingState.OK}
    kept = empty.ws.store.connections.get("psa")
    assert (kept.role, kept.kind, kept.secret_fields) == (
        "psa",
        "autotask",
        ("integration_code", "secret", "user_name"),
    )
    entry = empty.ws.store.audit.list()[-1]
    assert (entry.action, entry.actor) == ("connection.added", "anna")
    assert entry.detail.get("secrets") == "integration_code, secret, user_name"


def test_a_wrong_secret_stores_nothing_and_names_the_failed_question(empty: Office) -> None:
    with pytest.raises(setup.NotConnectedError) as refused:
        empty.connect_psa(secret="wrong-one")
    assert refused.value.reason.code == "setup.not_connected"
    assert refused.value.reason.get("finding") == "autotask.credentials"
    assert any(finding.state is FindingState.SKIPPED for finding in refused.value.findings)
    assert empty.ws.store.connections.list() == ()
    assert empty.actions() == []


def test_an_address_where_nothing_answers_stores_nothing(empty: Office) -> None:
    url = empty.datto.url
    empty.datto.stop()
    with pytest.raises(setup.NotConnectedError) as refused:
        run(setup.connect_module(empty.ws, "datto_rmm", RMM, {"base_url": url}, {"api_key": "k", "api_secret": "s"}))
    assert refused.value.reason.get("finding") == "check.module_reachable"
    assert empty.ws.store.connections.list() == ()


def test_force_stores_an_account_that_does_not_answer_and_says_how_much_failed(empty: Office) -> None:
    secret = {"api_key": "wrong", "api_secret": "wrong"}
    found = run(setup.connect_module(empty.ws, "datto-rmm", RMM, {"base_url": empty.datto.url}, secret, force=True))
    assert [f.code for f in found if f.state is FindingState.FAILED] == ["check.module_credentials"]
    assert empty.ws.store.connections.get(RMM).kind == "datto_rmm"
    assert empty.ws.store.audit.list()[-1].detail.get("failed") == 1


def test_a_right_that_is_missing_is_a_warning_and_not_a_refusal(empty: Office) -> None:
    user = {"user_name": "restricted@msp.example", "secret": "simulated-secret-3"}
    secret = {**empty.autotask.credentials, **user}
    found = run(setup.connect_psa(empty.ws, "autotask", "psa", {"zone_lookup_url": empty.autotask.url, **PSA}, secret))
    states = {finding.code: finding.state for finding in found}
    assert states["autotask.rights.Contracts"] is FindingState.WARNING
    assert empty.ws.store.connections.list("psa")[0].name == "psa"


def test_the_same_name_again_replaces_secret_and_settings(empty: Office) -> None:
    empty.connect_psa()
    empty.connect_psa(user_name="readonly@msp.example", secret="simulated-secret-2")
    assert empty.ws.store.connections.secret("psa")["user_name"] == "readonly@msp.example"
    assert empty.actions() == ["connection.added", "connection.changed"]


def test_a_second_psa_and_a_taken_name_are_refused_before_any_call(empty: Office) -> None:
    empty.connect_psa()
    calls = len(empty.psa_state()["adjustments"])
    for name, code in (("other", "setup.psa_exists"), ("with blank", "setup.connection_name")):
        with pytest.raises(UseCaseError) as refused:
            run(setup.connect_psa(empty.ws, "autotask", name, {}, empty.autotask.credentials))
        assert (refused.value.reason.code, refused.value.exit_code) == (code, Exit.USAGE)
    with pytest.raises(UseCaseError) as taken:
        run(setup.connect_module(empty.ws, "datto_rmm", "psa", {}, {}))
    assert taken.value.reason.code == "setup.name_taken"
    assert len(empty.psa_state()["adjustments"]) == calls


def test_a_kind_that_nobody_knows_names_those_that_are_known(empty: Office) -> None:
    with pytest.raises(UseCaseError) as refused:
        run(setup.connect_module(empty.ws, "datto_rrm", "x", {}, {}))
    assert refused.value.reason.code == "setup.unknown_kind"
    assert "datto_rmm" in str(refused.value.reason.get("known"))


def test_no_secret_stands_in_the_audit_trail_an_error_or_a_repr(empty: Office) -> None:
    empty.connect_psa()
    with pytest.raises(setup.NotConnectedError) as refused:
        empty.connect_psa(secret="very-private-words")
    told = [str(refused.value), repr(refused.value.reason), repr(refused.value.findings), repr(empty.ws.store)]
    told += [repr(entry) for entry in empty.ws.store.audit.list()]
    for text in told:
        assert "very-private-words" not in text
        assert empty.autotask.credentials["secret"] not in text


def test_a_removed_connection_loses_its_secrets(empty: Office) -> None:
    empty.connect_psa()
    run(setup.disconnect(empty.ws, "psa"))
    assert empty.ws.store.connections.list() == ()
    assert empty.actions()[-1] == "connection.removed"


@pytest.mark.parametrize(
    ("choices", "code"),
    [
        (setup.TenantChoices(time_zone="Europe/Pariss"), "setup.unknown_time_zone"),
        (setup.TenantChoices(currency="EURO"), "setup.unknown_currency"),
        (setup.TenantChoices(language="de"), "setup.unknown_language"),
        (setup.TenantChoices(name="  "), "setup.name_empty"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(choices: setup.TenantChoices, code: str) -> None:
    with pytest.raises(UseCaseError) as refused:
        setup.chosen_settings(choices)
    assert (refused.value.reason.code, refused.value.exit_code) == (code, Exit.USAGE)


def test_changed_choices_are_kept_and_audited_once(empty: Office) -> None:
    choices = setup.TenantChoices(currency="chf", mode=Mode.AUTOMATIC)
    run(setup.change_settings(empty.ws, choices))
    run(setup.change_settings(empty.ws, choices))
    settings = empty.ws.store.settings.get()
    assert (settings.currency, settings.mode, settings.time_zone) == ("CHF", Mode.AUTOMATIC, "Europe/Paris")
    entries = empty.ws.store.audit.list(action="settings.changed")
    assert [entry.detail.as_dict() for entry in entries] == [{"currency": "CHF", "mode": "automatic"}]
