from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bad_input.desk import Desk, open_desk


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The MSP after the night before the last, for the tests of one file."""
    with open_desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


@pytest.fixture
def desk(prepared: Desk, tmp_path: Path) -> Iterator[Desk]:
    """The same with a store of its own. The simulators are healed afterwards; never apply anything here."""
    with prepared.copy(tmp_path) as copied:
        yield copied
    prepared.rmm.heal()
    prepared.rmm.control.post("switches", {"page_max": 250})
    prepared.psa.heal()


@pytest.fixture
def own_desk(tmp_path: Path) -> Iterator[Desk]:
    """The MSP with simulators of its own, for tests that write to the PSA."""
    with open_desk(tmp_path) as opened:
        yield opened
