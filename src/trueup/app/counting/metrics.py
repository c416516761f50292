"""Metrics: what is counted, and what a person defines over billing types or over the attributes of items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trueup.app.counting.item_metrics import (
    check_kind,
    collection_again,
    counted_again,
    newest_delivery,
    stream_of,
    wrong,
)
from trueup.app.counting.trying import TriedExpression, try_expression
from trueup.app.counting.vocabulary import ItemStream, Vocabulary, names_of, vocabulary
from trueup.app.errors import refused
from trueup.app.workspace import Workspace
from trueup.core.expression import Expression, ExpressionError, parse
from trueup.core.expression.functions import FUNCTIONS
from trueup.core.expression.tree import Name
from trueup.core.reason import Reason
from trueup.core.usage import BillingType, Coverage, MetricKind
from trueup.store.metrics import DefinedMetric
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class TypeListed:
    """A billing type with its total over all organizations on the newest delivered day; None before a delivery.
    `coverage` is the weakest of the readings behind the total."""

    type: BillingType
    total: Decimal | None
    coverage: Coverage
    day: date | None


@dataclass(frozen=True, slots=True)
class MetricListed:
    """A metric of one's own. `over_items` says which sort it is; `used_by` names the metrics that use it."""

    metric: DefinedMetric
    over_items: bool
    used_by: tuple[str, ...]
    total: Decimal | None
    day: date | None


