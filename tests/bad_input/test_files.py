"""Files that are not what they should be: the store, its key, a scenario, a catalogue file."""

from __future__ import annotations

import contextlib
import io
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.bad_input.desk import Desk, Said, run, typed
from tests.places import ask, kept_busy

from trueup.cli import speaking
from trueup.cli.failing import write_failure
from trueup.modules.catalogue_files import CatalogueError, load_catalogue
from trueup.store.secrets import Key

COMMANDS = (("plan",), ("collect", "--json"), ("check",), ("customers", "list", "--json"))


def refused(said: Said, code: str, *named: str, exit_code: int = 1) -> Said:
    """The answer is this error, with its cure and everything that it should name."""
    assert said.code == exit_code, said.text
    if said.err.startswith("{"):
        assert said.out == ""
        assert said.error()["code"] == code
        assert said.error()["cure"]
    else:
        assert said.codes == [code], said.text
        assert len(said.err.splitlines()) >= 3, f"no cure: {said.text}"
    for part in named:
        assert part in (said.out + said.err).replace("\n", ""), f"{part} in {said.text}"
    return said


# --- the key


def test_a_key_file_that_is_missing_or_no_key_is_named_and_nothing_is_made(desk: Desk, tmp_path: Path) -> None:
    missing = tmp_path / "missing.key"
    for language in ("en", "fr"):
        said = typed("--store", desk.where, "--key-file", str(missing), "plan", lang=language)
        refused(said, "store.key_unreadable", "missing.key")
    assert not missing.exists()
    bad = {"short.key": b"AAAA\n", "words.key": b"my secret word\n", "empty.key": b"", "binary.key": bytes(range(256))}
    for name, content in bad.items():
        path = tmp_path / name
        path.write_bytes(content)
        for language in ("en", "fr"):
            said = typed("--store", desk.where, "--key-file", str(path), "collect", "--json", lang=language)
            assert said.code == 1
            assert said.error()["code"] in ("store.key_malformed", "store.key_unreadable")
            assert said.error()["cure"]
            assert name in said.err
            assert "my secret word" not in said.err
        assert path.read_bytes() == content


def test_another_key_opens_nothing_and_loses_nothing(desk: Desk, tmp_path: Path) -> None:
    before = desk.kept()
    Key.create_file(tmp_path / "other.key")
    for language in ("en", "fr"):
        said = typed("--store", desk.where, "--key-file", str(tmp_path / "other.key"), "collect", lang=language)
        refused(said, "store.wrong_key")
    said = typed("--store", desk.where, "collect")
    refused(said, "store.key_missing")
    assert desk.kept() == before
    assert desk.typed("collect").code == 0


# --- the store


def a_directory(path: Path) -> None:
    path.mkdir()


def an_empty_file(path: Path) -> None:
    path.touch()


