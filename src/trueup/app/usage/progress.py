"""How far a collection has come: counted while it runs, and written down so that a page can ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import anyio

from trueup.app.workspace import Workspace
from trueup.modules.catalogue_files import known_modules, load_catalogue
from trueup.modules.port import Progress
from trueup.store.connections import Connection

EVERY = 1.0
"""Seconds between two notes."""


@dataclass(slots=True)
class Counted:
    """Rows read so far, by stream; `listing` are the streams that list organizations, `counting` those with items."""

    listing: frozenset[str]
    counting: frozenset[str]
    rows: dict[str, int] = field(default_factory=dict)
    stream: str | None = None

    @property
    def organizations(self) -> int:
        """Organizations so far."""
        return sum(rows for stream, rows in self.rows.items() if stream in self.listing)

    @property
    def items(self) -> int:
        """Items so far."""
        return sum(rows for stream, rows in self.rows.items() if stream in self.counting)

    def told(self, also: Progress | None) -> Progress:
        """A progress that counts here and tells another one too."""

        def report(stream: str, done: int, total: int | None) -> None:
            self.stream, self.rows[stream] = stream, done
            if also is not None:
                also(stream, done, total)

        return report


def counted_for(connection: Connection) -> Counted:
    """Nothing read yet, of a connection's kind."""
    file = load_catalogue(connection.kind) if connection.kind in known_modules() else None
    if file is None or file.source == "file":
        return Counted(frozenset(), frozenset())
    listing = {file.organizations.stream, *file.organizations.also}
    return Counted(frozenset(listing), frozenset(name for name, stream in file.streams.items() if stream.item))


async def _note(ws: Workspace, name: str, counted: Counted) -> None:
    before = (None, 0, 0)
    while True:
        await asyncio.sleep(EVERY)
        now = (counted.stream, counted.organizations, counted.items)
        if now != before:
            await ws.step(ws.store.collecting.note, name, *now, now=ws.now())
            before = now  # type: ignore[assignment]


@asynccontextmanager
async def noted(ws: Workspace, name: str, run: str, counted: Counted) -> AsyncIterator[None]:
    """Write down that a collection runs, how far it has come now and then, and that it ended, however it ended."""
    await ws.step(ws.store.collecting.begin, name, run, now=ws.now())
    noting = asyncio.create_task(_note(ws, name, counted))
    try:
        yield
    finally:
        noting.cancel()
        with suppress(asyncio.CancelledError):
            await noting
        with anyio.CancelScope(shield=True):
            await ws.step(ws.store.collecting.end, name, counted.organizations, counted.items, now=ws.now())
