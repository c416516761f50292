"""The names that a check may use, each with its meaning: what an editor completes, and the lists to choose from."""

from __future__ import annotations

from trueup.app.checks.lists import list_name, texts_named
from trueup.app.counting.names import UsableName, item_names, quantity_names
from trueup.app.counting.vocabulary import vocabulary
from trueup.app.workspace import Workspace


def _lists(ws: Workspace) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with ws.store.reading():
        known = vocabulary(ws)
    return tuple(map(list_name, known.streams)), texts_named(known)


async def check_names(ws: Workspace) -> tuple[tuple[str, ...], tuple[UsableName, ...]]:
    """The lists of items that may be judged, and every name: counts, attributes, lists behind `in`, functions."""
    lists, texts = await ws.step(_lists, ws)
    found = (*await quantity_names(ws), *await item_names(ws), *(UsableName(name, "list", name) for name in texts))
    return lists, tuple({one.name: one for one in found}.values())
