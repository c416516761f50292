from __future__ import annotations

import re
import sqlite3
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from trueup.core.settings import TenantSettings
from trueup.store import migrating
from trueup.store.columns import TENANT, metadata
from trueup.store.database import Database, engine_for
from trueup.store.schema import HEAD, INSTALLATION_TABLES, KNOWN_REVISIONS, TENANT_TABLES, VERSION


def _schema(path: Path) -> dict[str, tuple[str, ...]]:
    """Each table and index as its parts, in any order. SQLite puts the name of a table that was rebuilt in quotes."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    return {
        name: tuple(
            sorted(
                part.rstrip(" ,)")
                for part in re.sub(r'^CREATE TABLE "(\w+)"', r"CREATE TABLE \1", " ".join(sql.split()))
                .replace(" CONSTRAINT ", "|")
                .split("|")
            )
        )
        for name, sql in rows
        if name != VERSION.name
    }


def _migrated(path: Path) -> Path:
    path.touch()
    migrating.upgrade(engine_for(path, foreign_keys=False), path)
    return path


def test_the_revisions_known_without_alembic_are_those_in_the_folder():
    scripts = ScriptDirectory.from_config(migrating.configuration())
    found = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(found)) == KNOWN_REVISIONS
    assert scripts.get_heads() == [HEAD]


def test_all_migrations_in_a_row_make_the_schema_that_a_new_store_has(database: Database, path: Path, tmp_path: Path):
    assert _schema(_migrated(tmp_path / "migrated.db")) == _schema(path)


def test_alembic_sees_no_difference_between_tables_and_migrations(tmp_path: Path):
    engine = engine_for(_migrated(tmp_path / "migrated.db"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_database_goes_down_to_nothing_and_up_again(tmp_path: Path, now: datetime):
    path = _migrated(tmp_path / "migrated.db")
    with Database.open(path) as database:
        database.create_tenant("default", TenantSettings(), now=now)
    migrating.downgrade(engine_for(path, foreign_keys=False), path, "base")
    assert _schema(path) == {}
    migrating.upgrade(engine_for(path, foreign_keys=False), path)
    with Database.open(path) as database:
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
