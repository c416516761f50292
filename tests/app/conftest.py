from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.app.office import Office


@pytest.fixture
def offices(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    """Opens offices with other scenarios; each has its own ports and store."""
    opened: list[Office] = []

    def made(**parts: object) -> Office:
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        opened.append(Office(folder, **parts))  # type: ignore[arg-type]
        return opened[-1]

    yield made
    for office in opened:
        office.__exit__(None, None, None)


@pytest.fixture
def empty(offices: Callable[..., Office]) -> Office:
    """A store and two simulators; nothing connected."""
    return offices()


@pytest.fixture
def office(offices: Callable[..., Office]) -> Office:
    """Both connected, one night collected, nobody matched."""
    return offices().open()
