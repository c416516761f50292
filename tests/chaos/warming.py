"""What a fork server has done before it forks: every import, the catalogue file read, and each statement compiled.

A process of the product does all this when it starts, and it costs more than the work of a run. The copies still open
their own store over their own connections; only SQLAlchemy's compiled statements, which a process shares among all its
databases, come from before the fork.
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from typing import Any

import anyio.to_thread
from tests.chaos.work import Job, work


async def _at_once(work: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
    """Without a thread: a process that has some must not be forked."""
    return work(*arguments)


def warm_up(modules: Iterable[str], jobs: Iterable[Job]) -> None:
    """Import what a job was seen to import, then do the jobs themselves, in this process."""
    for name in modules:
        with suppress(ImportError):
            import_module(name)
    threads = anyio.to_thread.run_sync
    anyio.to_thread.run_sync = _at_once
    try:
        for job in jobs:
            work(job)
    finally:
        anyio.to_thread.run_sync = threads
        signal.alarm(0)
    gc.collect()
    gc.freeze()
