"""Nights of many tenants on PostgreSQL: real `trueup worker` processes on the queue, one and then two of them.

Each tenant has 100 customers, 300 lines, 1,000 devices, and 10 new devices tonight: collected, planned, applied, read
back. Vendors take their time over each call, so that waiting dominates, as it does in reality. The night of a sample is
due (`--due=1000`: of a thousand) in an installation that has a thousand tenants besides, at which the workers look too.
`--at-once=N` gives each worker so many places.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg

from bench import postgres, tenant_pages
from bench.figures import Figure
from bench.installation import DUE, GROWING, OVER, Installation, now
from bench.served_tenants import CUSTOMERS, DEVICES, GROWN, LINES, SERVICES, served_tenants
from trueup.app.clock import FixedClock
from trueup.app.connections.connecting import Accounts
from trueup.app.jobs.choosing import jobs_for
from trueup.app.jobs.port import ACTOR
from trueup.app.jobs.queue import make_place
from trueup.app.jobs.queued import AT_ONCE
from trueup.app.schedule.night import is_due
from trueup.app.workspace import Workspace
from trueup.store.secrets import Key

BESIDE, SAMPLE = 1_000, 40
"""Tenants whose night is over, and those whose night is due for each number of workers."""
LATENCY_MS = 400
"""What a vendor takes for a call: the PSA and the RMM alike."""
PATIENCE = 3_600.0
PAGE, MODULE_PAGE = 500, 250
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Nights:
    """What the workers did: nights an hour, CPU of a night in the workers and in the database's server, and the memory
    of the largest worker at the first tenth and at the end, in megabytes."""

    an_hour: float
    cpu: float | None
    server_cpu: float | None
    memory: tuple[float, float] | None


def names(word: str, count: int) -> tuple[str, ...]:
    """Tenants to copy."""
    return tuple(f"{word}-{number:04d}" for number in range(1, count + 1))


def megabytes_of(pid: int) -> float | None:
    """Memory of a running process now, where the system tells."""
    try:
        told = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in told.splitlines() if line.startswith("VmRSS")), None)


@contextmanager
def _workers(house: Installation, count: int, places: int, folder: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "trueup", "--store", house.server.address, "--key-file", str(house.key_file)]
    running = []
    try:
        for number in range(count):
            with (folder / f"worker-{number}.log").open("wb") as log:
                running.append(
                    subprocess.Popen(
                        [*command, "worker", "--at-once", str(places)],
                        cwd=folder,
                        env=environment,
                        stdout=log,
                        stderr=log,
                    )
                )
        yield running
    finally:
        for one in running:
            one.send_signal(signal.SIGTERM)
        for one in running:
            one.wait(timeout=60)


def _told(connection: psycopg.Connection, word: str) -> int:
    row = connection.execute("SELECT count(*) FROM run WHERE kind = 'night' AND tenant LIKE %s", (f"{word}-%",))
    return int((row.fetchone() or (0,))[0])


@dataclass(frozen=True, slots=True)
class _Mark:
    """One look at the workers from outside."""

    done: int
    at: float
    cpu: float | None
    server_cpu: float | None
    memory: float | None


def _mark(house: Installation, workers: Sequence[subprocess.Popen[bytes]], done: int) -> _Mark:
    cpu = [postgres.cpu_of(one.pid) for one in workers]
    memory = [megabytes_of(one.pid) for one in workers]
    return _Mark(
        done,
        time.perf_counter(),
        None if None in cpu else sum(one or 0.0 for one in cpu),
        house.server.cpu(),
        None if None in memory else max(one or 0.0 for one in memory),
    )


def nights(house: Installation, word: str, due: int, count: int, places: int, folder: Path) -> Nights:
    """Let so many workers of so many places do what is due; measured from the first tenth of the nights to the last."""
    with house.server.asked() as connection, _workers(house, count, places, folder) as workers:
        before, until = _told(connection, word), time.monotonic() + PATIENCE
        first: _Mark | None = None
        while True:
            done = _told(connection, word) - before
            if first is None and done >= due // 10:
                first = _mark(house, workers, done)
            if done >= due:
                break
            gone = [one.returncode for one in workers if one.poll() is not None]
            if gone or time.monotonic() > until:
                raise RuntimeError(f"{done} of {due} nights, workers ended: {gone}; see {folder}")
            time.sleep(0.1)
        last = _mark(house, workers, done)
    assert first is not None
    _must_be_right(house, word, due)
    measured = last.done - first.done
    return Nights(
        an_hour=measured / (last.at - first.at) * 3600,
        cpu=_each(first.cpu, last.cpu, measured),
        server_cpu=_each(first.server_cpu, last.server_cpu, measured),
        memory=None if first.memory is None or last.memory is None else (first.memory, last.memory),
    )


def _each(first: float | None, last: float | None, nights: int) -> float | None:
    return None if first is None or last is None else (last - first) / nights


def _must_be_right(house: Installation, word: str, due: int) -> None:
    """Each night ended well, and each change was written once and read back."""
    with house.server.asked() as connection:
        like = (f"{word}-%",)
        bad = connection.execute("SELECT count(*) FROM run WHERE tenant LIKE %s AND status <> 'done'", like).fetchone()
        sent = connection.execute("SELECT count(*) FROM intent WHERE tenant LIKE %s", like).fetchone()
    assert bad == (0,), f"{bad} runs did not end well"
    assert sent == (due * GROWN,), f"{sent} changes were written"


def fewest_calls(months_in_window: int = 4) -> int:
    """Calls that a night cannot do without: each list once, in full pages (bundles are asked for too); units, lines and
    contracts of what changes once before it is written; one call a change; its units once after; the RMM's token, sites
    and devices. Calls that learn the PSA's fields, counts and budget are beyond it."""
    rows = {"companies": CUSTOMERS, "services": len(SERVICES), "contracts": CUSTOMERS, "lines": LINES}
    psa = 1 + sum(math.ceil(count / PAGE) for count in rows.values()) + math.ceil(LINES * months_in_window / PAGE)
    devices = CUSTOMERS * sum(DEVICES.values()) + GROWN
    rmm = 1 + math.ceil(CUSTOMERS / MODULE_PAGE) + math.ceil(devices / MODULE_PAGE)
    return psa + 4 + GROWN + rmm


