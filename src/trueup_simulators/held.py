"""Calls that a fault holds up: for so long, or until whoever ordered the fault takes all faults back."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class HeldCalls:
    """The calls of one simulator that wait; all of it in the thread that serves."""

    def __init__(self) -> None:
        self._over = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Hold a call up."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), seconds)

    def let_go(self) -> None:
        """Every call that waits now goes on."""
        self._over.set()
        self._over = asyncio.Event()
