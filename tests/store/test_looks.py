"""When to look at a tenant again is forgotten with every change, whoever makes it, and by nobody else's."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from trueup.core.settings import TenantSettings
from trueup.store.database import Database
from trueup.store.every_table import metadata
from trueup.store.guard import SCHEMA_CHANGE
from trueup.store.looks import WAKING
from trueup.store.tenant_store import TenantStore


@pytest.mark.parametrize("name", [name for name in WAKING if name != "tenant"])
def test_a_row_put_in_changed_or_taken_out_wakes_its_tenant_and_no_other(
    name: str, database: Database, with_module: TenantStore, now: datetime
) -> None:
    other = database.create_tenant("other", TenantSettings(), now=now)
    later = now + timedelta(hours=1)

    def sleeping() -> list[str]:
        return [one for one in ("default", "other") if one not in database.may_be_due(now)]

    def settle() -> None:
        for store in (with_module, other):
            store.looks.note(later, now=now)

    table = metadata.tables[name]
    row = _row(table, now)
    mine = (table.c.tenant == "default", *(table.c[one.name] == row[one.name] for one in table.primary_key))
    engine = database._engine.execution_options(**{SCHEMA_CHANGE: True})  # a hand in the database itself
    for parent in {"notice_message": ("receiver", "notice")}.get(name, ()):
        with engine.begin() as connection:
            connection.execute(sa.insert(metadata.tables[parent]).values(**_row(metadata.tables[parent], now)))
    for statement in (
        sa.insert(table).values(**row),
        sa.update(table).where(*mine).values(**row),
        sa.delete(table).where(*mine),
    ):
        settle()
        assert sleeping() == ["default", "other"]
        with engine.begin() as connection:
            connection.execute(statement)
        assert sleeping() == ["other"]


def test_a_change_of_settings_wakes_a_tenant(database: Database, store: TenantStore, now: datetime) -> None:
    store.looks.note(now + timedelta(hours=1), now=now)
    assert database.may_be_due(now) == ()
    store.settings.save(store.settings.get(), "tests", now=now)
    assert database.may_be_due(now) == ("default",)


def test_a_moment_that_came_and_a_clock_that_was_put_back_wake_a_tenant(
    database: Database, store: TenantStore, now: datetime
) -> None:
    hour = timedelta(hours=1)
    store.looks.note(now + hour, now=now)
    assert database.may_be_due(now + hour - timedelta(seconds=1)) == ()
    assert database.may_be_due(now + hour) == ("default",)
    assert database.may_be_due(now - timedelta(seconds=1)) == ("default",)


def _row(table: sa.Table, now: datetime) -> dict[str, object]:
    row = {column.name: _value(column, now) for column in table.columns if not column.nullable}
    return row | {"tenant": "default"} | ({"id": 7} if table.name == "connection" else {})


def _value(column: sa.Column[object], now: datetime) -> object:
    if isinstance(column.type, sa.Boolean):
        return True
    if isinstance(column.type, sa.Integer):
        return 1
    if isinstance(column.type, sa.LargeBinary):
        return b""
    if isinstance(column.type, sa.Date):
        return now.date()
    if isinstance(column.type, sa.String):
        return {"role": "module", "event": "opened", "kind": "webhook", "state": "waiting"}.get(column.name, "text")
    return now
