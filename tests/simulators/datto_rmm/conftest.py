from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from tests.simulators.datto_rmm.rig import Rig

from trueup_simulators import datto_rmm


@pytest.fixture(scope="module")
def _server() -> Iterator[Rig]:
    with Rig() as rig:
        yield rig


@pytest.fixture
def rmm(_server: Rig) -> Rig:
    """The default account as it begins, logged in."""
    _server.control("state", msgspec.to_builtins(datto_rmm.default_scenario()))
    _server.switch(undocumented_values=False)
    _server.answers.seen.clear()
    return _server.login()
