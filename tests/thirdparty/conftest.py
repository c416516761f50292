"""A simulator of its own for each test of the third-party clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.thirdparty.simulated import Simulated, scenario

from trueup_simulators.autotask import start


@pytest.fixture
def psa(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulated]:
    """The simulator; loopback never goes through a proxy of the machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with start(scenario()) as running:
        given = running.credentials
        yield Simulated(running.url, given["user_name"], given["secret"], given["integration_code"])
