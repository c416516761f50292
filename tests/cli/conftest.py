"""The command line as a process, against simulators that are processes too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests import forked
from tests.places import copy_of, nowhere_yet, on_server

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Result:
    """What a command did."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    def error(self) -> Any:
        return json.loads(self.err)["error"]


@dataclass(slots=True)
class Cli:
    """Runs `trueup` in a folder of its own, in English unless told otherwise. `store` is its place; the commands find
    it where they look for it by themselves."""

    folder: Path
    store: str
    env: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Result:
        place = {"TRUEUP_STORE": self.store} if on_server() else {}
        done = forked.run(arguments, self.folder, environment({**place, **self.env, **(env or {})}), stdin)
        return Result(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str, stdin: str = "") -> Result:
        """Run it and insist that it was done."""
        done = self(*arguments, stdin=stdin)
        assert done.code == 0, (arguments, done.out, done.err)
        return done

    @property
    def key_file(self) -> Path:
        """Where `init` puts the key."""
        return self.folder / ("trueup.key" if on_server() else f"{STORE}.key")


STORE = "trueup.sqlite"


def environment(more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "SYSTEMROOT", "TEMP") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1", "LANG": "en_US.UTF-8", "USER": "anna", **more}


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    """A folder where nothing is yet."""
    with nowhere_yet(tmp_path / STORE) as store:
        yield Cli(tmp_path, store)


@dataclass(frozen=True, slots=True)
class Simulated:
    """A running simulator and what it takes to sign in."""

    url: str
    credentials: Mapping[str, str]

    @property
    def secrets(self) -> str:
        return json.dumps(dict(self.credentials))


def _simulator(kind: str) -> tuple[subprocess.Popen[str], Simulated]:
    process = subprocess.Popen(
        [sys.executable, "-m", "trueup", "sim", kind, "--json"],
        env=environment({}),
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    return process, Simulated(told["url"], told["credentials"])


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait(10)
    if process.stdout is not None:
        process.stdout.close()


@dataclass(frozen=True, slots=True)
class Office:
    """Both simulators, and a store in which everything is ready for a plan."""

    psa: Simulated
    rmm: Simulated
    cli: Cli

    @contextmanager
    def copied(self, folder: Path) -> Iterator[Cli]:
        """A command line on a copy of the store."""
        with copy_of(self.cli.store, folder / STORE) as store:
            copied = Cli(folder, store)
            shutil.copy(self.cli.key_file, copied.key_file)
            yield copied


RULES: Sequence[tuple[str, ...]] = (
    ("--service", "Datto RMM - Desktop & Laptop", "--quantity", "datto_rmm.desktop + datto_rmm.laptop"),
    ("--service", "Datto RMM - Server", "--quantity", "datto_rmm.server", "--minimum", "4"),
    ("--service", "Datto RMM - Desktop & Laptop", "--customer", "Boulangerie Lefèvre SARL", "--minimum", "60"),
    ("--service", "Datto RMM - Server", "--customer", "Transports Keller AG", "--minimum", "9"),
    ("--service", "Managed Server", "--quantity", "datto_rmm.server"),
)


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Set up once by the commands themselves; each test works on a copy of the store."""
    folder = tmp_path_factory.mktemp("office")
    started = [_simulator("autotask"), _simulator("datto-rmm")]
    with ExitStack() as stack:
        for process, _ in started:
            stack.callback(_stop, process)
        psa, rmm = started[0][1], started[1][1]
        cli = Cli(folder, stack.enter_context(nowhere_yet(folder / STORE)))
        cli.ok("init", "--time-zone", "Europe/Paris", "--currency", "EUR", "--mode", "manual")
        cli.ok(
            "connect", "psa", "autotask", "--set", f"zone_lookup_url={psa.url}", "--secrets-stdin", stdin=psa.secrets
        )
        cli.ok("connect", "module", "datto-rmm", "--set", f"base_url={rmm.url}", "--secrets-stdin", stdin=rmm.secrets)
        cli.ok("collect")
        cli.ok("customers", "suggest", "--accept-above", "92")
        for rule in RULES:
            cli.ok("rules", "set", *rule)
        yield Office(psa, rmm, cli)


@pytest.fixture
def apart(office: Office, tmp_path: Path) -> Iterator[Office]:
    """The same with an Autotask and a store of its own, for a test that writes to them."""
    process, psa = _simulator("autotask")
    try:
        with office.copied(tmp_path) as cli:
            place = ("--set", f"zone_lookup_url={psa.url}", "--secrets-stdin")
            cli.ok("connect", "psa", "autotask", *place, stdin=psa.secrets)
            yield Office(psa, office.rmm, cli)
    finally:
        _stop(process)


@pytest.fixture
def ready(office: Office, tmp_path: Path) -> Iterator[Cli]:
    """A copy of the office's store, everything ready for a plan."""
    with office.copied(tmp_path) as cli:
        yield cli
