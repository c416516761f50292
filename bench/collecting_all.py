"""Thirty modules collected into one store over loopback: items a CPU second beside a bare decode of the same bodies,
and the peak memory of the process that collects, which is one of its own."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import httpx2
import msgspec

from bench.figures import Figure
from bench.served_modules import ITEMS, ServedModule, every_module
from trueup.app.clock import FixedClock
from trueup.app.connections.connecting import Accounts
from trueup.app.usage import collecting
from trueup.app.workspace import Workspace, create_workspace
from trueup.core.settings import TenantSettings
from trueup.modules.catalogue_files import load_catalogue
from trueup.modules.catalogue_schema import CatalogueFile
from trueup.modules.limits import Pace
from trueup.modules.rest_module import RestModule
from trueup.store.secrets import Key

NIGHT = datetime(2026, 6, 17, 2, 0, tzinfo=UTC)
UNHURRIED = Pace(scale=0.0)
"""No waiting for the vendors' rate limits: it costs no CPU."""
AT_MOST_MEGABYTES = 400.0


@dataclass(frozen=True, slots=True)
class Night:
    """One collection of all modules: what came, the CPU seconds that it took, and the peak memory up to its end."""

    items: int
    organizations: int
    calls: int
    cpu: float
    peak_megabytes: float | None


class _Listening(RestModule):
    """Keeps the calls that it makes, with the bodies that they are answered with."""

    heard: list[tuple[httpx2.Request, bytes]]

    def session(self) -> httpx2.AsyncClient:
        client = super().session()

        async def keep(response: httpx2.Response) -> None:
            self.heard.append((response.request, await response.aread()))

        client.event_hooks["response"].append(keep)
        return client


async def heard_from(served: ServedModule) -> list[tuple[httpx2.Request, bytes]]:
    """Every call of collecting this module once, with its answer; the simulator has made its pages once by then."""
    file = load_catalogue(served.kind)
    assert isinstance(file, CatalogueFile)
    module = _Listening(file, served.name, served.settings, served.secret, pace=UNHURRIED)
    module.heard = []
    collection = await module.collect(NIGHT.date(), NIGHT)
    assert collection.failure is None, (served.name, collection.failure)
    return module.heard


async def straightforward(calls: list[httpx2.Request]) -> float:
    """CPU seconds of sending the same calls with the same client, one after the other, and a bare decode of each."""
    started = time.process_time()
    async with httpx2.AsyncClient(timeout=60) as client:
        for call in calls:
            again = client.build_request(call.method, call.url, headers=call.headers, content=call.content)
            msgspec.json.decode((await client.send(again)).content)
    return time.process_time() - started


def bare_decode(bodies: list[bytes]) -> float:
    """CPU seconds of decoding them, and nothing else."""
    started = time.process_time()
    for body in bodies:
        msgspec.json.decode(body)
    return time.process_time() - started


def peak_megabytes() -> float | None:
    """Peak memory of this process alone, where the system tells; `ru_maxrss` of a child begins with its parent's."""
    try:
        told = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    return next(int(line.split()[1]) / 1024 for line in told.splitlines() if line.startswith("VmHWM"))


async def _night(ws: Workspace) -> Night:
    started = time.process_time()
    results = await collecting.collect(ws)
    cpu = time.process_time() - started
    assert all(result.failure is None for result in results), [result.failure for result in results]
    return Night(
        sum(result.items for result in results),
        sum(result.organizations for result in results),
        sum(result.calls for result in results),
        cpu,
        peak_megabytes(),
    )


def _collect_apart(pipe: Connection, modules: tuple[ServedModule, ...]) -> None:
    import asyncio

    clock = FixedClock(NIGHT)
    with (
        tempfile.TemporaryDirectory() as folder,
        create_workspace(
            Path(folder) / "bench.sqlite",
            Key.generate(),
            TenantSettings(time_zone="UTC"),
            clock=clock,
            actor="bench",
            accounts=Accounts(UNHURRIED),
        ) as ws,
    ):
        for one in modules:
            ws.store.connections.add(one.name, "module", one.kind, one.settings, one.secret, "bench", now=ws.now())
        nights = []
        for number in range(2):
            clock.put(NIGHT + timedelta(days=number))
            nights.append(asyncio.run(_night(ws)))
        pipe.send(nights)


def collected(modules: tuple[ServedModule, ...]) -> tuple[Night, Night]:
    """A first night and an unchanged one, in a process of their own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_collect_apart, args=(theirs, modules), daemon=True)
    process.start()
    theirs.close()
    first, unchanged = ours.recv()
    process.join(timeout=20)
    return first, unchanged


async def measure() -> list[Figure]:
    """Both nights against the bare decode and against the same calls with one, and the peak memory."""
    with every_module() as modules:
        heard = [one for module in modules for one in await heard_from(module)]
        bodies = [body for _, body in heard]
        decode = min(bare_decode(bodies) for _ in range(3))
        size = sum(map(len, bodies)) / 1e6
        calls = await straightforward([call for call, _ in heard])
        first, unchanged = collected(modules)
    print(
        f"{len(modules)} connections, {first.organizations:,} organizations, {first.calls:,} calls, {size:,.0f} MB of "
        f"JSON, {first.items:,} items (about {ITEMS:,} a module that lists items; the others send counts).\n"
        f"Items a CPU second: {first.items / first.cpu:,.0f} on a first night, {unchanged.items / unchanged.cpu:,.0f} "
        f"on an unchanged one, store included; {first.items / calls:,.0f} for the same calls with a bare decode, "
        f"{first.items / decode:,.0f} for the decode alone.\n"
    )
    figures = [
        Figure(
            "CPU of an unchanged night of 30 modules, against the same calls decoded", unchanged.cpu, calls, "s", 4.0
        ),
        Figure("CPU of their first night", first.cpu, calls, "s", 5.0),
        Figure("  the same against the decode alone", first.cpu, decode, "s"),
    ]
    if unchanged.peak_megabytes is not None:
        peak = unchanged.peak_megabytes
        figures.append(Figure("Peak memory of the process that collects them", peak, AT_MOST_MEGABYTES, "MB", 1.0))
    return figures
