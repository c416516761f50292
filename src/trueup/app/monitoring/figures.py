"""Figures of one tenant for a monitoring system: how fresh each module is, what waits, what is unsettled.

Cheap enough to be asked every few seconds: no plan is loaded and nobody is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from trueup.app.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Gauge:
    """One value now. `name` is without prefix; seconds and counts are whole."""

    name: str
    value: int
    labels: Mapping[str, str]


def _seconds(ws: Workspace, moment: datetime) -> int:
    return int((ws.now() - moment).total_seconds())


def _modules(ws: Workspace) -> Iterator[Gauge]:
    for connection in ws.store.connections.list("module"):
        labels = {"connection": connection.name, "kind": connection.kind}
        state = ws.store.connections.state(connection.name)
        if state.delivered_at is not None:
            yield Gauge("module_age_seconds", _seconds(ws, state.delivered_at), labels)
        category = {} if state.failure is None else {"category": state.failure.category.value}
        yield Gauge("module_failing", int(state.failure is not None), {**labels, **category})


def _gauges(ws: Workspace) -> tuple[Gauge, ...]:
    store = ws.store
    with store.reading():
        found = [*_modules(ws), Gauge("lines_held", store.plan_totals.waiting(), {})]
        found.append(Gauge("adjustments_unsettled", len(store.journal.open_intents()), {}))
        newest = store.plans.list(limit=1)
        if newest:
            found.append(Gauge("plan_age_seconds", _seconds(ws, newest[0].plan.created_at), {}))
        budget = store.psa.calls_left()
        if budget is not None:
            left, read_at = budget
            found.append(Gauge("psa_calls_left", left, {}))
            found.append(Gauge("psa_age_seconds", _seconds(ws, read_at), {}))
    return tuple(found)


async def gauges(ws: Workspace) -> tuple[Gauge, ...]:
    """The tenant's figures, in one moment of the database."""
    return await ws.step(_gauges, ws)
