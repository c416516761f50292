"""What a fork server has done before it forks: every import, the catalogue file read, and each statement compiled.

A process of the product does all this when it starts, and it costs more than the work of a run. The copies still open
their own store over their own connections; only SQLAlchemy's compiled statements, and the dialect that they belong to,
come from before the fork.
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import anyio.to_thread
import sqlalchemy as sa
from tests.chaos.work import Job, work

from trueup.store import database


class Compiled:
    """Gives every engine of this process, and of those that are forked from it, the statements of the first one."""

    def __init__(self) -> None:
        self._made = database.engine_for
        self._first: sa.Engine | None = None

    def engine_for(self, path: Path, *, foreign_keys: bool = True, busy_milliseconds: int = 10_000) -> sa.Engine:
        engine = self._made(path, foreign_keys=foreign_keys, busy_milliseconds=busy_milliseconds)
        if self._first is None:
            self._first = engine
        else:
            engine.dialect = self._first.dialect
            engine._compiled_cache = self._first._compiled_cache
        return engine


async def _at_once(work: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
    """Without a thread: a process that has some must not be forked."""
    return work(*arguments)


def warm_up(modules: Iterable[str], jobs: Iterable[Job]) -> None:
    """Import what a job was seen to import, then do the jobs themselves, in this process."""
    for name in modules:
        with suppress(ImportError):
            import_module(name)
    database.engine_for = Compiled().engine_for
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
