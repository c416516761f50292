"""Two sorts of metric told apart by their names, and a delivered day counted once more."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from trueup.app.counting.vocabulary import ItemStream, Vocabulary
from trueup.app.errors import Exit, UseCaseError
from trueup.app.usage.collecting import counted_by
from trueup.core.expression import Expression, ExpressionError, Kind
from trueup.core.reason import Param, Reason
from trueup.core.usage import Collection, Coverage, Inventory, MetricKind
from trueup.store.connections import Connection
from trueup.store.deliveries import Delivery
from trueup.store.metrics import DefinedMetric
from trueup.store.tenant_store import TenantStore


def wrong(code: str, **params: Param) -> UseCaseError:
    """A definition that cannot be taken, with exit code 2."""
    return UseCaseError(Reason.of(code, **params), Exit.USAGE)


def stream_of(expression: Expression, known: Vocabulary, wanted: str | None = None) -> ItemStream | None:
    """The stream whose items an expression speaks of; None for one over billing types.

    Raises ExpressionError for a name that is neither, UseCaseError `metrics.no_names`, `metrics.mixed`,
    `metrics.stream_needed`.
    """
    numbers, attributes = known.numbers, known.attributes
    if not expression.names:
        raise wrong("metrics.no_names")
    of_items = [name for name in expression.names if name in attributes and name not in numbers]
    unknown = [name for name in expression.names if name not in attributes and name not in numbers]
    if unknown or not of_items:
        expression.check(numbers if not of_items else {**attributes, **numbers}, None)
        return None
    of_types = [name for name in expression.names if name in numbers]
    if of_types:
        raise wrong("metrics.mixed", attributes=", ".join(of_items), metrics=", ".join(of_types))
    fitting = [
        one for one in known.streams_with(of_items) if wanted in (None, one.stream, f"{one.module}.{one.stream}")
    ]
    if len(fitting) != 1:
        choices = ", ".join(f"{one.module}.{one.stream}" for one in fitting or known.streams)
        raise wrong("metrics.stream_needed", attributes=", ".join(of_items), choices=choices)
    return fitting[0]


def check_kind(expression: Expression, kind: MetricKind, stream: ItemStream | None, known: Vocabulary) -> None:
    """Refuse an expression that does not give what its sort and kind need.

    Raises ExpressionError, UseCaseError `metrics.kind_of_items`.
    """
    if stream is not None:
        expression.check(stream.attributes, Kind.TRUTH)
        if kind is not MetricKind.LEVEL:
            raise wrong("metrics.kind_of_items", kind=kind.value)
        return
    try:
        expression.check(known.numbers, Kind.NUMBER)
    except ExpressionError:
        if kind is not MetricKind.FLAG:
            raise
        expression.check(known.numbers, Kind.TRUTH)


def collection_again(store: TenantStore, connection: Connection, delivery: Delivery) -> Collection:
    """A delivered day as it was recorded: what the module said, ready to be counted once more."""
    day = delivery.day
    partial: dict[str, set[str]] = defaultdict(set)
    for stream, organization in delivery.partial:
        partial[stream].add(organization)
    attributes = store.usage.streams(connection.name)
    listed = store.usage.organizations(connection.name)
    return Collection(
        connection=connection.name,
        module=connection.kind,
        day=day,
        observed_at=delivery.observed_at,
        coverage=delivery.coverage,
        billing_types=store.usage.billing_types(connection.name),
        organizations=tuple(one.organization for one in listed if one.since <= day <= one.last_seen),
        inventories=tuple(
            Inventory(
                stream,
                attributes[stream],
                store.usage.items_of_attempt(day, connection.name, stream, delivery.attempt),
                frozenset(partial[stream]),
            )
            for stream in delivery.streams
        ),
        readings=store.usage.readings_of_attempt(day, connection.name, delivery.attempt),
        failure=delivery.failure,
        notes=delivery.notes,
        calls=delivery.calls,
        definition=delivery.definition,
    )


def newest_delivery(store: TenantStore, connection: Connection) -> Delivery | None:
    """The delivery of a connection that counts for its newest day."""
    day = store.connections.state(connection.name).delivered_day
    found = store.usage.deliveries(connection.name, day, day) if day is not None else ()
    return found[0] if found and found[0].coverage is not Coverage.UNKNOWN else None


def counted_again(collection: Collection, metric: DefinedMetric) -> Collection:
    """The collection with this metric counted over its stream; what it held of the metric before is left out.

    Raises ExpressionError for a condition that cannot be worked out on some item.
    """
    kept = tuple(reading for reading in collection.readings if reading.metric != metric.key)
    streams = (one for one in collection.inventories if one.stream == metric.stream)
    counted = (reading for inventory in streams for reading in counted_by(metric, collection, inventory))
    return replace(collection, readings=(*kept, *counted))
