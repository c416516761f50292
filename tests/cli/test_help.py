"""Help in both languages, and how soon it is there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from tests.cli.conftest import Cli, environment
from tests.places import nowhere_yet, on_server

from trueup.cli.bundled import Context
from trueup.cli.front import COMMANDS, first_page
from trueup.cli.help_page import HelpPage, written
from trueup.cli.root import app
from trueup.cli.speaking import choose
from trueup.cli.spoken import page_of

ALL = [
    ("connect", "psa"),
    ("connect", "module"),
    ("usage", "import"),
    *(("usage", "profile", name) for name in ("set", "list")),
    *(("customers", name) for name in ("suggest", "map", "unmap", "ignore", "list")),
    *(("metrics", name) for name in ("list", "define", "test")),
    *(("rules", name) for name in ("list", "set", "suggest", "remove")),
    *((name,) for name in COMMANDS),
]
HEAVY = (
    "sqlalchemy",
    "httpx2",
    "rich",
    "babel",
    "pydantic",
    "msgspec",
    "alembic",
    "anyio",
    "cryptography",
    "rapidfuzz",
)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_help_lists_every_command_of_the_contract(cli: Cli, language: str) -> None:
    shown = cli("--lang", language, "--help")
    assert shown.code == 0
    listed = [line.split()[0] for line in shown.out.splitlines() if line.startswith("  ") and line[2:3].isalpha()]
    contract = "demo init connect check collect customers metrics rules plan approve apply verify undo drift explain"
    assert [name for name in listed if name in contract.split()] == contract.split(), "the names are a contract"
    assert [name for name in listed if name in COMMANDS] == list(COMMANDS), "in the order of a person's work"
    assert ("Usage:" in shown.out) is (language == "en")
    assert ("Emploi" in shown.out) is (language == "fr")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_every_command_has_help_without_a_key_left_over(cli: Cli, command: tuple[str, ...], language: str) -> None:
    shown = cli(*command, "--help", "--lang", language)
    assert shown.code == 0
    assert shown.err == ""
    assert not re.search(r"\b(?:option|command|help)\.[a-z]", shown.out)
    assert f"trueup {' '.join(command)}" in shown.out
    assert max(len(line) for line in shown.out.splitlines()) <= 80


def test_the_language_of_help_follows_the_locale(cli: Cli) -> None:
    assert "Emploi" in cli("--help", env={"LANG": "fr_FR.UTF-8"}).out
    assert "Emploi" in cli("plan", "--help", env={"LC_ALL": "fr_CA"}).out
    assert "Usage" in cli("--help", env={"LANG": "de_DE.UTF-8"}).out


def test_the_version_is_told(cli: Cli) -> None:
    assert cli("--version").out.startswith("trueup ")


def _imported(*arguments: str) -> set[str]:
    code = (
        "import sys\nfrom trueup.cli.main import main\n"
        f"main({list(arguments)!r})\nprint(*sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment({}), capture_output=True, text=True, encoding="utf-8", check=True
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("plan", "--help"), ("rules", "set", "--help"), ("plan", "--nonsense"), ("pla",), ("approve",)],
    ids=" ".join,
)
def test_help_and_usage_errors_wait_for_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert not {name.partition(".")[0] for name in _imported(*arguments)} & set(HEAVY)


@pytest.mark.parametrize("arguments", [("--help",), ("--tenant", "north", "--help"), ("pla",)], ids=" ".join)
def test_the_first_page_and_a_mistyped_command_do_not_wait_for_the_parser(arguments: tuple[str, ...]) -> None:
    assert "typer" not in _imported(*arguments)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_first_page_says_what_the_parser_knows(language: str) -> None:
    choose(["--lang", language])
    whole = typer.main.get_command(app)
    parsed = page_of(whole, Context(whole, info_name="trueup"))
    assert written(parsed, 80) == written(first_page(), 80)


def test_words_of_a_page_of_help_are_broken_at_blanks_alone() -> None:
    meaning = "Read from standard input with --password-stdin, or\nasked for; 1\u00a0000 lines."
    page = HelpPage(
        "Usage: x", ["One.\n\nTwo."], [("Options", [("--" + "o" * 40, meaning), ("-a", "A")]), ("None", [])]
    )
    assert written(page, 50).splitlines() == [
        "Usage: x",
        "",
        "  One.",
        "",
        "  Two.",
        "",
        "Options:",
        "  " + "--" + "o" * 40,
        " " * 38 + "Read from",
        " " * 38 + "standard",
        " " * 38 + "input with",
        " " * 38 + "--password-stdin,",
        " " * 38 + "or asked",
        " " * 38 + "for; 1\u00a0000",
        " " * 38 + "lines.",
        "  -a" + " " * 34 + "A",
    ]


Store = tuple[str, ...]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The options that name a place where no store is yet."""
    with nowhere_yet(tmp_path / "store.sqlite") as where:
        yield "--store", where, "--key-file", str(tmp_path / "trueup.key")


def test_a_command_that_opens_the_store_and_calls_nobody_waits_for_no_library_of_calls(store: Store) -> None:
    assert "alembic" not in _imported(*store, "init"), "a new store is written at once"
    found = _imported(*store, "customers", "list")
    assert "sqlalchemy" in found
    assert not {name.partition(".")[0] for name in found} & {
        "alembic",
        "httpx2",
        "pydantic",
        "pyrate_limiter",
        "ruamel",
    }
    assert not found & {"rich.progress", "trueup.psa.autotask"}
    assert ("sqlalchemy.dialects.postgresql" in found) is on_server()
    assert len({name for name in found if name.startswith("trueup.")}) <= 300


@pytest.mark.parametrize(
    "arguments",
    [("customers", "list"), ("history",), ("tenant", "list"), ("people", "list")],
    ids=" ".join,
)
def test_a_command_that_opens_the_store_waits_for_no_room_that_it_does_not_need(
    arguments: tuple[str, ...], store: Store
) -> None:
    """Planning is a hundred modules, and all tables take longer to make than a list takes to show."""
    _imported(*store, "init")
    found = _imported(*store, *arguments)
    assert "trueup.store.database" in found
    assert not found & {
        "trueup.core.planning.planning",
        "trueup.core.simulation.simulation",
        "trueup.psa.autotask.adapter",
        "trueup.store.every_table",
        "trueup.store.migrating",
    }


def test_a_list_of_customers_reads_the_parts_of_the_store_that_it_shows(store: Store) -> None:
    _imported(*store, "init")
    found = _imported(*store, "customers", "list")
    parts = {"trueup.store.journal", "trueup.store.plans", "trueup.store.people_store", "trueup.store.across_tenants"}
    others = {"trueup.core.expression", "trueup.core.outcome", "trueup.psa.port", "trueup.app.usage.collecting"}
    rules = {"trueup.core.rule", "trueup.core.by_hand.drift"}
    usage = {"trueup.store.intervals", "trueup.store.usage_queries", "trueup.store.usage_recording"}
    libraries = {"cryptography", "rapidfuzz", "stamina"}
    assert not found & (parts | others | rules | usage | libraries)


def test_help_imports_little_beyond_the_parser() -> None:
    """Start-up is imports: counted, because a clock on a busy machine says little."""
    parser = subprocess.run(
        [sys.executable, "-c", "import sys, typer\nprint(*sys.modules)"],
        env=environment({}),
        capture_output=True,
        text=True,
        check=True,
    )
    ours = _imported("--help") - set(parser.stdout.split())
    assert len(ours) <= 40, sorted(ours)
