"""A real store on a real file for each test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.postgres import Server

from trueup.core.settings import TenantSettings
from trueup.store.database import Database
from trueup.store.secrets import Key
from trueup.store.tenant_store import TenantStore

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def key() -> Key:
    return Key.generate()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trueup.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of an empty store, once on each kind of database."""
    if request.param == "sqlite":
        path: Path = request.getfixturevalue("path")
        Database.open(path, create=True).close()
        yield str(path)
        return
    server: Server = request.getfixturevalue("postgresql")
    with server.fresh() as address:
        yield address


@pytest.fixture
def database(where: str, key: Key) -> Iterator[Database]:
    with Database.open(where, key) as opened:
        yield opened


@pytest.fixture
def store(database: Database) -> TenantStore:
    return database.create_tenant("default", TenantSettings(), now=NOW)


@pytest.fixture
def with_module(store: TenantStore) -> TenantStore:
    store.connections.add("rmm", "module", "datto_rmm", {"zone": "pinotage"}, {}, "tests", now=NOW)
    return store
