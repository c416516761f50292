"""Creating a store, connecting, and what is said when something is not there yet."""

from __future__ import annotations

import json

import pytest
from tests.cli.conftest import Cli, Office
from tests.places import ask, everything_in

from trueup.store.secrets import Key


def test_init_creates_store_and_key_in_read_only_mode(cli: Cli) -> None:
    done = cli.ok("init", "--time-zone", "Europe/Paris", "--json")
    told = done.json()
    assert told["created"] is True
    assert (told["mode"], told["time_zone"], told["currency"]) == ("read-only", "Europe/Paris", None)
    assert cli.ok("history").code == 0
    assert cli.folder / told["key_file"] == cli.key_file
    assert cli.key_file.read_text(encoding="ascii").strip() not in done.out + done.err


def test_init_again_is_refused_without_choices_and_changes_what_is_chosen(cli: Cli) -> None:
    cli.ok("init", "--currency", "EUR")
    again = cli("init")
    assert again.code == 1
    assert "[store.tenant_exists]" in again.err
    changed = cli.ok("init", "--mode", "manual", "--json").json()
    assert (changed["created"], changed["mode"], changed["currency"]) == (False, "manual", "EUR")
    assert changed["key_file"] is None


def test_a_second_tenant_lives_in_the_same_store(cli: Cli) -> None:
    cli.ok("init")
    cli.ok("--tenant", "north", "init", "--name", "North IT")
    assert cli("--tenant", "south", "check").code == 1
    assert "[store.unknown_tenant]" in cli("--tenant", "south", "check").err
    assert cli.ok("--tenant", "north", "history").code == 0


def test_a_wrong_choice_creates_nothing(cli: Cli) -> None:
    done = cli("init", "--time-zone", "Europe/Pariss")
    assert done.code == 2
    assert "[setup.unknown_time_zone]" in done.err
    assert list(cli.folder.iterdir()) == []


def test_without_a_store_the_cure_is_named_in_both_languages(cli: Cli) -> None:
    english, french = cli("plan"), cli("--lang", "fr", "plan")
    assert (english.code, french.code) == (1, 1)
    assert "trueup init" in english.err
    assert "Il n'y a pas de base" in french.err


def test_a_store_from_a_newer_version_is_left_alone(cli: Cli) -> None:
    cli.ok("init")
    ask(cli.store, "UPDATE alembic_version SET version_num = '9999'")
    before = everything_in(cli.store)
    done = cli("plan")
    assert done.code == 1
    assert "[store.newer_version]" in done.err
    assert "9999" in done.err
    assert everything_in(cli.store) == before


@pytest.mark.once("a file that is no database")
def test_something_else_than_a_store_is_named(cli: Cli) -> None:
    (cli.folder / "trueup.sqlite").write_text("no database at all, just text" * 50, encoding="utf-8")
    done = cli("history", "--json")
    assert done.code == 1
    assert done.error()["code"] in ("store.not_a_store", "store.corrupt")


def test_before_anything_is_connected_every_step_names_the_next_one(cli: Cli) -> None:
    cli.ok("init")
    assert "[collect.no_module]" in cli("collect").err
    assert "[plan.no_usage]" in cli("plan").err
    checked = cli("check", "--json")
    assert checked.code == 1
    found = {finding["question"]: finding for finding in checked.json()["findings"]}
    assert found["check.psa"]["state"] == "failed"
    assert "trueup connect psa autotask" in found["check.psa"]["cure"]


def test_a_connection_that_is_refused_stores_nothing_and_tells_no_secret(cli: Cli, office: Office) -> None:
    cli.ok("init")
    wrong = json.dumps({**office.psa.credentials, "secret": "hunter2hunter2"})
    place = ("--set", f"zone_lookup_url={office.psa.url}", "--secrets-stdin")
    done = cli("connect", "psa", "autotask", *place, stdin=wrong)
    assert done.code == 1
    assert "[setup.not_connected]" in done.err
    assert "hunter2" not in done.out + done.err
    assert "[setup.no_psa]" in cli("customers", "suggest").err
    assert b"hunter2" not in everything_in(cli.store)


def test_secrets_may_come_from_the_environment(cli: Cli, office: Office) -> None:
    cli.ok("init")
    names = {f"TRUEUP_DATTO_RMM_{name.upper()}": value for name, value in office.rmm.credentials.items()}
    done = cli("connect", "module", "datto-rmm", "--set", f"base_url={office.rmm.url}", env=names)
    assert done.code == 0, done.err
    assert all(value not in done.out + done.err for value in office.rmm.credentials.values())


def test_a_missing_secret_without_a_terminal_names_its_variable(cli: Cli) -> None:
    cli.ok("init")
    done = cli("connect", "module", "datto-rmm", "--json")
    assert done.code == 2
    assert done.error()["code"] == "usage.secret_missing"
    assert done.error()["params"]["variable"] == "TRUEUP_DATTO_RMM_API_KEY"


def test_standard_input_that_is_no_object_is_refused(cli: Cli) -> None:
    cli.ok("init")
    done = cli("connect", "psa", "autotask", "--secrets-stdin", stdin='["hunter2hunter2"]')
    assert done.code == 2
    assert "[usage.secrets_unreadable]" in done.err
    assert "hunter2" not in done.err


def test_an_unknown_kind_names_those_that_exist(cli: Cli) -> None:
    cli.ok("init")
    done = cli("connect", "psa", "connectwise")
    assert done.code == 1
    assert "[setup.unknown_kind]" in done.err
    assert "autotask" in done.err


def test_another_key_does_not_open_the_secrets(ready: Cli) -> None:
    ready.key_file.unlink()
    Key.create_file(ready.folder / "other.key")
    done = ready("--key-file", "other.key", "collect")
    assert done.code == 1
    assert "[store.wrong_key]" in done.err


def test_a_simulator_that_cannot_start_says_why(cli: Cli) -> None:
    (cli.folder / "bad.yaml").write_text("companys: []\n", encoding="utf-8")
    done = cli("sim", "autotask", "--scenario", "bad.yaml", "--json")
    assert done.code == 2
    assert "companys" in done.err