def _looks(house: Installation) -> tuple[float, float]:
    """CPU of this process for one look at all tenants, of which none has anything due: for the first one, which finds
    out when to look again, and for one a minute later."""
    moment = FixedClock(now())
    with house.open() as database:

        async def looked() -> dict[str, object]:
            return dict(await jobs_for(database, moment).once())

        make_place(house.server.address)
        is_due(Workspace(database.tenant(OVER), moment, ACTOR, Accounts()))  # statements are compiled
        spent = []
        for _ in range(2):
            began = time.process_time()
            done = asyncio.run(looked())
            spent.append(time.process_time() - began)
            assert not done, done
            moment.put(moment.now() + timedelta(minutes=1))
    return spent[0], spent[1]


def _from_workers(house: Installation, sample: int, places: int, folder: Path) -> Iterator[Figure]:
    words = {1: "one", 2: "two"}
    found: dict[int, Nights] = {}
    for count, word in words.items():
        tenants = names(word, sample)
        house.served.ready(tenants, LATENCY_MS)
        house.copy_due(tenants)
        house.served.forget()
        found[count] = nights(house, word, sample, count, places, folder)
    calls = house.served.calls(tenants)
    print({name: round(number / sample, 2) for name, number in sorted(calls.items())}, "\n")
    there = f"{sample:,} tenants due of {BESIDE + sample:,}"
    one, two = found[1], found[2]
    at_least = 1.8 if (os.cpu_count() or 1) >= 2 else None
    yield Figure(
        f"Nights an hour with 2 workers of {places} places, beside 1 ({there}; {LATENCY_MS} ms a call)",
        two.an_hour,
        one.an_hour,
        "tenants",
        at_least=at_least,
    )
    yield Figure(
        "Calls of a tenant's night, beside the fewest", sum(calls.values()) / sample, fewest_calls(), "calls", 1.5
    )
    for text, number, peer in (("workers", two.cpu, one.cpu), ("database server", two.server_cpu, one.server_cpu)):
        if number is not None and peer is not None:
            yield Figure(f"CPU of a tenant's night, {text}, 2 beside 1", number, peer, "s", 1.25)
    for count, night in found.items():
        if night.memory is not None:
            told = f"Memory of the larger of {count} workers" if count > 1 else "Memory of 1 worker"
            yield Figure(f"{told} at the end, beside after a tenth of the nights", *reversed(night.memory), "MB", 1.1)


async def measure(sample: int = SAMPLE, places: int = AT_ONCE) -> list[Figure]:
    """All figures of many tenants; so many have their night due for each number of workers."""
    due = (*names("one", sample), *names("two", sample))
    settled = names("settled", BESIDE - 1)
    return await asyncio.to_thread(_measured, sample, places, due, settled)


def _measured(sample: int, places: int, due: tuple[str, ...], settled: tuple[str, ...]) -> list[Figure]:
    with (
        tempfile.TemporaryDirectory(prefix="trueup-bench-") as made,
        postgres.started() as server,
        served_tenants((DUE, OVER, GROWING, *settled, *due)) as served,
    ):
        folder = Path(made)
        Key.create_file(folder / "trueup.key")
        house = Installation(server, served, folder / "trueup.key", now())
        grown, written = house.growth()
        empty = house.server.megabytes()
        house.play()
        tenant = (house.server.megabytes() - empty) / 2
        with tenant_pages.measured_pages(house, OVER) as pages:
            pages.look(1)
            house.copy(OVER, settled[:99])
            pages.look(100)
            house.copy(OVER, settled[99:])
            pages.look(BESIDE)
        figures = pages.figures()
        first, again = _looks(house)
        figures.append(
            Figure(
                f"CPU of a worker's look at {BESIDE:,} tenants of which none is due, beside a minute",
                again,
                60.0,
                "s",
                0.01,
            )
        )
        figures.append(
            Figure(f"CPU of the first look at {BESIDE:,} tenants, beside one a minute later", first, again, "s")
        )
        figures.append(
            Figure(
                "Growth of the database by a tenant's night at 1 % change, beside the tenant",
                grown * 1000,
                tenant * 1000,
                "kB",
            )
        )
        figures.append(
            Figure("Rows written by a tenant's night at 1 % change, beside its lines", written, LINES, "rows")
        )
        figures += _from_workers(house, sample, places, folder)
    print(
        f"PostgreSQL {postgres.version()}, {LATENCY_MS} ms a call, {sample} tenants due, {BESIDE:,} besides, "
        f"{places} places a worker.\n"
    )
    return figures
