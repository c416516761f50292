"""What only PostgreSQL has: tenants kept apart by the database itself, an address, and a server that may be away."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Identifier, Literal
from sqlalchemy import make_url
from tests.postgres import Server

from trueup.core.reason import Reason
from trueup.core.settings import TenantSettings
from trueup.store import postgresql as on_postgresql
from trueup.store.database import Database
from trueup.store.errors import StoreError
from trueup.store.every_table import INSTALLATION_TABLES, TENANT_TABLES


@pytest.fixture
def address(postgresql: Server) -> Iterator[str]:
    with postgresql.fresh() as found:
        yield found


@contextmanager
def _plain_role(address: str) -> Iterator[str]:
    """The same database for a role that owns nothing and is no superuser, as a platform's program should be."""
    name = f"program_{uuid4().hex[:12]}"
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute(SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(Identifier(name), Literal("secret-of-the-role")))
        owner.execute(SQL("GRANT ALL ON ALL TABLES IN SCHEMA public TO {}").format(Identifier(name)))
        try:
            url = make_url(address).set(username=name, password="secret-of-the-role")
            yield url.render_as_string(hide_password=False)
        finally:
            owner.execute(SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(Identifier(name)))
            owner.execute(SQL("DROP ROLE {}").format(Identifier(name)))


def test_every_tenants_table_is_forced_to_show_its_own_tenant_only(address: str):
    with psycopg.connect(address) as connection:
        rows = connection.execute(
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
    forced = {name for name, enabled, also_owner in rows if enabled and also_owner}
    assert forced == {table.name for table in TENANT_TABLES}
    assert {table.name for table in INSTALLATION_TABLES} <= {name for name, _, _ in rows}


def test_the_database_itself_hides_the_rows_of_other_tenants(address: str, now: datetime):
    """Asked in plain SQL, past every guard of the program, by a role that is neither owner nor superuser."""
    with _plain_role(address) as program:
        with Database.open(program) as database:
            for name in ("east", "west"):
                store = database.create_tenant(name, TenantSettings(name=name), now=now)
                store.audit.add("tests", f"of {name}", Reason.of("x"), now=now)
            assert database.tenants() == ("east", "west")
            assert len(database.tenant("east").audit.list()) == 1
        with psycopg.connect(program) as connection:
            assert connection.execute("SELECT tenant FROM audit").fetchall() == []
            connection.execute("SELECT set_config('trueup.scope', 'east', true)")
            assert {tenant for (tenant,) in connection.execute("SELECT tenant FROM audit")} == {"east"}
            assert connection.execute("UPDATE tenant SET settings = '' WHERE tenant = 'west'").rowcount == 0
            assert connection.execute("DELETE FROM audit WHERE tenant = 'west'").rowcount == 0
            with pytest.raises(InsufficientPrivilege):
                connection.execute("UPDATE tenant SET tenant = 'west2' WHERE tenant = 'east'")


def test_text_sorts_as_in_a_file_whatever_the_database_sorts_by(address: str):
    with psycopg.connect(address) as connection:
        rows = connection.execute(
            "SELECT DISTINCT collation_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND table_name <> 'alembic_version' AND data_type IN ('text', 'character varying')"
        ).fetchall()
    assert rows == [("C",)]


def test_a_database_of_another_program_is_refused_and_left_alone(postgresql: Server):
    with postgresql.bare() as address:
        with psycopg.connect(address) as connection:
            connection.execute("CREATE TABLE theirs (id integer)")
        with pytest.raises(StoreError) as caught:
            Database.open(address, create=True)
        assert caught.value.reason.code == "store.not_a_store"
        with psycopg.connect(address) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        assert tables == [("theirs",)]


def test_an_empty_database_is_no_store_until_one_is_created_in_it(postgresql: Server):
    with postgresql.bare() as address:
        with pytest.raises(StoreError) as caught:
            Database.open(address)
        assert caught.value.reason.code == "store.missing"
        Database.open(address, create=True).close()
        with Database.open(address) as database:
            assert database.tenants() == ()


def test_of_several_that_create_the_store_at_once_one_does(postgresql: Server):
    with postgresql.bare() as address, ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: Database.open(address, create=True), range(4)))
        assert [database.tenants() for database in opened] == [()] * 4
        for database in opened:
            database.close()


def test_a_server_that_is_away_is_named_without_its_password():
    with pytest.raises(StoreError) as caught:
        Database.open("postgresql://clerk:hunter2@127.0.0.1:1/trueup")
    assert caught.value.reason.code == "store.unreachable"
    assert caught.value.reason.get("path") == "postgresql://clerk:***@127.0.0.1:1/trueup"
    assert "hunter2" not in str(caught.value)


def test_a_connection_that_the_server_closed_is_told_and_the_next_call_goes_on(address: str, now: datetime):
    with Database.open(address) as database, psycopg.connect(address, autocommit=True) as operator:
        store = database.create_tenant("default", TenantSettings(), now=now)

        def step() -> None:
            with store.writing():
                store.audit.add("tests", "lost", Reason.of("x"), now=now)
                operator.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                store.audit.add("tests", "never", Reason.of("x"), now=now)

        with pytest.raises(StoreError) as caught:
            step()
        assert caught.value.reason.code == "store.unreachable"
        assert store.audit.list() == ()
        store.audit.add("tests", "kept", Reason.of("x"), now=now)
        assert len(store.audit.list()) == 1


def test_who_sleeps_while_it_writes_loses_its_turn_and_writes_nothing(
    address: str, now: datetime, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(on_postgresql, "LONGEST_SLEEP", "300ms")
    with Database.open(address) as asleep, Database.open(address) as awake:
        sleeper = asleep.create_tenant("default", TenantSettings(), now=now)
        other = awake.tenant("default")

        def step() -> None:
            with sleeper.writing():
                sleeper.audit.add("tests", "lost", Reason.of("x"), now=now)
                other.audit.add("tests", "kept", Reason.of("x"), now=now)  # waits until the sleeper's turn is over
                sleeper.audit.add("tests", "never", Reason.of("x"), now=now)

        with pytest.raises(StoreError) as caught:
            step()
        assert caught.value.reason.code == "store.unreachable"
        assert [one.action for one in other.audit.list()] == ["kept"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("postgres://u@h/d", "postgresql://u@h/d"),
        ("postgresql://u:p@h:5433/d?sslmode=require", "postgresql://u:***@h:5433/d?sslmode=require"),
        ("postgresql+psycopg://h/d", "postgresql://h/d"),
        ("trueup.sqlite", None),
        ("sqlite:///trueup.sqlite", None),
    ],
)
def test_an_address_is_told_from_a_path(where: str, found: str | None):
    address = on_postgresql.address_of(where)
    assert (address and on_postgresql.shown(address)) == found
