"""The activity of a tenant: runs, line outcomes, sign-ins, changes of rules and releases, newest first, of any age."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from trueup.app.activity.named import NamedEntry, named
from trueup.app.workspace import Workspace
from trueup.store.story import StoryPlace, StoryQuestion

AT_ONCE: Final = 500
"""So many entries are read in one step of an export."""


async def activity(
    ws: Workspace, question: StoryQuestion, place: StoryPlace | None = None, limit: int = 50
) -> tuple[tuple[NamedEntry, ...], StoryPlace | None]:
    """The newest entries before a place, by name, and the place behind them; None where nothing older fits."""
    begin = place or StoryPlace()
    found = await ws.step(ws.store.story.before, begin, limit + 1, question)
    shown = await ws.step(named, ws.store, found[:limit])
    return shown, begin.behind(found[:limit]) if len(found) > limit else None


async def whole_activity(ws: Workspace, question: StoryQuestion) -> AsyncIterator[NamedEntry]:
    """Every entry that fits, newest first, read in steps."""
    place: StoryPlace | None = StoryPlace()
    while place is not None:
        found, place = await activity(ws, question, place, AT_ONCE)
        for one in found:
            yield one
