from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from tests.places import ask
from tests.postgres import Server

from trueup.core.reason import Reason
from trueup.core.settings import TenantSettings
from trueup.store.database import Database
from trueup.store.errors import CODES, StoreError
from trueup.store.schema import HEAD
from trueup.store.tenant_store import TenantStore


def _reason(caught: pytest.ExceptionInfo[StoreError]) -> Reason:
    reason = caught.value.reason
    assert set(reason.as_dict()) == set(CODES[reason.code])
    return reason


def test_a_missing_store_is_named_and_not_made_by_accident(path: Path):
    with pytest.raises(StoreError) as caught:
        Database.open(path)
    assert _reason(caught) == Reason.of("store.missing", path=str(path))
    assert not path.exists()


def test_an_empty_file_is_no_store_until_one_is_created_in_it(path: Path):
    path.touch()
    with pytest.raises(StoreError) as caught:
        Database.open(path)
    assert _reason(caught).code == "store.missing"
    Database.open(path, create=True).close()
    Database.open(path).close()


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)  # it looks into the file
@pytest.mark.skipif(os.name == "nt", reason="Windows has no owner-only mode bits")
def test_a_new_store_is_readable_by_its_owner_only(database: Database, path: Path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.fixture(params=["sqlite", "postgresql"])
def newer(request: pytest.FixtureRequest, path: Path) -> Iterator[str]:
    """Address of an empty store that nobody else uses afterwards."""
    if request.param == "sqlite":
        Database.open(path, create=True).close()
        yield str(path)
        return
    server: Server = request.getfixturevalue("postgresql")
    with server.another() as address:
        yield address


def test_a_database_from_a_newer_version_is_refused_and_left_as_it_is(newer: str):
    ask(newer, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError) as caught:
        Database.open(newer)
    reason = _reason(caught)
    assert (reason.code, reason.get("found"), reason.get("known")) == ("store.newer_version", "9999", HEAD)
    assert ask(newer, "SELECT version_num FROM alembic_version") == [("9999",)]


def used(store: TenantStore, holder: str, now: datetime) -> None:
    """A run under a lease, from its beginning to its end."""
    held = store.leases.acquire("psa", holder, 60, now)
    assert held is not None
    run = store.runs.start("apply", holder, now=now)
    store.runs.finish(run, "done", now=now)
    assert store.runs.get(run).status == "done"
    assert store.leases.release(held)


def test_a_process_of_the_old_version_goes_on_where_a_newer_one_added_to_the_schema(newer: str, now: datetime):
    """What a release may do to the schema of the one before (decision 0185): the worker that is at work finishes. It
    did the same often enough before for its statements to stand prepared on the server."""
    with Database.open(newer) as database:
        store = database.create_tenant("default", TenantSettings(), now=now)
        for number in range(12):
            used(store, f"before-{number}", now)
        ask(newer, "ALTER TABLE run ADD COLUMN mood TEXT")
        ask(newer, "ALTER TABLE lease ADD COLUMN place TEXT DEFAULT 'here' NOT NULL")
        ask(newer, "CREATE TABLE novelty (tenant TEXT, name TEXT)")
        ask(newer, "UPDATE alembic_version SET version_num = '9999'")
        for number in range(12):
            used(store, f"after-{number}", now)
        assert len(store.runs.list()) == 24
        with pytest.raises(StoreError) as refused:
            Database.open(newer)
        assert refused.value.reason.code == "store.newer_version"


def test_a_database_of_another_program_is_refused(path: Path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE notes (text)")
    connection.close()
    with pytest.raises(StoreError) as caught:
        Database.open(path, create=True)
    assert _reason(caught).code == "store.not_a_store"


def test_a_file_that_is_no_database_is_no_store(path: Path):
    path.write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(StoreError) as caught:
        Database.open(path)
    assert _reason(caught).code == "store.not_a_store"


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)  # it looks into the file
def test_a_damaged_page_is_called_corrupt(store: TenantStore, database: Database, path: Path, now: datetime):
    for number in range(300):
        store.audit.add("tests", "filled", Reason.of("x", text="y" * 200, number=number), now=now)
    database.close()
    content = bytearray(path.read_bytes())
    content[8192 : len(content) - 4096] = os.urandom(len(content) - 12288)
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught, Database.open(path) as damaged:
        damaged.tenant().audit.list()
    assert _reason(caught).code == "store.corrupt"


@pytest.mark.parametrize("place", [":memory:", "sqlite://", "mysql://host/name"])
def test_databases_of_other_kinds_are_refused(place: str):
    with pytest.raises(StoreError) as caught:
        Database.open(place, create=True)
    assert _reason(caught).code == "store.unsupported_database"


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)  # it looks into the file
def test_an_address_means_the_same_as_a_path(database: Database, path: Path):
    with Database.open(f"sqlite:///{path}") as again:
        assert again.tenants() == ()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(StoreError) as caught:
        Database.open(tmp_path / "file" / "trueup.db", create=True)
    assert _reason(caught).code == "store.cannot_open"


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_every_connection_keeps_the_promises(store: TenantStore):
    for transaction in (store._binding.reading, store._binding.writing):
        with transaction() as connection:
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_a_writer_holds_the_lock_from_its_beginning_and_readers_go_on(store: TenantStore, where: str, now: datetime):
    with Database.open(where, busy_milliseconds=50) as second:
        other = second.tenant()
        with store.writing():
            assert other.settings.get() == TenantSettings()
            with pytest.raises(StoreError) as caught:
                other.audit.add("tests", "waited", Reason.of("x"), now=now)
            assert _reason(caught) == Reason.of("store.busy", path=second.path)
        other.audit.add("tests", "went on", Reason.of("x"), now=now)


