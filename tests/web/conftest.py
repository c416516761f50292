from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.app.office import Office
from tests.web.office_window import Window, window_of


@pytest.fixture(scope="session")
def _collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with Office(tmp_path_factory.mktemp("office")) as first:
        yield first.open()


@pytest.fixture
def office(_collected: Office, tmp_path: Path) -> Iterator[Office]:
    """Both connected, one night collected, nobody matched; its simulators are shared: never change those."""
    with _collected.copy(tmp_path) as copied:
        yield copied


@pytest.fixture
def window(office: Office) -> Iterator[Window]:
    """The office's pages for an administrator."""
    with window_of(office) as found:
        yield found


@pytest.fixture
def own_office(tmp_path: Path) -> Iterator[Office]:
    """The same with simulators of its own."""
    with Office(tmp_path) as first:
        yield first.open()