@dataclass(frozen=True, slots=True)
class MetricsListed:
    """Everything that a quantity may be made of."""

    types: tuple[TypeListed, ...]
    metrics: tuple[MetricListed, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """A metric over items that was counted at once on a connection's newest day."""

    connection: str
    day: date
    total: Decimal


@dataclass(frozen=True, slots=True)
class Defined:
    """A metric that was saved. `counted` is empty for one over billing types, and where nothing was delivered yet:
    it is counted from the next collection on."""

    metric: DefinedMetric
    over_items: bool
    counted: tuple[Counted, ...] = ()


def _newest(store: TenantStore) -> Mapping[str, tuple[Decimal, Coverage, date]]:
    """Total, coverage and day of each metric on its connections' newest days."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    coverages: dict[str, set[Coverage]] = defaultdict(set)
    days: dict[str, date] = {}
    for connection in store.connections.list("module"):
        day = store.connections.state(connection.name).delivered_day
        if day is None:
            continue
        for reading in store.usage.readings(day, day, connections=[connection.name]):
            totals[reading.metric] += reading.value
            coverages[reading.metric].add(reading.coverage)
            days[reading.metric] = max(day, days.get(reading.metric, day))
    order = (Coverage.UNKNOWN, Coverage.PARTIAL, Coverage.MEASURED)
    return {
        metric: (total, next(one for one in order if one in coverages[metric]), days[metric])
        for metric, total in totals.items()
    }


def _listing(ws: Workspace) -> MetricsListed:
    with ws.store.reading():
        known = vocabulary(ws)
        newest = _newest(ws.store)
    types = []
    for kind in known.types.values():
        total, coverage, day = newest.get(kind.key, (None, Coverage.UNKNOWN, None))
        types.append(TypeListed(kind, total, coverage, day))
    users: dict[str, list[str]] = defaultdict(list)
    for metric in known.metrics.values():
        for name in names_of(metric.expression):
            users[name].append(metric.key)
    metrics = []
    for metric in known.metrics.values():
        total, _, day = newest.get(metric.key, (None, Coverage.UNKNOWN, None))
        metrics.append(MetricListed(metric, metric.over_items, tuple(sorted(users[metric.key])), total, day))
    return MetricsListed(tuple(types), tuple(metrics))


async def listing(ws: Workspace) -> MetricsListed:
    """Billing types that were delivered or that a connected module promises, and metrics of one's own.

    A metric over billing types has no total of its own here; `test` gives its value by organization and customer.
    """
    return await ws.step(_listing, ws)


def _check_key(key: str, known: Vocabulary, *, replaces: bool) -> None:
    try:
        tree = parse(key).tree
    except ExpressionError:
        tree = None
    if not isinstance(tree, Name) or tree.name != key or "." in key or not key.isascii() or key in FUNCTIONS:
        raise wrong("metrics.key_form", key=key)
    if key in known.attributes:
        raise wrong("metrics.key_is_attribute", key=key)
    if key in known.metrics and not replaces:
        raise wrong("metrics.exists", key=key, expression=known.metrics[key].expression)


def _check_circle(key: str, expression: Expression, known: Vocabulary) -> None:
    def walk(name: str, path: tuple[str, ...]) -> None:
        if name == key:
            raise wrong("metrics.circle", key=key, path=" > ".join((*path, name)))
        metric = known.metrics.get(name)
        if metric is not None and not metric.over_items and name not in path:
            for inner in names_of(metric.expression):
                walk(inner, (*path, name))

    for name in expression.names:
        walk(name, (key,))


def _count(store: TenantStore, metric: DefinedMetric) -> tuple[Counted, ...]:
    found: list[Counted] = []
    for connection in store.connections.list("module"):
        delivery = newest_delivery(store, connection)
        if delivery is None or connection.kind != metric.module or metric.stream not in delivery.streams:
            continue
        collection = counted_again(collection_again(store, connection, delivery), metric)
        store.usage.record(collection, delivery.run_id, provisional=delivery.provisional)
        mine = (reading.value for reading in collection.readings if reading.metric == metric.key)
        found.append(Counted(connection.name, delivery.day, sum(mine, Decimal(0))))
    return tuple(found)


def _check_same_by(names: tuple[str, ...], stream: ItemStream | None) -> None:
    if names and stream is None:
        raise wrong("metrics.same_by_of_items", attributes=", ".join(names))
    unknown = [name for name in names if stream is not None and name not in stream.attributes]
    if unknown and stream is not None:
        raise wrong("metrics.same_by_unknown", attributes=", ".join(unknown), known=", ".join(stream.attributes))


def _refuse_changed(key: str, known: Vocabulary, expected: int | None) -> None:
    """Refuse a change of a definition that is no longer the newest (0: there was none); None asks nothing."""
    now = known.metrics.get(key)
    if expected is None or (now.version if now else 0) == expected:
        return
    raise refused(
        "metrics.changed_meanwhile",
        key=key,
        version=now.version if now else None,
        person=now.saved_by if now else None,
        expression=now.expression if now else None,
    )


def _define(
    ws: Workspace,
    key: str,
    text: str,
    kind: MetricKind,
    replaces: bool,
    wanted_stream: str | None,
    same_by: tuple[str, ...],
    expected: int | None,
) -> Defined:
    store = ws.store
    expression = parse(text)
    with store.writing():
        known = vocabulary(ws)
        _refuse_changed(key, known, expected)
        _check_key(key, known, replaces=replaces)
        _check_circle(key, expression, known)
        stream = stream_of(expression, known, wanted_stream)
        check_kind(expression, kind, stream, known)
        _check_same_by(same_by, stream)
        metric = store.metrics.save(
            key,
            text,
            kind,
            ws.actor,
            now=ws.now(),
            module=stream.module if stream else None,
            stream=stream.stream if stream else None,
            same_by=same_by,
        )
        counted = _count(store, metric) if stream is not None else ()
        detail = Reason.of("audit.metric_defined", key=key, expression=text, kind=kind.value, version=metric.version)
        store.audit.add(ws.actor, "metric.defined", detail, now=ws.now())
    return Defined(metric, stream is not None, counted)


async def define(
    ws: Workspace,
    key: str,
    expression: str,
    kind: MetricKind = MetricKind.LEVEL,
    *,
    replaces: bool = False,
    stream: str | None = None,
    same_by: tuple[str, ...] = (),
    expected: int | None = None,
) -> Defined:
    """Define a metric, or with `replaces` change one. The names decide its sort: billing types and other metrics make
    it a number worked out of them, attributes of items make it a count of the items that fit. One over items is counted
    for the newest delivered day at once. `same_by` names attributes: items that agree in all of them are the same thing
    (a person with two accounts), and a rule counts it once in its scope. An item that lacks one counts by itself.
    `expected` is the version that the person saw (0: none).

    Raises ExpressionError with the place of the fault; UseCaseError with exit code 2: `metrics.key_form`,
    `metrics.key_is_attribute`, `metrics.exists`, `metrics.circle`, `metrics.no_names`, `metrics.mixed`,
    `metrics.stream_needed` (then `stream` must name one), `metrics.kind_of_items`,
    `metrics.same_by_of_items`, `metrics.same_by_unknown`; with exit code 4 `metrics.changed_meanwhile`. Then
    nothing is saved.
    """
    names = tuple(dict.fromkeys(name.strip() for name in same_by))
    return await ws.step(_define, ws, key, expression, kind, replaces, stream, names, expected)


def _remove(ws: Workspace, key: str) -> None:
    store = ws.store
    with store.writing():
        users = [metric.key for metric in store.metrics.list() if key in names_of(metric.expression)]
        users += [rule.id for rule in store.rules.list() if key in names_of(rule.quantity)]
        users += [group.name for group in store.groups.list() if key in names_of(group.quantity)]
        if users:
            raise wrong("metrics.in_use", key=key, users=", ".join(users))
        store.metrics.remove(key, ws.actor, now=ws.now())
        store.audit.add(ws.actor, "metric.removed", Reason.of("audit.metric_removed", key=key), now=ws.now())


async def remove(ws: Workspace, key: str) -> None:
    """Take a metric out of use. Raises UseCaseError `metrics.in_use`, StoreError `store.unknown_metric`."""
    await ws.step(_remove, ws, key)


async def test(ws: Workspace, expression: str) -> TriedExpression:
    """Work an expression out on the newest day without saving it: over billing types or over item attributes.

    Raises ExpressionError with the place of the fault; UseCaseError `plan.no_usage`, `metrics.no_names`,
    `metrics.mixed`, `metrics.stream_needed`. Faults of single organizations (a division by zero) are in their values.
    """
    if not expression.strip():
        raise wrong("metrics.no_names")
    return await ws.step(try_expression, ws, expression)
