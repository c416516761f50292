"""Making the schema and moving it between revisions. Alembic is imported only when there is something to move."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.schema import CreateIndex, CreateTable

from trueup.store import postgresql
from trueup.store.binding import WRITES
from trueup.store.columns import conditioned
from trueup.store.errors import StoreError, translated
from trueup.store.every_table import metadata
from trueup.store.guard import SCHEMA_CHANGE
from trueup.store.looks import wake_on_change
from trueup.store.schema import HEAD, VERSION

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"


def create(engine: sa.Engine, path: str) -> None:
    """Make all tables of the newest revision at once; a test holds that to be the same as all migrations in a row."""
    try:
        with engine.execution_options(**{WRITES: True, SCHEMA_CHANGE: True}).begin() as connection:
            if sa.inspect(connection).has_table(VERSION.name):
                return  # another process was faster
            for statement in _schema(engine.dialect):
                connection.exec_driver_sql(statement)
            connection.execute(sa.insert(VERSION).values(version_num=HEAD))
            _finish(connection, path)
    except exc.SQLAlchemyError as error:
        raise translated(error, path) from error


def fill(engine: sa.Engine, path: str, revision: str, put_back: Callable[[sa.Connection], None]) -> None:
    """Make the tables of a revision in an empty database, put rows into them, and move them up to the newest: all in
    one transaction, so that whatever goes wrong leaves an empty database. Disposes of the engine."""
    try:
        with engine.execution_options(**{WRITES: True, SCHEMA_CHANGE: True}).begin() as connection:
            if revision == HEAD:
                for statement in _schema(engine.dialect):
                    connection.exec_driver_sql(statement)
                connection.execute(sa.insert(VERSION).values(version_num=HEAD))
            else:
                _alembic(connection, revision, up=True)
            put_back(connection)
            if revision != HEAD:
                _alembic(connection, HEAD, up=True)
            _finish(connection, path)
    except exc.SQLAlchemyError as error:
        raise translated(error, path) from error
    finally:
        engine.dispose()


@cache
def _schema(dialect: sa.Dialect) -> tuple[str, ...]:
    """The statements that make the newest revision in an empty file. To write them takes longer than to run them."""
    elements: list[CreateTable | CreateIndex] = []
    for table in (*metadata.sorted_tables, VERSION):
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        elements += [CreateTable(table), *(CreateIndex(conditioned(index, dialect)) for index in indexes)]
    return tuple(str(element.compile(dialect=dialect)) for element in elements)


def upgrade(engine: sa.Engine, path: str, target: str = "head") -> None:
    """Move an older database up in one transaction; on failure it stays what it was. Disposes of the engine.

    On SQLite the engine has foreign keys off, because a table is rebuilt by copying it; they are checked at the end.
    """
    _move(engine, path, target, up=True)


def downgrade(engine: sa.Engine, path: str, target: str) -> None:
    """Move a database down to a revision (or `base`). Disposes of the engine."""
    _move(engine, path, target, up=False)


def _move(engine: sa.Engine, path: str, target: str, *, up: bool) -> None:
    from alembic.util.exc import CommandError  # noqa: PLC0415 - a matching database never needs it

    try:
        with engine.execution_options(**{WRITES: True, SCHEMA_CHANGE: True}).begin() as connection:
            _alembic(connection, target, up=up)
            _finish(connection, path)
    except CommandError as error:
        raise StoreError("store.upgrade_failed", path=path, detail=str(error)) from error
    except exc.SQLAlchemyError as error:
        raise translated(error, path) from error
    finally:
        engine.dispose()


def _alembic(connection: sa.Connection, target: str, *, up: bool) -> None:
    from alembic import command  # noqa: PLC0415 - a matching database never needs it

    config = configuration()
    config.attributes["connection"] = connection
    (command.upgrade if up else command.downgrade)(config, target)


def _finish(connection: sa.Connection, path: str) -> None:
    """What each kind of database needs once its tables have changed: SQLite rebuilt some without looking at foreign
    keys, PostgreSQL keeps tenants apart by itself, both wake the workers' look."""
    wake_on_change(connection)
    if connection.dialect.name == "postgresql":
        postgresql.harden(connection)
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        detail = f"rows of {broken[0][0]} without their {broken[0][2]}"
        raise StoreError("store.upgrade_failed", path=path, detail=detail)


def configuration() -> Config:
    """Alembic's configuration, without a file."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
