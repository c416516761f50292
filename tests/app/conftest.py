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
def own(offices: Callable[..., Office]) -> Office:
    """Both connected, one night collected, nobody matched; simulators of its own, that the test may change."""
    return offices().open()


@pytest.fixture(scope="session")
def _first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with Office(tmp_path_factory.mktemp("office")) as first:
        yield first.open()


@pytest.fixture
def office(_first: Office, tmp_path: Path) -> Iterator[Office]:
    """The same with a store of its own, beside simulators that others use too: never change those."""
    with _first.copy(tmp_path) as copied:
        yield copied