def another_program_s_database(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE songs (title TEXT)")
        other.commit()


def a_text(path: Path) -> None:
    path.write_text("Dear sir or madam, this is a letter and not a database at all.\n" * 200, encoding="utf-8")


def in_no_folder(path: Path) -> None:
    assert not path.exists()


STORES: dict[Callable[[Path], None], str] = {
    a_directory: "store.cannot_open",
    an_empty_file: "store.missing",
    another_program_s_database: "store.not_a_store",
    a_text: "store.not_a_store",
    in_no_folder: "store.missing",
}


@pytest.mark.once("files that are no store")
@pytest.mark.parametrize(("make", "code"), STORES.items(), ids=[make.__name__ for make in STORES])
def test_what_is_no_store_is_said_by_name(make: Callable[[Path], None], code: str, tmp_path: Path) -> None:
    path = tmp_path / "thing.sqlite"
    make(path)
    for command in COMMANDS:
        for language in ("en", "fr"):
            refused(typed("--store", str(path), *command, lang=language), code, "thing.sqlite")
    assert path.exists() is (make is not in_no_folder)


@pytest.mark.once("files that are no store")
@pytest.mark.parametrize(
    "make",
    [
        an_empty_file,
        another_program_s_database,
        a_text,
    ],
    ids=lambda make: make.__name__,
)
def test_what_is_no_store_stays_as_it_is(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "thing.sqlite"
    make(path)
    before = path.read_bytes()
    assert typed("--store", str(path), "plan").code == 1
    assert path.read_bytes() == before


@pytest.mark.once("files that are no store")
@pytest.mark.parametrize("make", [another_program_s_database, a_text, a_directory], ids=lambda make: make.__name__)
def test_init_makes_no_store_of_another_program_s_file_or_of_a_folder(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "thing.sqlite"
    make(path)
    for language in ("en", "fr"):
        refused(typed("--store", str(path), "init", lang=language), STORES[make], "thing.sqlite")
    if make is another_program_s_database:
        with contextlib.closing(sqlite3.connect(path)) as other:
            assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("songs",)]
    assert [found.name for found in tmp_path.iterdir() if found.suffix == ".key"] == []


def test_a_store_of_a_newer_version_is_refused_untouched(desk: Desk) -> None:
    before = desk.kept()
    ((version,),) = ask(desk.where, "SELECT version_num FROM alembic_version")
    ask(desk.where, "UPDATE alembic_version SET version_num = '9999_from_tomorrow'")
    for language in ("en", "fr"):
        refused(desk.typed("collect", lang=language), "store.newer_version", "9999_from_tomorrow")
    refused(desk.run("plan", "--json", lang="fr"), "store.newer_version")
    assert ask(desk.where, "SELECT version_num FROM alembic_version") == [("9999_from_tomorrow",)]
    ask(desk.where, "UPDATE alembic_version SET version_num = ?", version)
    assert desk.kept() == before
    assert desk.typed("collect").code == 0


@pytest.mark.once("a page of the file is broken")
def test_a_corrupted_page_is_said_and_nothing_is_written_over_it(desk: Desk) -> None:
    path = Path(desk.where)
    with contextlib.closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = raw.execute("PRAGMA page_size").fetchone()
        root = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'connection'").fetchone()[0]
    content = bytearray(path.read_bytes())
    content[(root - 1) * size : root * size] = b"\xa5" * size
    path.write_bytes(content)
    for language in ("en", "fr"):
        said = refused(desk.typed("collect", lang=language), "store.corrupt", path.name)
        assert said.out == ""
    refused(desk.typed("plan", "--json"), "store.corrupt")
    assert path.read_bytes() == bytes(content)


@pytest.mark.once("the file may not be written")
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may write to every file")
def test_a_store_that_may_not_be_written_is_said(desk: Desk) -> None:
    before, path = desk.kept(), Path(desk.where)
    with contextlib.closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.chmod(stat.S_IREAD)
    try:
        for language in ("en", "fr"):
            refused(desk.typed("collect", lang=language), "store.read_only", path.name)
    finally:
        path.chmod(stat.S_IREAD | stat.S_IWRITE)
    assert desk.kept() == before
    assert desk.typed("collect").code == 0


def test_a_store_that_another_program_holds_is_said_and_the_command_works_afterwards(desk: Desk) -> None:
    """One process waits ten seconds for the other, and gives up with a sentence."""
    before = desk.kept()
    with kept_busy(desk.where):
        said = desk.typed("collect", lang="fr")
    refused(said, "store.busy", Path(desk.where.partition("?")[0]).name)
    assert desk.kept() == before
    assert desk.typed("collect").code == 0


def test_a_report_or_a_plan_that_cannot_be_written_is_a_usage_error(desk: Desk, tmp_path: Path) -> None:
    for command in (("plan", "--out"), ("check", "--report")):
        said = desk.typed(*command, str(tmp_path / "no" / "folder" / "out.json"), lang="fr")
        refused(said, "usage.file_unwritable", "out.json", exit_code=2)


# --- scenario and catalogue files

SCENARIOS = {
    "autotask": ("users: []\ncompanys: []\n", "companys"),
    "datto-rmm": ("sites:\n  - name: A\n    colour: red\n", "colour"),
}


@pytest.mark.parametrize(("kind", "text", "key"), [(k, *v) for k, v in SCENARIOS.items()], ids=SCENARIOS.keys())
def test_a_scenario_with_an_unknown_key_names_file_key_and_the_known_ones(
    kind: str, text: str, key: str, tmp_path: Path
) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    for arguments in ((), ("--json",)):
        for language in ("en", "fr"):
            said = typed("sim", kind, "--scenario", str(path), *arguments, lang=language)
            assert (said.code, said.out) == (2, "")
            told = said.error()["code"] if arguments else said.codes[0]
            assert told == "usage.simulator"
            assert "scenario.yaml" in said.err
            assert key in said.err
            assert "sites" in said.err or "companies" in said.err
    broken = tmp_path / "broken.yaml"
    broken.write_text("sites: [\n", encoding="utf-8")
    said = run("sim", kind, "--scenario", str(broken))
    refused_scenario(said, "broken.yaml")
    assert "line" in said.err
    said = typed("sim", kind, "--scenario", str(tmp_path / "missing.yaml"), lang="fr")
    refused_scenario(said, "missing.yaml")


def refused_scenario(said: Said, file: str) -> None:
    assert said.code == 2
    assert said.codes == ["usage.simulator"]
    assert file in said.text.replace(" ", "")


def test_a_broken_catalogue_file_is_shown_with_file_line_and_cure(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    for text, line, word in (
        ("module: acme\nlabel: [Acme\nbase_url: x\n", 3, "YAML"),
        ("module: acme\nlabel: Acme\nbase_ulr: https://a.example\n", 3, "base_url"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(CatalogueError) as broken:
            load_catalogue(path)
        for language in ("en", "fr"):
            speaking.choose(["--lang", language])
            err = io.StringIO()
            with contextlib.redirect_stderr(err):
                code = write_failure(broken.value, as_json=False, debug=False)
            said = Said(code, "", err.getvalue())
            assert said.decent().codes == ["cli.catalogue"]
            assert code == 1
            assert f"acme.yaml:{line}:" in said.text
            assert word in said.text


def test_a_path_is_no_kind_of_module(desk: Desk, tmp_path: Path) -> None:
    for language in ("en", "fr"):
        said = desk.typed("connect", "module", str(tmp_path / "acme.yaml"), lang=language)
        refused(said, "setup.unknown_kind", "acme.yaml", "datto_rmm")
