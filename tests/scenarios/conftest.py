from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scenarios.msp import Msp, open_msp


@pytest.fixture
def msp(tmp_path: Path) -> Iterator[Msp]:
    """The small MSP after its first night, in manual mode."""
    with open_msp(tmp_path) as opened:
        opened.set_up()
        yield opened
