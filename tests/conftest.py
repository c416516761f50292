"""What more than one folder of tests shares."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.postgres import Server
    from tests.web.msp import PlayedMsp

# All that is called here is on this machine and in clear text. Without this, each client would read all certificates of
# the system (60 ms), which is longer than most tests take; this folder holds none.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)


def pytest_addoption(parser: pytest.Parser) -> None:
    """On which kind of database the stages are put up (docs/decisions/0184-which-tests-on-which-database.md)."""
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="where stages are put up")


def pytest_configure(config: pytest.Config) -> None:
    """Say where the PostgreSQL of this run has its data. Not in pytest's own folders: as root the server runs as
    somebody else, who may not look into them."""
    os.environ["TRUEUP_TEST_DATABASE"] = config.getoption("--database")
    if not hasattr(config, "workerinput"):
        os.environ["TRUEUP_TEST_POSTGRESQL_FOLDER"] = tempfile.mkdtemp(prefix="trueup-postgresql-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove it."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop("TRUEUP_TEST_POSTGRESQL_FOLDER"), ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """One PostgreSQL for all tests of all workers."""
    from tests.postgres import started

    server = started()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def _server_of_stages(request: pytest.FixtureRequest) -> None:
    """Where stages are put up on PostgreSQL, it is there before them and goes after them."""
    if os.environ["TRUEUP_TEST_DATABASE"] == "postgresql":
        request.getfixturevalue("postgresql")


@pytest.fixture(scope="session")
def played_msp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedMsp]:
    """One MSP for all tests that only read its simulators; each copies its store."""
    from tests.web.msp import played

    with played(tmp_path_factory.mktemp("played")) as msp:
        yield msp
