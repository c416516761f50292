from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from tests.postgres import Server

from trueup.core.settings import TenantSettings
from trueup.store import migrating
from trueup.store import postgresql as on_postgresql
from trueup.store import sqlite as on_sqlite
from trueup.store.columns import TENANT, metadata
from trueup.store.database import BUSY_MILLISECONDS, Database
from trueup.store.every_table import INSTALLATION_TABLES, TENANT_TABLES
from trueup.store.schema import HEAD, KNOWN_REVISIONS, VERSION


def _schema(where: str) -> dict[str, object]:
    """Each table and index with all that the database says of it."""
    if where.startswith("postgresql"):
        return _schema_of_server(where)
    with closing(sqlite3.connect(where)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: _parts(sql) for name, sql in rows if name != VERSION.name}


def _parts(sql: str) -> tuple[str, ...]:
    """A definition as its parts, in any order. SQLite puts the name of a table that was rebuilt in quotes."""
    plain = re.sub(r'^CREATE TABLE "(\w+)"', r"CREATE TABLE \1", " ".join(sql.split()))
    return tuple(sorted(part.rstrip(" ,)") for part in plain.replace(" CONSTRAINT ", "|").split("|")))


_OF_A_SERVER = """
    SELECT table_name, column_name, concat_ws(' ', data_type, is_nullable, column_default, collation_name)
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    UNION ALL
    SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT tablename, policyname, qual FROM pg_policies WHERE schemaname = 'public'
"""


def _schema_of_server(address: str) -> dict[str, object]:
    with psycopg.connect(address) as connection:
        rows = connection.execute(_OF_A_SERVER).fetchall()
    return {f"{table}.{part}": told for table, part, told in rows if table != VERSION.name}


def _engine(where: str) -> sa.Engine:
    """An engine as an upgrade uses it."""
    address = on_postgresql.address_of(where)
    if address is not None:
        return on_postgresql.engine_for(address, busy_milliseconds=BUSY_MILLISECONDS)
    return on_sqlite.engine_for(Path(where), foreign_keys=False, busy_milliseconds=BUSY_MILLISECONDS)


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store that was made by all migrations in a row."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            where = str(tmp_path / "migrated.db")
            Path(where).touch()
        else:
            server: Server = request.getfixturevalue("postgresql")
            where = stack.enter_context(server.bare())
        migrating.upgrade(_engine(where), where)
        yield where


def test_the_revisions_known_without_alembic_are_those_in_the_folder():
    scripts = ScriptDirectory.from_config(migrating.configuration())
    found = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(found)) == KNOWN_REVISIONS
    assert scripts.get_heads() == [HEAD]


def test_all_migrations_in_a_row_make_the_schema_that_a_new_store_has(
    migrated: str, tmp_path: Path, request: pytest.FixtureRequest
):
    with ExitStack() as stack:
        new = str(tmp_path / "new.db")
        if migrated.startswith("postgresql"):
            new = stack.enter_context(request.getfixturevalue("postgresql").bare())
        Database.open(new, create=True).close()
        assert _schema(migrated) == _schema(new)


def test_alembic_sees_no_difference_between_tables_and_migrations(migrated: str):
    engine = _engine(migrated)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": _type_differs})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def _type_differs(
    context: MigrationContext, found: object, wanted: object, stored: sa.types.TypeEngine, known: sa.types.TypeEngine
) -> bool | None:
    """On a server every text is `text`, whatever kind of text a table asks for."""
    del context, found, wanted
    return False if isinstance(stored, sa.Text) and isinstance(_plain(known), sa.String) else None


def _plain(known: sa.types.TypeEngine) -> object:
    return known.impl_instance if isinstance(known, sa.types.TypeDecorator) else known


def test_a_database_goes_down_to_nothing_and_up_again(migrated: str, now: datetime):
    with Database.open(migrated) as database:
        database.create_tenant("default", TenantSettings(), now=now)
    migrating.downgrade(_engine(migrated), migrated, "base")
    assert _schema(migrated) == {}
    migrating.upgrade(_engine(migrated), migrated)
    with Database.open(migrated) as database:
        assert database.tenants() == ()


def test_every_key_of_a_tenants_table_begins_with_the_tenant():
    assert not TENANT_TABLES & INSTALLATION_TABLES
    assert set(metadata.tables.values()) == TENANT_TABLES | INSTALLATION_TABLES
    for table in TENANT_TABLES:
        assert next(iter(table.primary_key.columns)).name == TENANT
        for constraint in table.constraints:
            if isinstance(constraint, sa.ForeignKeyConstraint) and constraint.referred_table in INSTALLATION_TABLES:
                continue  # to a person: those are the installation's
            if isinstance(constraint, sa.ForeignKeyConstraint | sa.UniqueConstraint):
                assert constraint.columns[0].name == TENANT, constraint.name
        for index in table.indexes:
            if index.name == "ix_push_key_hash":
                continue  # a key is found before its tenant is known
            assert index.columns[0].name == TENANT, index.name


def test_only_people_and_how_they_sign_in_belong_to_no_tenant():
    """A list on purpose: whoever makes another table without a tenant has to say so here."""
    assert {table.name for table in INSTALLATION_TABLES} == {
        "installation_audit",
        "installation_setting",
        "one_time",
        "passkey",
        "person",
        "session",
        "sign_in_lane",
    }


def test_every_constraint_has_a_name():
    for table in TENANT_TABLES | INSTALLATION_TABLES:
        for constraint in table.constraints:
            assert constraint.name, table.name
            assert len(str(constraint.name)) <= 63
