"""An account of every module in one process of their own: 200 organizations and about 20,000 items each.

Thirty connections: the 28 modules with a simulator of the vendors' package, and Datto RMM twice. Those whose vendor
sends counts (Huntress, Webroot, Duo, ...) have one or a few items an organization.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from trueup.modules.catalogue_files import load_catalogue

ORGANIZATIONS, ITEMS = 200, 20_000
ONE_CUSTOMER = frozenset({"microsoft_365", "spanning_m365", "spanning_google"})
"""Their accounts are one customer's: all items are that one's."""
MACHINES_AN_ITEM: Mapping[str, int] = {"datto_bcdr": 10}
"""An appliance is dealt out for ten machines, so ten times as many machines give as many items."""


@dataclass(frozen=True, slots=True)
class ServedModule:
    """One running account: its connection's name, its kind, and what the connection is made of."""

    name: str
    kind: str
    settings: Mapping[str, str]
    secret: Mapping[str, str]


def _dealt(kind: str) -> list[tuple[int, int]]:
    if kind in ONE_CUSTOMER:
        return [(1, ITEMS)]
    each = ITEMS // ORGANIZATIONS * MACHINES_AN_ITEM.get(kind, 1)
    return [(number, each) for number in range(1, ORGANIZATIONS + 1)]


def _serve_all(pipe: Connection) -> None:
    from trueup_simulators import datto_rmm, modules

    with ExitStack() as stack:
        answering = []
        for kind in modules.KINDS:
            running = stack.enter_context(modules.start(kind, scenario=modules.Setup(dealt=_dealt(kind))))
            answering.append((kind, kind, running.url, dict(running.credentials)))
        for name in ("datto_rmm", "datto_rmm_second"):
            rmm = stack.enter_context(datto_rmm.start(datto_rmm.large_scenario(ORGANIZATIONS, ITEMS)))
            answering.append((name, "datto_rmm", rmm.url, dict(rmm.credentials)))
        pipe.send(answering)
        pipe.recv()


def _served(name: str, kind: str, url: str, given: Mapping[str, str]) -> ServedModule:
    file = load_catalogue(kind)
    settings = {key: given[key] for key in getattr(file, "settings", {}) if key in given}
    return ServedModule(name, kind, {**settings, "base_url": url}, {key: given[key] for key in file.secret})


@contextmanager
def every_module() -> Iterator[tuple[ServedModule, ...]]:
    """Every module that is read over REST, Datto RMM connected twice: 30 connections."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve_all, args=(theirs,), daemon=True)
    process.start()
    theirs.close()  # so that a child that dies at once is noticed
    try:
        yield tuple(_served(*entry) for entry in ours.recv())
    finally:
        with suppress(OSError):
            ours.send("stop")
        process.join(timeout=20)
        if process.is_alive():
            process.kill()
