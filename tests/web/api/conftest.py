"""A small MSP for each file of tests, with the API in front of it; its simulators belong to the file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.web.api.calling import Calls, calling
from tests.web.msp import PlayedMsp, played


@pytest.fixture(scope="module")
def msp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedMsp]:
    with played(tmp_path_factory.mktemp("msp"), small=True) as found:
        yield found


@pytest.fixture(scope="module")
def api(msp: PlayedMsp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    """The API, called as an administrator."""
    with msp.site(tmp_path_factory.mktemp("api")) as site, calling(site) as calls:
        yield calls
