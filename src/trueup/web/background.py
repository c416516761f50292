"""Work that goes on after its call was answered: a run that is under way, whose progress is on record.

The answer comes as soon as the run has its number, or with the refusal where it never began. A process that stops
cancels what it does; the journal says how far it came, and the next run takes it up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

_LOG: Final = logging.getLogger("trueup.web")

Started = Callable[[str], None]
Work = Callable[[Started], Coroutine[Any, Any, object]]


class Background:
    """The runs that one application has under way."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()

    async def begin(self, work: Work) -> str:
        """Begin a run; gives its id once it is on record. Raises what refused it before."""
        number: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def started(run: str) -> None:
            if not number.done():
                number.set_result(run)

        task = asyncio.create_task(work(started))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait((task, number), return_when=asyncio.FIRST_COMPLETED)
        if not number.done():
            await task
            msg = "a run ended that never said its number"
            raise RuntimeError(msg)
        task.add_done_callback(_say_how_it_ended)
        return number.result()

    async def stop(self) -> None:
        """Cancel what is under way, and wait until each run has written down how it ended."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))


def _say_how_it_ended(task: asyncio.Task[object]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _LOG.warning("a run ended early: %s", type(error).__name__)
