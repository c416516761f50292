"""What more than one folder of tests shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.web.msp import PlayedMsp


@pytest.fixture(scope="session")
def played_msp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedMsp]:
    """One MSP for all tests that only read its simulators; each copies its store."""
    from tests.web.msp import played

    with played(tmp_path_factory.mktemp("played")) as msp:
        yield msp
