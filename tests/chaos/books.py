"""What a run's store says, read from outside of Trueup: a file of SQLite, or a database of PostgreSQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg


def ask(store: str | Path, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    """The rows of a query over all tenants; its parameters are marked by `?`."""
    where = str(store)
    if where.startswith("postgresql://"):
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute("SELECT set_config('trueup.scope', '*', false)")
            return connection.execute(query.replace("?", "%s"), parameters).fetchall()
    address = f"{Path(where).resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=10)) as connection:
        return connection.execute(query, parameters).fetchall()
