"""The demonstration as a whole, once."""

from __future__ import annotations

import re

from tests.cli.conftest import Cli


def _row(printed: str, module: str) -> str:
    return next(line for line in printed.splitlines() if line.startswith(f"{module} "))


def test_the_demonstration_tells_of_every_module_and_ends_with_the_proof_in_french(cli: Cli) -> None:
    done = cli("--lang", "fr", "demo", "--once", "--day", "2026-11-23")
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    assert "lignes vous attendent" in done.out
    assert len(re.findall(r" {2}livré {2}", done.out)) >= 8
    assert " partiel " in _row(done.out, "Datto SaaS Protection")
    assert " par fichier " in _row(done.out, "Compliance Manager")
    assert " par envoi " in _row(done.out, "Datto SaaS Defense")
    assert " bloqué " in _row(done.out, "VSA 10")
    printed = re.sub(r"\s+", " ", done.out)
    partial = printed[printed.index("Datto SaaS Protection : partiel") : printed.index("VSA 10 : bloqué par")]
    assert (
        "1 ligne garde ses unités jusqu'à ce que le module livre à nouveau en entier (dernière fois le 15 nov. 2026)"
        in partial
    )
    checked = printed[printed.index("Règles réseau (vsa10)") : printed.index("Datto SaaS Protection : partiel")]
    assert "l'éditeur refuse notre adresse 127.0.0.1 depuis le 21 nov. 2026" in checked
    assert "8 lignes attendent et gardent leurs unités Autorisez notre adresse 127.0.0.1" in checked
    told = printed[printed.index("VSA 10 : bloqué par une règle réseau") :]
    cure, waiting = told.split("lignes gardent leurs unités jusqu'à ce que", 1)
    assert "Autorisez l'adresse de cette machine, 127.0.0.1" in cure
    assert int(cure.split()[-1]) >= 5
    assert waiting.startswith(" le module livre à nouveau en entier (dernière fois le 15 nov. 2026) : - ")
    last = done.out.strip().splitlines()[-1]
    proved, rest = last.split(" sur ", 1)
    assert rest.startswith(f"{proved} lignes")
    assert int(proved) > 500
    assert "\x1b" not in done.out
    assert list(cli.folder.iterdir()) == []