def test_a_reader_sees_one_moment(store: TenantStore, where: str, now: datetime):
    with Database.open(where) as second:
        other = second.tenant()
        with other.reading():
            assert other.audit.list() == ()
            store.audit.add("tests", "meanwhile", Reason.of("x"), now=now)
            assert other.audit.list() == ()
        assert len(other.audit.list()) == 1


def test_several_calls_in_one_transaction_are_kept_or_lost_together(store: TenantStore, now: datetime):
    def step() -> None:
        with store.writing():
            store.audit.add("tests", "first", Reason.of("x"), now=now)
            run = store.runs.start("plan", "tests", now=now)
            store.runs.step(run, "collect", "done", {"items": 3}, now=now)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        step()
    assert store.audit.list() == ()
    assert store.runs.list() == ()


def test_writing_inside_a_read_is_refused(store: TenantStore, now: datetime):
    with pytest.raises(StoreError) as caught, store.reading():
        store.runs.start("plan", "tests", now=now)
    assert _reason(caught).code == "store.write_inside_read"
    store.runs.start("plan", "tests", now=now)


def test_an_unknown_tenant_and_a_second_one_of_the_same_name_are_refused(
    store: TenantStore, database: Database, now: datetime
):
    with pytest.raises(StoreError) as caught:
        database.tenant("other")
    assert _reason(caught) == Reason.of("store.unknown_tenant", tenant="other")
    with pytest.raises(StoreError) as caught:
        database.create_tenant("default", TenantSettings(), now=now)
    assert _reason(caught) == Reason.of("store.tenant_exists", tenant="default")


def test_reading_a_matching_database_takes_neither_alembic_nor_all_tables(store: TenantStore, where: str):
    code = (
        "import sys; from trueup.store.database import Database; Database.open(sys.argv[1]).tenant().settings.get(); "
        "print([name for name in sys.modules if name.startswith(('alembic', 'trueup.store.every_table'))])"
    )
    done = subprocess.run([sys.executable, "-c", code, where], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)  # it looks into the file
def test_a_full_disk_is_named(store: TenantStore, path: Path, now: datetime):
    def fill(other: TenantStore) -> None:
        with other._binding.writing() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
            other.audit.add("tests", "big", Reason.of("x", text="y" * 1_000_000), now=now)

    with Database.open(path) as second, pytest.raises(StoreError) as caught:
        fill(second.tenant())
    assert _reason(caught) == Reason.of("store.disk_full", path=str(path))
    assert store.audit.list() == ()


def test_a_moment_without_a_time_zone_is_refused(store: TenantStore, now: datetime):
    with pytest.raises(StoreError):
        store.audit.add("tests", "x", Reason.of("x"), now=now.replace(tzinfo=None))
