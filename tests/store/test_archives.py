"""Archives: every row comes back, on either kind of database, or nothing is there; and a tenant goes with every row."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from tests.postgres import Server

from trueup.core.settings import TenantSettings
from trueup.store import across_tenants
from trueup.store.columns import metadata
from trueup.store.database import Database
from trueup.store.errors import StoreError
from trueup.store.every_table import TENANT_TABLES
from trueup.store.restoring import restore
from trueup.store.secrets import Key

if TYPE_CHECKING:
    from tests.web.msp import PlayedMsp

Rows = dict[str, list[tuple[object, ...]]]


def rows_of(where: str | Path) -> Rows:
    """Every row of every table, in the order of its key."""
    with Database.open(where) as database, across_tenants.everything(database._engine) as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))
            ]
            for table in metadata.sorted_tables
        }


def backed_up(where: str | Path, archive: Path, now: datetime) -> Path:
    with Database.open(where) as database:
        database.back_up(archive, now=now)
    return archive


def refused(where: str | Path, archive: Path) -> str:
    with pytest.raises(StoreError) as caught:
        restore(where, archive)
    return caught.value.reason.code


def is_gone(where: Path) -> bool:
    with pytest.raises(StoreError) as caught:
        Database.open(where)
    return caught.value.reason.code == "store.missing"


def test_a_file_moves_to_postgresql_and_back_without_losing_a_row(
    played_msp: PlayedMsp, tmp_path: Path, postgresql: Server, now: datetime
) -> None:
    before = rows_of(played_msp.store)
    assert sum(1 for rows in before.values() if rows) > 30
    archive = backed_up(played_msp.store, tmp_path / "first.zip", now)
    with postgresql.bare() as address:
        restore(address, archive)
        assert rows_of(address) == before
        assert refused(address, archive) == "store.not_empty"
        back = backed_up(address, tmp_path / "second.zip", now)
        with Database.open(address) as database:
            exported = database.export_tenant("default", tmp_path / "default.zip", now=now)
            of_tenants = {table.name for table in TENANT_TABLES}
            assert {table.name: table.rows for table in exported.tables} == {
                name: len(rows) for name, rows in before.items() if name in of_tenants
            }
            assert database.tenant("default").erase() == exported.rows
        assert {name for name, rows in rows_of(address).items() if rows} == {
            name for name, rows in before.items() if rows and name not in of_tenants
        }
    restore(tmp_path / "again.db", back)
    assert rows_of(tmp_path / "again.db") == before
    assert refused(tmp_path / "other.db", tmp_path / "default.zip") == "store.one_tenant_only"


def test_an_archive_that_is_cut_short_or_lacks_a_row_leaves_no_store(database: Database, tmp_path: Path, now: datetime):
    database.create_tenant("default", TenantSettings(), now=now)
    whole = tmp_path / "whole.zip"
    database.back_up(whole, now=now)
    with pytest.raises(StoreError) as twice:
        database.back_up(whole, now=now)
    assert twice.value.reason.code == "store.archive_exists"
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole.read_bytes()[:-200])
    lacking = tmp_path / "lacking.zip"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(lacking, "w") as to:
        for name in source.namelist():
            to.writestr(name, b"" if name == "tenant.jsonl" else source.read(name))
    newer = tmp_path / "newer.zip"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(newer, "w") as to:
        for name in source.namelist():
            to.writestr(name, source.read(name).replace(b'"revision":"', b'"revision":"9'))
    for archive, code in ((cut, "archive_damaged"), (lacking, "archive_damaged"), (newer, "archive_newer")):
        where = tmp_path / f"of-{archive.stem}.db"
        assert refused(where, archive) == f"store.{code}"
        assert is_gone(where)


@pytest.fixture(params=["sqlite", "postgresql"])
def nowhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where no store is yet, on each kind of database."""
    if request.param == "sqlite":
        yield str(tmp_path / "restored.db")
        return
    server: Server = request.getfixturevalue("postgresql")
    with server.bare() as address:
        yield address


