"""A simulator in a process of its own, so that its work is not counted as ours."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection


@dataclass(frozen=True, slots=True)
class Served:
    """Where a simulator answers, and the credentials that it accepts."""

    url: str
    credentials: Mapping[str, str]


def _autotask(pipe: Connection, customers: int, lines: int, latency_ms: int) -> None:
    import httpx2

    from trueup_simulators import autotask

    with autotask.start(autotask.large_scenario(customers, lines)) as running:
        httpx2.post(f"{running.url}/_simulator/switches", json={"latency_ms": latency_ms}).raise_for_status()
        pipe.send((running.url, dict(running.credentials)))
        pipe.recv()


def _datto_rmm(pipe: Connection, sites: int, devices: int, _: int) -> None:
    from trueup_simulators import datto_rmm

    with datto_rmm.start(datto_rmm.large_scenario(sites, devices)) as running:
        pipe.send((running.url, dict(running.credentials)))
        pipe.recv()


_KINDS = {"autotask": _autotask, "datto_rmm": _datto_rmm}


@contextmanager
def served(kind: str, first: int, second: int, third: int = 0) -> Iterator[Served]:
    """Serve `autotask` (customers, lines, latency) or `datto_rmm` (sites, devices) from another process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_KINDS[kind], args=(theirs, first, second, third), daemon=True)
    process.start()
    theirs.close()  # so that a child that dies at once is noticed
    try:
        url, credentials = ours.recv()
        yield Served(url, credentials)
    finally:
        with suppress(OSError):
            ours.send("stop")
        process.join(timeout=10)
        if process.is_alive():
            process.kill()
