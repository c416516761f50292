"""Collect usage: each module for one usage day, items and readings together, failures written down as failures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from trueup.app.clock import usage_day
from trueup.app.connecting import LOOKUPS_SEEN
from trueup.app.errors import failed
from trueup.app.workspace import Workspace
from trueup.core.defined_metric import is_over_items
from trueup.core.expression import ExpressionError, compile_predicate, parse
from trueup.core.reason import Reason
from trueup.core.usage import Collection, Coverage, Failure, Inventory, Reading
from trueup.store.connections import Connection
from trueup.store.metrics import DefinedMetric
from trueup.store.tenant_store import TenantStore
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


def _of_stream(metric: DefinedMetric, inventory: Inventory) -> Iterable[Reading]:
    try:
        predicate = compile_predicate(parse(metric.expression), inventory.attributes)
    except ExpressionError:  # an attribute that this stream does not keep: the metric is not about it
        return
    counts: dict[str, int] = defaultdict(int)
    for item in inventory.items:
        counts[item.organization] += predicate(item.attributes)
    for organization, count in counts.items():
        coverage = Coverage.PARTIAL if organization in inventory.partial else Coverage.MEASURED
        yield Reading(metric.key, organization, Decimal(count), coverage)


def with_defined_metrics(collection: Collection, metrics: Iterable[DefinedMetric]) -> Collection:
    """The collection with readings of the metrics that a person defined over item attributes.

    An organization without items has a measured zero, as for every other metric.
    """
    added: list[Reading] = []
    for metric in metrics:
        for inventory in collection.inventories:
            found = {reading.organization: reading for reading in _of_stream(metric, inventory)}
            if not found and not _keeps(metric, inventory):
                continue
            for organization in collection.organizations:
                missing = Coverage.PARTIAL if organization.key in inventory.partial else Coverage.MEASURED
                added.append(found.get(organization.key) or Reading(metric.key, organization.key, Decimal(0), missing))
    return replace(collection, readings=(*collection.readings, *added)) if added else collection


def _keeps(metric: DefinedMetric, inventory: Inventory) -> bool:
    return set(parse(metric.expression).names) <= set(inventory.attributes)


def _metrics_over_items(store: TenantStore) -> tuple[DefinedMetric, ...]:
    defined = store.metrics.list()
    names = {metric.key for metric in defined} | {kind.key for kind in store.usage.billing_types()}
    return tuple(metric for metric in defined if is_over_items(parse(metric.expression), names))


def _remember_lookups(store: TenantStore, connection: Connection, seen: frozenset[str], ws: Workspace) -> None:
    """Streams that were found through a look-up must not vanish in silence later (an exclusion filter, for example)."""
    if seen:
        settings = {**connection.settings, LOOKUPS_SEEN: ",".join(sorted(seen))}
        if settings != connection.settings:
            store.connections.update(connection.name, settings, now=ws.now())


def _record(ws: Workspace, connection: Connection, collection: Collection, run: str, seen: frozenset[str]) -> Recorded:
    store = ws.store
    with store.writing():
        recorded = store.usage.record(collection, run)
        _remember_lookups(store, connection, seen, ws)
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
        seen = frozenset(getattr(module, "lookups_seen", frozenset()))
    collection = await ws.step(with_defined_metrics, collection, metrics)
    recorded = await ws.step(_record, ws, connection, collection, run, seen)
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
    """Collect every connected module for the usage day that the present moment describes.

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
    metrics = await ws.step(_metrics_over_items, store)
    run = await ws.step(store.runs.start, "collect", ws.actor, now=ws.now())
    results = [await _collect_one(ws, connection, today, metrics, run, progress) for connection in connections]
    status = "done" if all(result.failure is None for result in results) else "failed"
    await ws.step(store.runs.finish, run, status, (), now=ws.now())
    return tuple(results)
