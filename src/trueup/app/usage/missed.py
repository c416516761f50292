"""Days that a connection missed: written down with the cause once it delivers again, and collected late where the
vendor still tells; where it does not, they are unknown for good (docs/decisions/0101-missed-days.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from trueup.app.late.corrections import REMEMBERED
from trueup.app.workspace import Workspace
from trueup.core.reason import Reason
from trueup.core.usage import Collection, Coverage, Failure
from trueup.modules.port import Module
from trueup.store.connections import Connection
from trueup.store.missed_days import COLLECTED, LOST, WAITING
from trueup.store.tenant_store import TenantStore

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of the missed days: collected late, unknown for good, or still to be asked for."""

    collected: tuple[date, ...] = ()
    lost: tuple[date, ...] = ()
    waiting: tuple[date, ...] = ()
    cause: Failure | None = None

    @property
    def notes(self) -> tuple[Reason, ...]:
        """What a collection says of them."""
        return (
            *_spoken("collect.days_recollected", self.collected),
            *_spoken("collect.days_lost", self.lost, self.cause),
            *_spoken("collect.days_waiting", self.waiting),
        )


def spans(days: Iterable[date]) -> tuple[tuple[date, date], ...]:
    """Days in a row as first and last."""
    ordered = sorted(days)
    breaks = [0, *(place for place, (a, b) in enumerate(pairwise(ordered), 1) if b != a + _DAY), len(ordered)]
    return tuple((ordered[a], ordered[b - 1]) for a, b in pairwise(breaks)) if ordered else ()


def _spoken(code: str, days: Sequence[date], cause: Failure | None = None) -> tuple[Reason, ...]:
    said = {} if cause is None else {"failure": cause.reason.code}
    return tuple(
        Reason.of(code, first=first, last=None if last == first else last, **said) for first, last in spans(days)
    )


def _causes(store: TenantStore, name: str, days: Sequence[date]) -> dict[date, Failure]:
    """The last failure of each day, or of the days before it: whoever was refused yesterday is refused for that."""
    attempts = store.usage.deliveries(name, days[0] - _DAY, days[-1] + _DAY, all_attempts=True)
    failed = {one.day: one.failure for one in attempts if one.coverage is Coverage.UNKNOWN and one.failure is not None}
    return {day: failed[day] for day in days if day in failed}


def note_missed(ws: Workspace, name: str, day: date) -> tuple[date, ...]:
    """Write down the days between the newest delivered one before `day` and it, and settle those that came meanwhile;
    gives those that still wait. One transaction."""
    store = ws.store
    with store.writing():
        delivered = set(store.usage.delivered_days(name))
        before = max((one for one in delivered if one < day), default=None)
        if before is not None:
            first = max(before + _DAY, day - REMEMBERED)
            days = [first + number * _DAY for number in range((day - first).days)]
            causes = _causes(store, name, days) if days else {}
            for one in days:
                store.missed.note(name, one, causes.get(one), now=ws.now())
        waiting = [one.day for one in store.missed.list(name, WAITING)]
        store.missed.settle(name, [one for one in waiting if one in delivered], COLLECTED, now=ws.now())
    return tuple(one for one in waiting if one not in delivered)


async def ask_again(ws: Workspace, module: Module, today: date, waiting: Sequence[date]) -> tuple[Collection, ...]:
    """The missed days that the vendor still tells, oldest first. It stops at the first one that fails, and the next
    collection goes on from there; such a failure is not written down, because it says nothing of the present."""
    reach = today - timedelta(days=module.history_days)
    found: list[Collection] = []
    for day in sorted(one for one in waiting if one >= reach):
        collection = await module.collect(day, ws.now())
        if collection.coverage is Coverage.UNKNOWN:
            break
        found.append(collection)
    return tuple(found)


def with_those_of_then(store: TenantStore, collection: Collection) -> Collection:
    """The collection of a past day with organizations that were there then and are not listed any more: the list is of
    now, and one listing must not count as several that lack them. What they used that day is unknown."""
    listed = {one.key for one in collection.organizations}
    then = tuple(
        one.organization
        for one in store.usage.organizations(collection.connection)
        if one.organization.key not in listed and one.since <= collection.day and one.gone_since is None
    )
    return replace(collection, organizations=(*collection.organizations, *then)) if then else collection


def settle_missed(
    ws: Workspace, connection: Connection, history_days: int, today: date, waiting: Sequence[date], got: Iterable[date]
) -> Recovered:
    """Write down what became of the days that waited. One transaction."""
    store = ws.store
    reach = today - timedelta(days=history_days)
    collected = sorted(set(got))
    lost = sorted(day for day in waiting if day < reach and day not in collected)
    rest = sorted(set(waiting) - {*collected, *lost})
    with store.writing():
        store.missed.settle(connection.name, collected, COLLECTED, now=ws.now())
        store.missed.settle(connection.name, lost, LOST, now=ws.now())
        known = {one.day: one.failure for one in store.missed.list(connection.name)}
    cause = next((known[day] for day in reversed(lost) if known.get(day) is not None), None)
    return Recovered(tuple(collected), tuple(lost), tuple(rest), cause)
