"""What holds for every catalogue file, whether or not a simulator of its vendor exists."""

from __future__ import annotations

import pytest
from tests.conformance.accounts import catalogue_of

from trueup.app.connections.connecting import Accounts, is_delivered, secrets_of
from trueup.core.usage import MetricKind
from trueup.modules.catalogue_auth import Oauth2Auth
from trueup.modules.catalogue_delivered import DeliveredFile
from trueup.modules.catalogue_files import known_modules, load_catalogue
from trueup.modules.rest_module import RestModule
from trueup.modules.templates import names_in

FILES = known_modules()
ASKED = [name for name in FILES if not isinstance(load_catalogue(name), DeliveredFile)]
DELIVERED = [name for name in FILES if name not in ASKED]
WORDS_OF_CHANGE = ("create", "update", "delete", "set", "add", "assign", "move", "bulk", "install", "remove")


@pytest.mark.parametrize("name", ASKED)
def test_a_connection_can_be_made_from_what_the_file_asks_for(name: str) -> None:
    file = catalogue_of(name)
    settings = {key: (one.choices or ("example",))[0] for key, one in file.settings.items() if one.required}
    module = Accounts().module_from(name, name, settings, dict.fromkeys(secrets_of(name), "x"))
    assert isinstance(module, RestModule)
    assert module.wrong is None
    assert len({billing_type.key for billing_type in module.billing_types}) == len(module.billing_types)
    assert module.prepared.base_url.startswith("https://")


@pytest.mark.parametrize("name", ASKED)
def test_no_writing_call_can_be_written_down(name: str) -> None:
    file = catalogue_of(name)
    for stream in file.streams.values():
        assert (stream.get is None) != (stream.post_query is None)
        if stream.post_query is not None:  # a reading call by POST: its method or its path says so
            said = str((stream.body or {}).get("method", stream.post_query)).lower()
            assert "get" in said or said.endswith("/list")
            assert not any(said.rsplit("/", 1)[-1].startswith(word) for word in WORDS_OF_CHANGE)


@pytest.mark.parametrize("name", ASKED)
def test_what_proves_who_we_are_comes_from_the_secrets(name: str) -> None:
    file = catalogue_of(name)
    for text in file.auth.proofs.values():
        assert names_in(text) & set(file.secret)
    if isinstance(file.auth, Oauth2Auth):
        assert file.auth.token_url.startswith(("{base_url}/", "{login_url}/"))
    used = " ".join([file.auth.model_dump_json(), *(file.bootstrap.url if file.bootstrap else "",)])
    assert [key for key in file.secret if f"{{{key}}}" not in used] == []


@pytest.mark.parametrize("name", ASKED)
def test_customers_are_listed_apart_from_what_is_counted(name: str) -> None:
    file = catalogue_of(name)
    for listing in (file.organizations.stream, *file.organizations.also):
        assert file.streams[listing].item is None
    fanned = [stream.for_each for stream in file.streams.values() if stream.for_each is not None]
    assert [one for one in fanned if one.distinct is None] == []


@pytest.mark.parametrize("name", DELIVERED)
def test_a_module_without_an_api_promises_its_types_and_asks_for_nothing(name: str) -> None:
    module = Accounts().module_from(name, name, {}, {})
    assert is_delivered(name)
    assert secrets_of(name) == ()
    assert module.billing_types
    assert all(billing_type.key.startswith(f"{name}.") for billing_type in module.billing_types)


def test_what_integrated_customer_billing_publishes_is_named_word_for_word() -> None:
    published = {  # Autotask's help, "ICB Billing Types", as far as it can be read, and the modules' own pages
        "bullphish_id": {"BullphishID Phishing Module Metric Type", "BullphishID Training Module Metric Type"},
        "compliance_manager": {"Devices", "Is Enabled", "Users"},
        "cyber_hawk": {"Is Enabled"},
        "dark_web_id": {"Dark Web ID Live Searches per Month", "Live Search for .Gov Domain", "Number of Domains"},
        "spanning_m365": {"Standard Licenses in Use", "Archived Licenses"},
        "spanning_google": {"Standard Licenses in Use", "Archived Licenses"},
        "vulscan": {"Per Scanned Device", "Per Scanned User"},
    }
    for name, labels in published.items():
        assert labels <= {one.label for one in load_catalogue(name).billing_types.values()}, name


def test_true_or_false_is_a_flag_and_a_months_total_is_a_total() -> None:
    flags = {one.kind for one in load_catalogue("bullphish_id").billing_types.values()}
    totals = {one.kind for one in load_catalogue("gravityzone").billing_types.values()}
    assert (flags, totals) == ({MetricKind.FLAG}, {MetricKind.PERIOD_TOTAL})


def test_a_retired_module_still_loads_and_promises_what_was_mapped() -> None:
    assert {name for name in FILES if load_catalogue(name).retired} == {"passly", "uniview"}
    assert Accounts().module_from("passly", "passly", {}, {}).billing_types[0].key == "passly.users"
