"""Ending in good order when the system says so: no new round begins, those that run get their time."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import Final

from trueup.app.jobs.port import PATIENCE, Jobs

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


async def until_told(jobs: Jobs) -> None:
    """Run until Ctrl-C or SIGTERM. A round that does not end within `PATIENCE` seconds is cut off: the journal and the
    leases say where it was, and the next worker goes on from there. Main thread only."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    before = {number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(told.set)) for number in SIGNALS}
    running = asyncio.create_task(jobs.run())
    waiting = asyncio.create_task(told.wait())
    try:
        await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        jobs.stop()
        with suppress(TimeoutError):
            await asyncio.wait_for(running, 2 * PATIENCE)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