def test_an_archive_of_the_first_revision_is_brought_up_to_date(nowhere: str, tmp_path: Path, now: datetime):
    archive = tmp_path / "old.zip"
    columns = ["tenant", "settings", "created_at", "saved_at", "saved_by"]
    kinds = ["text", "text", "instant", "instant", "text"]
    table = {"name": "tenant", "columns": list(zip(columns, kinds, strict=True)), "rows": 1}
    manifest = {"format": 1, "revision": "0001", "made_at": now.isoformat(), "tenant": None, "tenants": ["x"]}
    row = ["x", '{"name": "Old"}', now.isoformat(), now.isoformat(), "anna"]
    with zipfile.ZipFile(archive, "w") as to:
        to.writestr("tenant.jsonl", json.dumps(row))
        to.writestr("manifest.json", json.dumps({**manifest, "tables": [table]}))
    restore(nowhere, archive)
    with Database.open(nowhere) as database:
        assert database.tenant("x").settings.get().name == "Old"


def test_an_archive_restored_beside_another_key_names_both_keys_and_the_right_one_still_opens_it(
    path: Path, tmp_path: Path, now: datetime
) -> None:
    right, wrong = Key.create_file(tmp_path / "right.key"), Key.create_file(tmp_path / "wrong.key")
    secret = {"user_name": "u", "secret": "a-secret-of-the-tests", "integration_code": "c"}
    with Database.open(path, right, create=True) as database:
        store = database.create_tenant("default", TenantSettings(), now=now)
        store.connections.add("psa", "psa", "autotask", {}, secret, "anna", now=now)
    restored = tmp_path / "restored.db"
    restore(restored, backed_up(path, tmp_path / "whole.zip", now))
    for key, code in ((wrong, "store.wrong_key"), (None, "store.key_missing")):
        with Database.open(restored, key) as database, pytest.raises(StoreError) as caught:
            database.tenant().connections.secret("psa")
        assert caught.value.reason.code == code
    with Database.open(restored, right) as database:
        assert database.tenant().connections.secret("psa") == secret


def _restores_and_dies(where: str, archive: str) -> None:
    """In a process of its own: dies once half of the tables are filled."""
    filled = 0

    def inserted(*_: object) -> None:
        nonlocal filled
        filled += 1
        if filled == 100:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(sa.Engine, "after_cursor_execute", inserted)
    restore(where, Path(archive))


def test_a_restore_that_is_killed_in_the_middle_can_be_made_again(
    nowhere: str, path: Path, tmp_path: Path, now: datetime
) -> None:
    with Database.open(path, create=True) as database:
        for number in range(3):
            database.create_tenant(f"t{number}", TenantSettings(), now=now)
    archive = backed_up(path, tmp_path / "whole.zip", now)
    process = multiprocessing.get_context("spawn").Process(target=_restores_and_dies, args=(nowhere, str(archive)))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    with pytest.raises(StoreError) as caught:
        Database.open(nowhere)
    assert caught.value.reason.code == "store.missing"
    restore(nowhere, archive)
    with Database.open(nowhere) as restored:
        assert restored.tenants() == ("t0", "t1", "t2")


def _anything(column: sa.Column[object], tenant: str) -> object:
    """A value that the column takes; the rows need no sense."""
    for kind, value in ((sa.Boolean, 0), (sa.Integer, 1), (sa.LargeBinary, b"x"), (sa.Date, date(2026, 1, 1))):
        if isinstance(column.type, kind):
            return value if not isinstance(value, date) else value.isoformat()
    return "2026-01-01 00:00:00.000000" if "DATETIME" in str(column.type.compile()) else f"1 of {tenant}"


def test_a_deleted_tenant_leaves_no_row_in_any_table_and_no_other_tenant_loses_one(path: Path, now: datetime):
    Database.open(path, create=True).close()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA ignore_check_constraints = ON")
        for table in sorted(TENANT_TABLES, key=lambda one: one.name):
            names = [column.name for column in table.columns]
            marks = ", ".join("?" * len(names))
            for tenant in ("gone", "stays"):
                values = [tenant if name == "tenant" else _anything(table.c[name], tenant) for name in names]
                raw.execute(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", values)
        raw.commit()
    with Database.open(path) as database:
        lasting = [table for table in TENANT_TABLES if table.name != "next_look"]  # that goes with any change
        assert database.tenant("gone").erase() == len(lasting)
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT tenant FROM next_look").fetchall() == []
        for table in lasting:
            assert raw.execute(f"SELECT tenant FROM {table.name}").fetchall() == [("stays",)], table.name
