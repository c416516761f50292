"""The guard refuses what would reach another tenant's rows, whatever way it is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

import trueup.store
from trueup.core.reason import Reason
from trueup.core.settings import TenantSettings
from trueup.store.database import Database
from trueup.store.errors import StoreError
from trueup.store.every_table import TENANT_TABLES
from trueup.store.guard import insert_rows
from trueup.store.tables.people import membership, person, session
from trueup.store.tables.runs import run, run_step
from trueup.store.tables.tenancy import audit, counter, tenant
from trueup.store.tables.usage import item
from trueup.store.tenant_store import TenantStore

ROW = {
    "id": 9,
    "at": datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
    "actor": "a",
    "action": "b",
    "detail": '["x"]',
    "content": "",
    "link": "",
}
other = run.alias("other")
mine = run.c.tenant == "default"

REFUSED: dict[str, Callable[[], sa.Executable]] = {
    "no condition": lambda: sa.select(run.c.id),
    "another condition": lambda: sa.select(run.c.id).where(run.c.kind == "plan"),
    "another tenant": lambda: sa.select(run.c.id).where(run.c.tenant == "other"),
    "either tenant": lambda: sa.select(run.c.id).where(mine | (run.c.kind == "plan")),
    "not this tenant": lambda: sa.select(run.c.id).where(run.c.tenant != "default"),
    "negated": lambda: sa.select(run.c.id).where(~mine),
    "one of several": lambda: sa.select(run.c.id).where(run.c.tenant.in_(["default"])),
    "itself": lambda: sa.select(run.c.id).where(run.c.tenant == run.c.tenant),
    "count": lambda: sa.select(sa.func.count()).select_from(run),
    "an alias": lambda: sa.select(other.c.id).where(mine, other.c.id == run.c.id),
    "second table free": lambda: sa.select(run.c.id, audit.c.id).where(mine, audit.c.id == run.c.place),
    "second table free in a join": lambda: sa.select(run.c.id).join(audit, audit.c.id == run.c.place).where(mine),
    "left table bound in a left join only": lambda: sa.select(run.c.id).outerjoin(
        run_step, mine & (run_step.c.tenant == "default")
    ),
    "full join": lambda: sa.select(run.c.id).join(run_step, mine & (run_step.c.tenant == run.c.tenant), full=True),
    "subquery": lambda: sa.select(sa.select(run.c.id).subquery()),
    "subquery, bound outside": lambda: sa.select(run.c.id).where(mine, run.c.place.in_(sa.select(audit.c.id))),
    "same table inside": lambda: sa.select(run.c.id).where(
        mine, run.c.place == sa.select(sa.func.max(run.c.place)).scalar_subquery()
    ),
    "union": lambda: sa.union_all(sa.select(run.c.id).where(mine), sa.select(run.c.id)),
    "common table expression": lambda: sa.select(sa.select(run.c.id).cte("found").c.id),
    "exists": lambda: sa.select(sa.literal(1)).where(sa.exists().where(run.c.kind == "plan")),
    "lateral by text": lambda: sa.select(sa.text("id")).select_from(sa.text("run")),
    "text in a condition": lambda: sa.select(tenant.c.tenant).where(
        tenant.c.tenant == "default", sa.text("1 = (SELECT count(*) FROM run)")
    ),
    "text": lambda: sa.text("SELECT id FROM run WHERE tenant = 'default'"),
    "quoted text": lambda: sa.text('SELECT id FROM "run"'),
    "update of all": lambda: sa.update(run).values(status="x"),
    "update of another": lambda: sa.update(run).where(run.c.tenant == "other").values(status="x"),
    "update from a free table": lambda: sa.update(run).where(mine, run.c.place == audit.c.id).values(status="x"),
    "update by a free subquery": lambda: (
        sa.update(run).where(mine).values(status=sa.select(audit.c.action).limit(1).scalar_subquery())
    ),
    "moving rows away": lambda: sa.update(run).where(mine).values(tenant="other"),
    "moving rows by an expression": lambda: sa.update(run).where(mine).values(tenant=sa.literal_column("'other'")),
    "delete of all": lambda: sa.delete(run),
    "delete of another": lambda: sa.delete(run).where(run.c.tenant == "other"),
    "insert for another": lambda: sa.insert(audit).values(tenant="other", **ROW),
    "insert by an expression": lambda: sa.insert(audit).values(tenant=sa.literal_column("'other'"), **ROW),
    "insert of several": lambda: sa.insert(audit).values([{"tenant": "default", **ROW}, {"tenant": "other", **ROW}]),
    "insert from a question": lambda: sa.insert(counter).from_select(
        ["tenant", "name", "value"], sa.select(counter.c.tenant, counter.c.name, counter.c.value)
    ),
    "create a table": lambda: sa.schema.CreateTable(run),
    "drop a table": lambda: sa.schema.DropTable(run),
    "people": lambda: sa.select(person.c.name),
    "people by an alias": lambda: sa.select(person.alias("p").c.name),
    "people in a subquery": lambda: sa.select(run.c.id).where(mine, run.c.kind.in_(sa.select(person.c.name))),
    "people in a join": lambda: (
        sa.select(person.c.name)
        .join(membership, membership.c.person == person.c.id)
        .where(membership.c.tenant == "default")
    ),
    "a new person": lambda: sa.insert(session).values(hash="x"),
    "a changed person": lambda: sa.update(person).values(password="x"),
    "no people": lambda: sa.delete(session),
    "text with people": lambda: sa.text("SELECT password FROM person"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_statement_that_reaches_past_its_tenant_is_refused(name: str, store: TenantStore):
    with pytest.raises(StoreError) as caught, store._binding.writing() as connection:
        connection.execute(REFUSED[name]())
    assert caught.value.reason.code == "store.tenant_not_bound"


ALLOWED: dict[str, Callable[[], sa.Executable]] = {
    "bound": lambda: sa.select(run.c.id).where(mine),
    "bound, turned round": lambda: sa.select(run.c.id).where(sa.literal("default") == run.c.tenant),
    "alias": lambda: sa.select(other.c.id).where(other.c.tenant == "default"),
    "join by the tenant": lambda: (
        sa.select(run.c.id)
        .join(run_step, (run_step.c.tenant == run.c.tenant) & (run_step.c.run == run.c.id))
        .where(mine)
    ),
    "left join by the tenant": lambda: (
        sa.select(run.c.id)
        .outerjoin(run_step, (run_step.c.tenant == run.c.tenant) & (run_step.c.run == run.c.id))
        .where(mine)
    ),
    "both bound": lambda: sa.select(run.c.id, audit.c.id).where(
        mine, audit.c.tenant == "default", audit.c.id == run.c.place
    ),
    "inside and outside": lambda: sa.select(run.c.id).where(
        mine, run.c.place.in_(sa.select(audit.c.id).where(audit.c.tenant == "default"))
    ),
    "no table": lambda: sa.select(sa.literal(1)),
    "text without a table": lambda: sa.text("SELECT 1"),
    "update": lambda: sa.update(run).where(mine).values(status="x"),
    "delete": lambda: sa.delete(item).where(item.c.tenant == "default"),
    "insert": lambda: sa.insert(audit).values(tenant="default", **ROW),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_a_statement_that_keeps_to_its_tenant_passes(name: str, store: TenantStore):
    with store._binding.writing() as connection:
        connection.execute(ALLOWED[name]())


def test_raw_sql_that_names_a_tenants_table_is_refused(store: TenantStore):
    for table in TENANT_TABLES:
        with pytest.raises(StoreError), store._binding.reading() as connection:
            connection.exec_driver_sql(f'SELECT * FROM "{table.name}"')


def test_one_row_of_another_tenant_among_many_stops_them_all(store: TenantStore):
    rows = [{"tenant": "default", **ROW, "id": number} for number in range(50)]
    rows[31]["tenant"] = "other"
    with pytest.raises(StoreError), store._binding.writing() as connection:
        connection.execute(sa.insert(audit), rows)
    assert store.audit.list() == ()


@pytest.mark.parametrize("count", [1, 50])
def test_a_bulk_insert_is_looked_at_row_by_row(store: TenantStore, count: int):
    names = ("name", "value", "tenant")
    with store._binding.writing() as connection:
        insert_rows(connection, counter, names, [(f"good{n}", n, "default") for n in range(count)])
    with pytest.raises(StoreError), store._binding.writing() as connection:
        insert_rows(connection, counter, names, [(f"bad{n}", n, "default" if n else "other") for n in range(count)])
    with store._binding.reading() as connection:
        found = connection.execute(sa.select(counter.c.name).where(counter.c.tenant == "default")).scalars().all()
    assert sorted(found) == sorted(f"good{n}" for n in range(count))


def test_a_statement_that_passed_before_is_looked_at_again_for_another_tenant(
    store: TenantStore, database: Database, now: datetime
):
    other_store = database.create_tenant("other", TenantSettings(), now=now)
    with store._binding.reading() as connection:
        connection.execute(sa.select(run.c.id).where(run.c.tenant == "default")).all()
    with pytest.raises(StoreError), other_store._binding.reading() as connection:
        connection.execute(sa.select(run.c.id).where(run.c.tenant == "default")).all()


def test_without_a_tenant_no_tenants_table_can_be_asked(database: Database):
    with pytest.raises(StoreError), database._engine.connect() as connection:
        connection.execute(sa.select(run.c.id).where(run.c.tenant == "default"))


def test_the_installations_connections_reach_people_and_no_tenants_row(database: Database, store: TenantStore):
    binding = database.people._binding
    with binding.writing() as connection:
        assert connection.execute(sa.select(person.c.name)).all() == []
    for refused in (sa.select(run.c.id).where(mine), sa.select(membership.c.person), sa.delete(run).where(mine)):
        with pytest.raises(StoreError) as caught, binding.writing() as connection:
            connection.execute(refused)
        assert caught.value.reason.code == "store.tenant_not_bound"


def test_tenants_do_not_see_each_other(store: TenantStore, database: Database, now: datetime):
    other_store = database.create_tenant("other", TenantSettings(name="other"), now=now)
    for one in (store, other_store):
        one.connections.add("rmm", "module", "datto_rmm", {"of": one.tenant}, {"key": one.tenant}, "tests", now=now)
        one.audit.add("tests", one.tenant, Reason.of("x"), now=now)
        assert one.runs.start("plan", one.tenant, now=now) == "run-1"
    for one in (store, other_store):
        assert one.connections.get("rmm").settings == {"of": one.tenant}
        assert one.connections.secret("rmm") == {"key": one.tenant}
        assert [entry.action for entry in one.audit.list()] == [one.tenant]
        assert [found.actor for found in one.runs.list()] == [one.tenant]
    assert database.tenants() == ("default", "other")


def test_only_one_file_asks_across_tenants_and_only_one_changes_the_schema():
    folder = Path(trueup.store.__file__).parent
    users: dict[str, set[str]] = {"ACROSS_TENANTS": set(), "SCHEMA_CHANGE": set()}
    for file in folder.parent.rglob("*.py"):
        for name, found in users.items():
            if re.search(rf"\b{name}\b|trueup_{name.lower()}", file.read_text(encoding="utf-8")):
                found.add(file.relative_to(folder.parent).as_posix())
    # guard.py and postgresql.py are the two guards: they ask whether a statement says so.
    guards = {"store/guard.py", "store/postgresql.py"}
    assert users == {
        "ACROSS_TENANTS": guards | {"store/across_tenants.py"},
        "SCHEMA_CHANGE": guards | {"store/migrating.py"},
    }
