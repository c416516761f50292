from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.simulators.modules.rig import Rigs


@pytest.fixture(scope="session")
def rigs() -> Iterator[Rigs]:
    with ExitStack() as stack:
        yield Rigs(stack)
