"""`trueup usage` as a person types it, in both languages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.places import nowhere_yet

from trueup.cli.main import main

HEAD = "Kunde;Plätze;Speicher GB\n"


class Typed:
    def __init__(self, folder: Path, store: str, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder, self.store = folder, store
        self.capfd = capfd

    def __call__(self, *words: str) -> tuple[int, str]:
        self.capfd.readouterr()
        code = main(["--store", self.store, "--key-file", str(self.folder / "trueup.key"), *words])
        out = self.capfd.readouterr()
        return code, " ".join((out.out + out.err).replace("\N{NO-BREAK SPACE}", " ").split())

    def file(self, text: str, name: str = "november.csv") -> str:
        path = self.folder / name
        path.write_text(text, encoding="iso-8859-1")
        return str(path)


@pytest.fixture
def trueup(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[Typed]:
    with nowhere_yet(tmp_path / "store.sqlite") as store:
        yield set_up(Typed(tmp_path, store, capfd))


def set_up(typed: Typed) -> Typed:
    assert typed("init", "--name", "MSP", "--time-zone", "UTC", "--currency", "EUR")[0] == 0
    keys = ("organization=Kunde", "count.protected_users=Plätze", "count.storage=Speicher GB", "unit.storage=gigabyte")
    pairs = [word for key in keys for word in ("--set", key)]
    code, said = typed("--lang", "en", "usage", "profile", "set", "mail", "--kind", "graphus", *pairs)
    assert (code, "graphus.protected_users: Protected Users" in said) == (0, True)
    return typed


def test_a_file_is_previewed_delivered_and_harmless_the_second_time(trueup: Typed) -> None:
    path = trueup.file(HEAD + "École;12;1.234,5\n")
    asked = ("usage", "import", path, "--source", "mail")
    code, said = trueup("--lang", "en", *asked, "--preview")
    assert code == 0
    assert "encoding windows-1252, delimiter semicolon, decimal sign ," in said
    assert "École Protected Users - 12 measured" in said
    assert "nothing recorded" in said
    assert trueup("--lang", "fr", *asked)[1].endswith("mail, november.csv : enregistré")
    code, said = trueup("--lang", "en", *asked)
    assert (code, "recorded already" in said) == (0, True)
    code, said = trueup(*asked, "--json")
    document = json.loads(said)
    assert (code, document["state"], document["coverage"]) == (0, "already", "partial")
    assert [(one["metric"], one["value"], one["before"]) for one in document["counts"]] == [
        ("graphus.protected_users", "12", "12"),
        ("graphus.storage", "1234.5", "1234.5"),
    ]
    code, said = trueup("usage", "profile", "list", "--json")
    assert json.loads(said)["sources"][0]["settings"]["count.storage"] == "Speicher GB"


def test_rejected_rows_are_listed_with_their_lines_and_change_the_exit_code(trueup: Typed) -> None:
    path = trueup.file(HEAD + "École;12;1,5\nA;x;1,5\n")
    code, said = trueup("--lang", "en", "usage", "import", path, "--source", "mail", "--preview")
    assert code == 3
    assert "row 3: Plätze holds x, which is no number" in said
    code, said = trueup("--lang", "fr", "usage", "import", path, "--source", "mail", "--preview")
    assert "ligne 3 : Plätze contient x, qui n'est pas un nombre" in said


def test_a_cell_cannot_steer_the_terminal(trueup: Typed) -> None:
    path = trueup.file(HEAD + "\x1b[2J;12;1,5\n")
    _, said = trueup("usage", "import", path, "--source", "mail", "--preview")
    assert "\x1b[2J" not in said


def test_what_cannot_be_used_says_so_with_its_exit_code(trueup: Typed) -> None:
    path = trueup.file("Kunde;Speicher GB\nA;1\n")
    code, said = trueup("--lang", "en", "usage", "import", path, "--source", "mail")
    assert (code, "[file.column_missing]" in said) == (1, True)
    assert trueup("usage", "import", path)[0] == 2
    assert trueup("usage", "import", path, "--source", "mail", "--day", "yesterday")[0] == 2
    assert trueup("usage", "import", path, "--source", "nobody")[0] == 1
    assert trueup("usage", "import", path + "x", "--source", "mail")[0] == 2
    assert trueup("usage", "import", path, "--source", "mail", "--accept-short", " ")[0] == 2
    assert trueup("usage", "profile", "set", "mail", "--set", "colour=red")[0] == 2
    assert trueup("usage", "profile", "set", "mail", "--set", "organization=")[0] == 2
    assert trueup("usage", "profile", "set", "mail", "--kind", "workplace")[0] == 2
    assert trueup("usage", "profile", "set", "two words", "--set", "organization=A")[0] == 2
