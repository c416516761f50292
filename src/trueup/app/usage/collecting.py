"""Collect usage: each module for one usage day, items and readings together, failures written down as failures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Collection as Names
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import anyio

from trueup.app.clock import usage_day
from trueup.app.connections.connecting import is_delivered
from trueup.app.counting.countable import called
from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.suspension import must_be_active
from trueup.app.tracing import traced
from trueup.app.usage.lost_owners import with_lost_owners
from trueup.app.usage.missed import ask_again, note_missed, settle_missed, with_those_of_then
from trueup.app.usage.progress import Counted, counted_for, noted
from trueup.app.workspace import Workspace
from trueup.app.writes.leasing import kept, take_lease
from trueup.core.counting.item_counting import thing_of
from trueup.core.counting.item_filter import item_predicate, names_for_items
from trueup.core.expression import ExpressionError
from trueup.core.reason import Reason
from trueup.core.usage import Collection, Coverage, Failure, FailureCategory, Inventory, Reading
from trueup.modules.files.profile import is_file_source
from trueup.modules.port import Module
from trueup.store.connections import Connection
from trueup.store.errors import StoreError
from trueup.store.metrics import DefinedMetric
from trueup.store.usage_recording import Recorded

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class CollectResult:
    """What one connection delivered for a day. `recorded` is what that changed in the store; None where nothing was
    read, because another run collects the connection at this moment."""

    connection: str
    kind: str
    day: date
    coverage: Coverage
    organizations: int
    items: int
    calls: int
    failure: Failure | None
    notes: tuple[Reason, ...]
    recorded: Recorded | None


def counted_by(metric: DefinedMetric, collection: Collection, inventory: Inventory) -> Iterable[Reading]:
    """One reading an organization: how many of its items fit, those that are the same once. Raises ExpressionError for
    a condition that cannot be worked out on some item."""
    known_as = called(collection.module, inventory.stream)
    fits = item_predicate(metric.expression, inventory.attributes, known_as, collection.day)
    names = names_for_items(inventory.attributes, known_as)
    places = [names.index(name) for name in metric.same_by if name in names]
    once = len(places) == len(metric.same_by) > 0
    counts: dict[str, set[object]] = {organization.key: set() for organization in collection.organizations}
    for item in inventory.items:
        found = counts.setdefault(item.organization, set())
        if fits(item):
            place = (collection.connection, item.organization)
            found.add(thing_of(item, places, place) if once else item.key)
    for organization, found in counts.items():
        coverage = Coverage.PARTIAL if organization in inventory.partial else Coverage.MEASURED
        yield Reading(metric.key, organization, Decimal(len(found)), coverage)


def with_defined_metrics(collection: Collection, metrics: Iterable[DefinedMetric]) -> Collection:
    """The collection with readings of the metrics that a person defined over the items of one of its streams.

    An organization without items has a measured zero, as for every other metric. A metric that cannot be worked out
    has no reading that day, which is unknown and never zero, and a note says so.
    """
    added: list[Reading] = []
    notes: list[Reason] = []
    for metric in metrics:
        for inventory in collection.inventories:
            if (metric.module, metric.stream) != (collection.module, inventory.stream):
                continue
            try:
                added.extend(tuple(counted_by(metric, collection, inventory)))
            except ExpressionError as error:
                notes.append(Reason.of("collect.metric_failed", metric=metric.key, failure=error.code))
    readings, said = (*collection.readings, *added), (*collection.notes, *notes)
    return replace(collection, readings=readings, notes=said) if added or notes else collection


def record_collection(
    ws: Workspace, connection: Connection, collection: Collection, run: str, seen: frozenset[str] = frozenset()
) -> Recorded:
    """Write down what a connection delivered, as a step of a run; the same for what was pulled and what arrived."""
    store = ws.store
    with store.writing():
        recorded = store.usage.record(collection, run)
        store.connections.see_lookups(connection.name, seen)
        items = sum(len(inventory.items) for inventory in collection.inventories)
        numbers = {"organizations": len(collection.organizations), "items": items, "calls": collection.calls}
        state = "failed" if collection.coverage is Coverage.UNKNOWN else collection.coverage.value
        store.runs.step(run, f"collect {connection.name}", state, numbers, now=ws.now())
    return recorded


@dataclass(frozen=True, slots=True)
class _Work:
    """One run of collecting: its day, the metrics that people defined over items, and who is told."""

    ws: Workspace
    day: date
    metrics: tuple[DefinedMetric, ...]
    run: str
    progress: Progress | None
    results: dict[str, CollectResult] = field(default_factory=dict)


def lease_of(name: str) -> str:
    """Name of the lease under which a connection is collected."""
    return f"collect {name}"


async def _stored(
    work: _Work, connection: Connection, collection: Collection, seen: frozenset[str]
) -> tuple[Collection, Recorded]:
    """Write a collection down; gives it as it counts (owners that were lost make it partial, metrics are added)."""
    ws = work.ws
    collection = await ws.step(with_lost_owners, ws.store, collection)
    collection = await ws.step(with_defined_metrics, collection, work.metrics)
    return collection, await ws.step(record_collection, ws, connection, collection, work.run, seen)


async def _missed(work: _Work, connection: Connection, module: Module) -> tuple[Reason, ...]:
    """Collect missed days late where the vendor still tells them, and say what became of them."""
    ws = work.ws
    waiting = await ws.step(note_missed, ws, connection.name, work.day)
    if not waiting:
        return ()
    late = await ask_again(ws, module, work.day, waiting)
    for one in late:
        await _stored(work, connection, await ws.step(with_those_of_then, ws.store, one), module.lookups_seen)
    got = [one.day for one in late]
    told = [one for one in waiting if module.tells(one, work.day)]
    found = await ws.step(settle_missed, ws, connection, waiting, told, got)
    return found.notes


async def _read(work: _Work, connection: Connection, counted: Counted) -> CollectResult:
    ws = work.ws
    async with ws.module(connection.name) as module:
        with traced("collect", tenant=ws.store.tenant, connection=connection.name):
            read = await module.collect(work.day, ws.now(), counted.told(work.progress))
        collection, recorded = await _stored(work, connection, read, module.lookups_seen)
        notes = collection.notes
        if collection.coverage is not Coverage.UNKNOWN:
            notes = (*notes, *await _missed(work, connection, module))
    return CollectResult(
        connection.name,
        connection.kind,
        work.day,
        collection.coverage,
        len(collection.organizations),
        sum(len(inventory.items) for inventory in collection.inventories),
        collection.calls,
        collection.failure,
        notes,
        recorded,
    )


async def _not_read(work: _Work, connection: Connection, reason: Reason) -> CollectResult:
    """A connection that cannot even be asked: its failure is on record like any other."""
    failure = Failure(FailureCategory.PERMISSION, reason)
    day, now = work.day, work.ws.now()
    nothing = Collection(connection.name, connection.kind, day, now, Coverage.UNKNOWN, failure=failure)
    _, recorded = await _stored(work, connection, nothing, frozenset())
    return CollectResult(
        connection.name, connection.kind, day, Coverage.UNKNOWN, 0, 0, 0, failure, (), recorded
    )  # fmt: skip


def _running(work: _Work, connection: Connection) -> CollectResult:
    note = Reason.of("collect.running", connection=connection.name)
    return CollectResult(
        connection.name, connection.kind, work.day, Coverage.UNKNOWN, 0, 0, 0, None, (note,), None
    )  # fmt: skip


async def _collect_one(work: _Work, connection: Connection) -> None:
    ws = work.ws
    lease = await ws.step(take_lease, ws, lease_of(connection.name))
    if lease is None:
        work.results[connection.name] = _running(work, connection)
        return
    counted = counted_for(connection)
    async with kept(ws, lease), noted(ws, connection.name, work.run, counted):
        try:
            work.results[connection.name] = await _read(work, connection, counted)
        except UseCaseError as error:
            work.results[connection.name] = await _not_read(work, connection, error.reason)


def is_asked(connection: Connection) -> bool:
    """Whether a connection is pulled; usage of the others arrives as files or is pushed."""
    return not is_delivered(connection.kind) and not is_file_source(connection.settings)


def _asked(connections: Iterable[Connection], modules: Names[str] | None) -> tuple[Connection, ...]:
    found = tuple(one for one in connections if modules is None or one.name in modules)
    missing = set(modules or ()) - {one.name for one in found}
    if missing:
        raise UseCaseError(Reason.of("store.unknown_connection", connection=min(missing)), Exit.USAGE)
    if modules is not None:
        for one in found:
            if not is_asked(one):
                raise UseCaseError(Reason.of("collect.not_asked", connection=one.name), Exit.USAGE)
    return tuple(one for one in found if is_asked(one))


async def _all(work: _Work, asked: Iterable[Connection], at_once: int) -> None:
    """Collect all of them, so many at once; whatever goes wrong with one, the others are collected first."""
    free = anyio.CapacityLimiter(at_once)
    broken: list[Exception] = []

    async def one(connection: Connection) -> None:
        async with free:
            try:
                await _collect_one(work, connection)
            except Exception as error:  # noqa: BLE001 - raised below, when the others are done
                broken.append(error)

    async with anyio.create_task_group() as group:
        for connection in asked:
            group.start_soon(one, connection)
    if broken:
        raise broken[0]


async def collect(
    ws: Workspace,
    day: date | None = None,
    progress: Progress | None = None,
    modules: Names[str] | None = None,
    at_once: int = 1,
) -> tuple[CollectResult, ...]:
    """Collect every connected module (or the named ones) for the usage day that the present moment describes. Sources
    whose usage arrives as files are left alone.

    Modules that only know the present cannot be asked for another day: then `collect.past_day` is raised. One broken
    module does not stop the others; its failure is in its result and on record. Days that a module missed before are
    collected late where its vendor still tells them. One connection is never collected twice at a time: where another
    run is at it, the result says so. Raises UseCaseError `collect.no_module`, `collect.not_asked`,
    `store.unknown_connection`.
    """
    store = ws.store
    await ws.step(must_be_active, store)
    settings = await ws.step(store.settings.get)
    today = usage_day(ws.now(), settings)
    if day is not None and day != today:
        raise failed("collect.past_day", day=day, today=today)
    connections = await ws.step(store.connections.list, "module")
    if not connections:
        raise failed("collect.no_module")
    asked = _asked(connections, modules)
    metrics = tuple(metric for metric in await ws.step(store.metrics.list) if metric.over_items)
    run = await ws.step(store.runs.start, "collect", ws.actor, now=ws.now())
    work = _Work(ws, today, metrics, run, progress)
    told: tuple[Reason, ...] = ()
    try:
        await _all(work, asked, at_once)
    except StoreError as error:
        told = (error.reason,)
        raise
    finally:
        results = tuple(work.results[one.name] for one in asked if one.name in work.results)
        whole = len(results) == len(asked) and all(result.failure is None for result in results)
        with anyio.CancelScope(shield=True):
            await ws.step(store.runs.finish, run, "done" if whole else "failed", told, now=ws.now())
    return results
