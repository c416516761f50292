"""Days that a connection missed: written down with the cause once it delivers again, and collected late where the
vendor still tells; where it does not, they are unknown for good (docs/decisions/0101-missed-days.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from trueup.app.access.blocking import push_block
from trueup.app.clock import usage_day
from trueup.app.late.corrections import REMEMBERED
from trueup.app.workspace import Workspace
from trueup.core.reason import Param, Reason
from trueup.core.spans import spans
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


def _spoken(code: str, days: Sequence[date], cause: Failure | None = None, **said: Param) -> tuple[Reason, ...]:
    if cause is not None:
        said["failure"] = cause.reason.code
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
    found: list[Collection] = []
    for day in sorted(one for one in waiting if module.tells(one, today)):
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
    ws: Workspace, connection: Connection, waiting: Iterable[date], still_told: Iterable[date], got: Iterable[date]
) -> Recovered:
    """Write down what became of the days that waited: those that came, and of the others those that the vendor does not
    tell any more. One transaction."""
    store = ws.store
    collected = sorted(set(got))
    rest = sorted(set(still_told) - set(collected))
    lost = sorted(set(waiting) - {*collected, *rest})
    with store.writing():
        store.missed.settle(connection.name, collected, COLLECTED, now=ws.now())
        store.missed.settle(connection.name, lost, LOST, now=ws.now())
        known = {one.day: one.failure for one in store.missed.list(connection.name)}
    cause = next((known[day] for day in reversed(lost) if known.get(day) is not None), None)
    return Recovered(tuple(collected), tuple(lost), tuple(rest), cause)


def came_through(ws: Workspace, name: str) -> None:
    """A call of a module that pushes is let in: what our own network rule refused until now is over. The days that the
    module could not push meanwhile are written down with that as their cause, but for those that are whole."""
    store = ws.store
    if not any(one.connection == name for one in store.refused_calls.open()):
        return
    with store.writing():
        refused = [one for one in store.refused_calls.open() if one.connection == name]
        delivered = store.usage.delivered_days(name)
        if refused and delivered:
            settings = store.settings.get()
            today = usage_day(ws.now(), settings)
            first = max(usage_day(min(one.first_at for one in refused), settings), delivered[0], today - REMEMBERED)
            whole = _whole_days(store, name, first, today)
            cause = push_block(max(refused, key=lambda one: one.last_at))
            for day in (first + number * _DAY for number in range((today - first).days)):
                if day not in whole:
                    store.missed.note(name, day, cause, now=ws.now())
        store.refused_calls.end(name, now=ws.now())


def settle_pushed(ws: Workspace, name: str) -> None:
    """Of the days that a module could not push: those that it has pushed whole since are collected, those that no plan
    can date any more are unknown for good. Inside a transaction."""
    store = ws.store
    missed = [one for one in store.missed.list(name) if one.state != COLLECTED]
    if not missed:
        return
    settings = store.settings.get()
    reach = usage_day(ws.now(), settings) - timedelta(days=settings.lookback_days)
    whole = _whole_days(store, name, missed[0].day, missed[-1].day)
    given_up = [one.day for one in missed if one.state == WAITING and one.day < reach and one.day not in whole]
    store.missed.settle(name, [one.day for one in missed if one.day in whole], COLLECTED, now=ws.now())
    store.missed.settle(name, given_up, LOST, now=ws.now())


def _whole_days(store: TenantStore, name: str, first: date, last: date) -> frozenset[date]:
    found = store.usage.deliveries(name, first, last)
    return frozenset(one.day for one in found if one.coverage is Coverage.MEASURED)


def missed_notes(store: TenantStore, first: date, last: date) -> dict[str, tuple[Reason, ...]]:
    """For a plan that dates changes on these days: what its lines say of the days that a connection missed, by name of
    the connection. Days that came meanwhile are no longer missed."""
    alike: dict[tuple[str, str, Failure | None], list[date]] = defaultdict(list)
    for one in store.missed.list():
        if first <= one.day <= last and one.state != COLLECTED:
            alike[one.connection, one.state, one.failure].append(one.day)
    found: dict[str, list[Reason]] = defaultdict(list)
    for (name, state, cause), days in alike.items():
        code = "note.days_lost" if state == LOST else "note.days_missing"
        found[name] += _spoken(code, days, cause, connection=name)
    return {name: tuple(notes) for name, notes in found.items()}
