"""`trueup people`: the operator adds people, gives links, and keeps the last administrator."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.places import everything_in, nowhere_yet

from trueup.cli.main import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def where(tmp_path: Path) -> Iterator[str]:
    with nowhere_yet(tmp_path / "trueup.sqlite") as found:
        yield found


@pytest.fixture
def command(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on a store of its own; gives exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRUEUP_ACTOR", "operator")
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setenv("TRUEUP_STORE", where)

    def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = main(arguments)
        told = capsys.readouterr()
        return code, told.out, told.err

    assert run("init", "--name", "An MSP")[0] == 0
    return run


def test_a_person_is_added_with_a_password_from_standard_input(command: Run, where: str) -> None:
    code, out, err = command(
        "people", "add", "Ada", "--role", "administrator", "--password-stdin", stdin="four plain words together\n"
    )
    assert (code, out.strip(), err) == (0, "Ada is administrator of default.", "")
    found = json.loads(command("people", "list", "--json")[1])["people"]
    assert [(one["name"], one["role"], one["has_password"], one["added_by"]) for one in found] == [
        ("Ada", "administrator", True, "operator")
    ]
    assert b"four plain words" not in everything_in(where)


def test_where_nobody_can_be_asked_a_link_is_printed(command: Run) -> None:
    code, out, _ = command("people", "add", "Ada", "--role", "viewer", "--url", "https://trueup.example/")
    assert code == 0
    assert re.search(r"^https://trueup\.example/welcome/[\w-]{43}$", out, re.MULTILINE)


def test_a_guessed_password_adds_nobody(command: Run) -> None:
    code, _, err = command("people", "add", "Ada", "--role", "viewer", "--password-stdin", stdin="qwertyuiop12\n")
    assert code == 2
    assert "password.common" in err
    assert json.loads(command("people", "list", "--json")[1])["people"] == []


def test_the_last_administrator_stays(command: Run) -> None:
    command("people", "add", "Ada", "--role", "administrator")
    for refused in (("role", "Ada", "viewer"), ("remove", "ada")):
        code, _, err = command("people", *refused)
        assert code == 1
        assert "people.last_administrator" in err
    command("people", "add", "Bea", "--role", "viewer")
    assert command("people", "role", "Bea", "administrator")[0] == 0
    assert command("people", "remove", "Ada")[0] == 0
    assert [one["name"] for one in json.loads(command("people", "list", "--json")[1])["people"]] == ["Bea"]


def test_names_are_compared_as_approvals_compare_them(command: Run) -> None:
    command("people", "add", "Ada  Lovelace", "--role", "viewer")
    code, _, err = command("people", "add", " ada lovelace", "--role", "viewer")
    assert code == 1
    assert "people.already" in err
    assert command("people", "reset", "ADA LOVELACE")[0] == 0
    assert command("people", "add", "Ada \u00b7 token", "--role", "viewer")[0] == 2


def test_a_person_joins_another_tenant_by_the_operators_word(command: Run) -> None:
    command("people", "add", "Ada", "--role", "administrator")
    command("--tenant", "other", "init", "--name", "Another")
    assert command("--tenant", "other", "people", "add", "Ada", "--role", "viewer")[0] == 0
    for tenant, role in (("default", "administrator"), ("other", "viewer")):
        found = json.loads(command("--tenant", tenant, "people", "list", "--json")[1])["people"]
        assert [(one["name"], one["role"]) for one in found] == [("Ada", role)]


def test_a_role_that_does_not_exist_is_a_usage_error(command: Run) -> None:
    code, _, err = command("people", "add", "Ada", "--role", "root")
    assert code == 2
    assert "viewer, billing, approver, administrator" in err


def test_what_a_sign_in_needs_is_shown_and_set(command: Run) -> None:
    assert json.loads(command("people", "sign-in", "--json")[1]) == {"second_factor": "offered", "link_minutes": 60}
    code, out, _ = command("people", "sign-in", "--second-factor", "required", "--link-minutes", "10")
    assert (code, "is required" in out, "10 minutes" in out) == (0, True, True)
    assert json.loads(command("people", "sign-in", "--json")[1]) == {"second_factor": "required", "link_minutes": 10}
    code, _, err = command("people", "sign-in", "--link-minutes", "90")
    assert (code, "people.link_minutes" in err) == (2, True)
    assert command("people", "sign-in", "--second-factor", "maybe")[0] == 2
    assert command("people", "sign-in", "--second-factor", "offered")[0] == 0
