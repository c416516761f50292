"""What more than one folder of tests shares."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.web.msp import PlayedMsp

# All that is called here is on this machine and in clear text. Without this, each client would read all certificates of
# the system (60 ms), which is longer than most tests take; this folder holds none.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)


@pytest.fixture(scope="session")
def played_msp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedMsp]:
    """One MSP for all tests that only read its simulators; each copies its store."""
    from tests.web.msp import played

    with played(tmp_path_factory.mktemp("played")) as msp:
        yield msp
