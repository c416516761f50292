"""Collect usage: each module for one usage day, items and readings together, failures written down as failures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from trueup.app.clock import usage_day
from trueup.app.connections.connecting import is_delivered
from trueup.app.counting.countable import called
from trueup.app.errors import failed
from trueup.app.usage.lost_owners import with_lost_owners
from trueup.app.workspace import Workspace
from trueup.core.counting.item_counting import thing_of
from trueup.core.counting.item_filter import item_predicate, names_for_items
from trueup.core.expression import ExpressionError
from trueup.core.reason import Reason
from trueup.core.usage import Collection, Coverage, Failure, Inventory, Reading
from trueup.modules.files.profile import is_file_source
from trueup.store.connections import Connection
from trueup.store.metrics import DefinedMetric
from trueup.store.usage import Recorded

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class CollectResult:
    """What one connection delivered for a day. `recorded` is what that changed in the store."""

    connection: str
    kind: str
    day: date
    coverage: Coverage
    organizations: int
    items: int
    calls: int
    failure: Failure | None
    notes: tuple[Reason, ...]
    recorded: Recorded


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


async def _collect_one(
    ws: Workspace,
    connection: Connection,
    day: date,
    metrics: tuple[DefinedMetric, ...],
    run: str,
    progress: Progress | None,
) -> CollectResult:
    async with ws.module(connection.name) as module:
        collection = await module.collect(day, ws.now(), progress)
        seen = module.lookups_seen
    collection = await ws.step(with_lost_owners, ws.store, collection)
    collection = await ws.step(with_defined_metrics, collection, metrics)
    recorded = await ws.step(record_collection, ws, connection, collection, run, seen)
    return CollectResult(
        connection.name,
        connection.kind,
        day,
        collection.coverage,
        len(collection.organizations),
        sum(len(inventory.items) for inventory in collection.inventories),
        collection.calls,
        collection.failure,
        collection.notes,
        recorded,
    )


async def collect(
    ws: Workspace, day: date | None = None, progress: Progress | None = None
) -> tuple[CollectResult, ...]:
    """Collect every connected module for the usage day that the present moment describes. Sources whose usage arrives
    as files are left alone.

    Modules that only know the present cannot be asked for another day: then `collect.past_day` is raised. One broken
    module does not stop the others; its failure is in its result and on record. Raises UseCaseError
    `collect.no_module`.
    """
    store = ws.store
    settings = await ws.step(store.settings.get)
    today = usage_day(ws.now(), settings)
    if day is not None and day != today:
        raise failed("collect.past_day", day=day, today=today)
    connections = await ws.step(store.connections.list, "module")
    if not connections:
        raise failed("collect.no_module")
    metrics = tuple(metric for metric in await ws.step(store.metrics.list) if metric.over_items)
    run = await ws.step(store.runs.start, "collect", ws.actor, now=ws.now())
    asked = [one for one in connections if not is_delivered(one.kind) and not is_file_source(one.settings)]
    results = [await _collect_one(ws, connection, today, metrics, run, progress) for connection in asked]
    status = "done" if all(result.failure is None for result in results) else "failed"
    await ws.step(store.runs.finish, run, status, (), now=ws.now())
    return tuple(results)
