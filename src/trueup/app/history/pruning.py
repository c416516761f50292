"""Let go what is older than its kind is kept: each night, or when somebody asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from trueup.app.clock import usage_day
from trueup.app.workspace import Workspace
from trueup.core.reason import Reason
from trueup.core.retention import Kept, oldest_kept


@dataclass(frozen=True, slots=True)
class Pruned:
    """One kind: how many months it is kept (None: for good), the first day that is kept, and how many records went, or
    would go."""

    kind: Kept
    months: int | None
    oldest: date | None
    records: int = 0


def _kinds(ws: Workspace) -> Iterable[tuple[Kept, int | None, date | None]]:
    settings = ws.store.settings.get()
    today = usage_day(ws.now(), settings)
    for kind in Kept:
        months = settings.retention.months(kind)
        yield kind, months, None if months is None else oldest_kept(months, today)


def _look(ws: Workspace) -> tuple[Pruned, ...]:
    count = ws.store.pruning.count
    with ws.store.reading():
        return tuple(
            Pruned(kind, months, oldest, 0 if oldest is None else count(kind, oldest))
            for kind, months, oldest in _kinds(ws)
        )


def _prune(ws: Workspace) -> tuple[Pruned, ...]:
    store = ws.store
    with store.writing():
        found = tuple(
            Pruned(kind, months, oldest, 0 if oldest is None else store.pruning.delete(kind, oldest))
            for kind, months, oldest in _kinds(ws)
        )
        gone = [f"{one.kind.value} {one.records}" for one in found if one.records]
        if gone:
            detail = Reason.of("audit.pruned", kinds=", ".join(gone))
            store.audit.add(ws.actor, "history.pruned", detail, now=ws.now())
    return found


async def would_go(ws: Workspace) -> tuple[Pruned, ...]:
    """How long each kind is kept, and how many records are older."""
    return await ws.step(_look, ws)


async def prune(ws: Workspace) -> tuple[Pruned, ...]:
    """Delete what is older than its kind is kept, all kinds in one transaction; the audit trail says how many."""
    return await ws.step(_prune, ws)
