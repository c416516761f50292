"""The demonstration as a whole, once."""

from __future__ import annotations

from tests.cli.conftest import Cli


def test_the_demonstration_ends_with_the_proof_in_french(cli: Cli) -> None:
    done = cli("--lang", "fr", "demo", "--once", "--day", "2026-11-23")
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    assert "lignes vous attendent" in done.out
    last = done.out.strip().splitlines()[-1]
    proved, rest = last.split(" sur ", 1)
    assert rest.startswith(f"{proved} lignes")
    assert int(proved) > 100
    assert "\x1b" not in done.out
    assert list(cli.folder.iterdir()) == []
