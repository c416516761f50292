"""Modules as tiles: how each stands, and its last thirty usage days with gaps as gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from trueup.app.access.blocking import BlockedSource, blocked_sources
from trueup.app.clock import usage_day
from trueup.app.connections.kinds import kind_named
from trueup.app.schedule.states import ModuleState, module_states
from trueup.app.schedule.timetable import Scheduled, timetable
from trueup.app.workspace import Workspace
from trueup.core.usage import Coverage
from trueup.store.deliveries import Delivery

DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Day:
    """One usage day. Without a delivery it is a gap: unknown, never zero."""

    day: date
    coverage: Coverage | None
    observed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tile:
    """One module. `blocked` says what a network rule refused; `attempts` are all collections of the days, newest
    first."""

    state: ModuleState
    label: str
    days: tuple[Day, ...]
    attempts: tuple[Delivery, ...]
    schedule: Scheduled | None
    blocked: BlockedSource | None

    @property
    def measured(self) -> int:
        """So many of the days are measured."""
        return sum(1 for one in self.days if one.coverage is Coverage.MEASURED)

    @property
    def busy(self) -> bool:
        """Whether a collection runs, or was asked for and has not begun."""
        return self.state.progress is not None or self.state.asked_at is not None


def _attempts(ws: Workspace, names: tuple[str, ...]) -> tuple[date, Mapping[str, tuple[Delivery, ...]]]:
    with ws.store.reading():
        today = usage_day(ws.now(), ws.store.settings.get())
        first = today - timedelta(days=DAYS - 1)
        usage = ws.store.usage
        found = {name: usage.deliveries(name, first, today + timedelta(days=1), all_attempts=True) for name in names}
    return today, found


def _days(today: date, attempts: tuple[Delivery, ...]) -> tuple[Day, ...]:
    current = {one.day: one for one in attempts if one.state == "current"}
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return tuple(
        Day(day, one.coverage, one.observed_at) if (one := current.get(day)) is not None else Day(day, None)
        for day in days
    )


async def tiles(ws: Workspace) -> tuple[Tile, ...]:
    """Every connected module, by name."""
    states = await module_states(ws)
    scheduled = {one.connection: one for one in await timetable(ws)}
    blocked = {one.connection: one for one in await blocked_sources(ws)}
    today, attempts = await ws.step(_attempts, ws, tuple(one.connection for one in states))
    found: list[Tile] = []
    for one in states:
        kind = kind_named(one.kind)
        mine = attempts[one.connection]
        newest = tuple(sorted(mine, key=lambda delivery: (delivery.day, delivery.attempt), reverse=True))
        label = kind.label if kind else one.kind
        name = one.connection
        found.append(Tile(one, label, _days(today, mine), newest, scheduled.get(name), blocked.get(name)))
    return tuple(found)
