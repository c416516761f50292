"""What an operator types: tenants, archives, a new key; and prices and invoices that are named by their number."""

from __future__ import annotations

import typing
import zipfile
from importlib import import_module
from pathlib import Path

import pytest
from tests.cli.conftest import Cli
from tests.places import nowhere_yet

import trueup.cli.commands as commands


def test_a_backup_is_restored_elsewhere_and_stands_in_nobodys_way(ready: Cli) -> None:
    ready.ok("backup", "whole.zip")
    assert "manifest.json" in zipfile.ZipFile(ready.folder / "whole.zip").namelist()
    again = ready("backup", "whole.zip")
    assert (again.code, "[store.archive_exists]" in again.err) == (1, True)
    with nowhere_yet(ready.folder / "other.sqlite") as other:
        ready.ok("--store", other, "restore", "whole.zip")
        there = ready.ok("--store", other, "--key-file", str(ready.key_file), "rules", "list", "--json").out
    assert ready.ok("rules", "list", "--json").out == there
    assert ready("restore", "whole.zip").code != 0, "a store is there already"
    assert "[store.archive_damaged]" in ready("--store", "third.sqlite", "restore", "nothing.zip").err


def test_a_tenant_comes_rests_is_taken_along_and_goes(ready: Cli) -> None:
    ready.ok("tenant", "create", "west", "--name", "West IT", "--currency", "CHF")
    ready.ok("tenant", "suspend", "west", "--reason", "contract ended")
    assert "west     suspended" in ready.ok("tenant", "list").out
    ready.ok("tenant", "resume", "west")
    ready.ok("tenant", "export", "west", "west.zip")
    assert (ready.folder / "west.zip").exists()
    ready.ok("tenant", "delete", "west", "--confirm", "west")
    assert "west" not in ready.ok("tenant", "list").out


def test_a_new_key_takes_the_place_of_the_old_one(ready: Cli) -> None:
    ready.ok("key", "rotate")
    assert ready("plan").code in (0, 3)
    ready.ok("key", "retire")
    assert ready("plan").code in (0, 3)


def test_a_price_is_ended_and_removed_by_its_number(ready: Cli) -> None:
    ready.ok("prices", "set", "datto_rmm.server", "3.10", "--currency", "EUR", "--from", "2026-01-01")
    (ended,) = ready.ok("prices", "end", "1", "--to", "2026-12-31", "--json").json()["prices"]
    wrong = ready("prices", "remove", "first")
    assert (wrong.code, "[usage.not_a_whole_number]" in wrong.err) == (2, True)
    ready.ok("prices", "remove", str(ended["number"]))
    assert "3.10" not in ready.ok("prices", "list").out


def _all() -> list[tuple[str, object]]:
    """Every function that is a command, by file."""
    found: list[tuple[str, object]] = []
    for file in sorted(Path(commands.__path__[0]).glob("*.py")):
        module = import_module(f"trueup.cli.commands.{file.stem}")
        app = getattr(module, "app", None)
        found += [(file.stem, one.callback) for one in getattr(app, "registered_commands", ())]
    return found


@pytest.mark.parametrize(("file", "command"), _all(), ids=lambda value: getattr(value, "__name__", value))
def test_a_command_takes_texts_and_flags_alone(file: str, command: object) -> None:
    """Values come as they were typed (`trueup.cli.bundled.as_typed`): whatever else is promised never arrives."""
    hints = typing.get_type_hints(command, localns={"typer": import_module("typer")})
    kinds = {name: hint for name, hint in hints.items() if name not in ("ctx", "return")}
    allowed = (str, bool, str | None, bool | None, list[str], list[str] | None)
    assert {name: hint for name, hint in kinds.items() if hint not in allowed} == {}, file
