"""What more than one folder of tests shares."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests import sampling

if TYPE_CHECKING:
    from tests.postgres import Server
    from tests.web.msp import PlayedMsp

# All that is called here is on this machine and in clear text. Without this, each client would read all certificates of
# the system (60 ms), which is longer than most tests take; this folder holds none.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["TRUEUP_REACH"] = "private"  # to the simulators; tests of where calls may lead say otherwise
os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)

NO_STORE = "opens no store"
ONCE = {
    **dict.fromkeys(
        (
            "conformance", "core", "fuzz", "messages", "modules", "psa", "simulators", "supply", "thirdparty",
        ),
        NO_STORE,
    ),
    "store": "opens its stores on both databases",
    "docs/test_readme_commands.py": "types what the pages say, which is on a file",
    "jobs/test_looking.py": "opens its stores on both databases",
    "jobs/test_order.py": "is on PostgreSQL always",
    "jobs/test_queued.py": "is on PostgreSQL always",
    "scenarios/test_on_postgresql.py": "is on PostgreSQL always",
    "chaos/test_two_workers.py": "is on PostgreSQL always",
}  # fmt: skip
"""Folders and files of tests that a run with `--database postgresql` leaves out, and why; single tests say so by the
marker `once` (docs/decisions/0184-which-tests-on-which-database.md)."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """On which kind of database stores are put up, and how much of the long suites is played
    (docs/decisions/0205-samples-of-long-suites.md)."""
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="where stores are put up")
    parser.addoption("--whole", action="store_true", help="play all of the suites of which a sample is played")
    parser.addoption("--sample-seed", type=int, default=1, metavar="N", help="draw other samples")


def pytest_configure(config: pytest.Config) -> None:
    """Say where the PostgreSQL of this run has its data. Not in pytest's own folders: as root the server runs as
    somebody else, who may not look into them."""
    os.environ["TRUEUP_TEST_DATABASE"] = config.getoption("--database")
    os.environ[sampling.WHOLE] = "1" if config.getoption("--whole") else "0"
    os.environ[sampling.SEED] = str(config.getoption("--sample-seed"))
    if not hasattr(config, "workerinput"):
        os.environ["TRUEUP_TEST_POSTGRESQL_FOLDER"] = tempfile.mkdtemp(prefix="trueup-postgresql-")
    sys.addaudithook(_note_files)


def pytest_report_header(config: pytest.Config) -> str:
    """Say how much of the long suites is played."""
    seed = config.getoption("--sample-seed")
    return "long suites: whole" if sampling.whole() else f"long suites: samples of seed {seed} (all of them: --whole)"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove it."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop("TRUEUP_TEST_POSTGRESQL_FOLDER"), ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what stands in `ONCE`; on PostgreSQL, leave out what is marked."""
    here = Path(__file__).parent
    for item in items:
        parts = item.path.relative_to(here).parts
        for number in range(1, len(parts) + 1):
            why = ONCE.get("/".join(parts[:number]))
            if why is not None:
                item.add_marker(pytest.mark.once(why))
    if config.getoption("--database") == "postgresql":
        again = [item for item in items if item.get_closest_marker("once") is None]
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("once") is not None])
        items[:] = again


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """One PostgreSQL for all tests of all workers."""
    from tests.postgres import started

    server = started()
    yield server
    server.close()


_files: list[str] = []


def _note_files(event: str, given: tuple[object, ...]) -> None:
    if event == "sqlite3.connect" and ":memory:" not in str(given[0]):
        _files.append(str(given[0]))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Which files a test opens is counted from here."""
    _files.clear()


@pytest.fixture(autouse=True)
def _where_stores_are(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where stores are put up on PostgreSQL, it is there before them and goes after them, and nobody opens a file; nor
    does anybody who says that no store is opened."""
    why = next((str(mark.args[0]) for mark in request.node.iter_markers("once")), None)
    on_server = os.environ["TRUEUP_TEST_DATABASE"] == "postgresql"
    if on_server:
        request.getfixturevalue("postgresql")
    yield
    assert not _files or not (on_server or why == NO_STORE), f"opens {_files[0]}"


@pytest.fixture(scope="session")
def played_msp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedMsp]:
    """One MSP for all tests that only read its simulators; each copies its store."""
    from tests.web.msp import played

    with played(tmp_path_factory.mktemp("played")) as msp:
        yield msp
