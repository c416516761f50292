"""One billing type or metric in full: what it means, its newest value by organization, and how it went day by day.

A day on which a source said nothing is a gap: it has no value, and nothing is drawn across it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from trueup.app.counting.names import names_using
from trueup.app.counting.trying import TriedExpression, try_expression
from trueup.app.counting.vocabulary import Vocabulary, vocabulary
from trueup.app.errors import failed
from trueup.app.paging import PageOf, page_of
from trueup.app.workspace import Workspace
from trueup.core.dates.timing import days_between
from trueup.core.usage import BillingType, Coverage
from trueup.store.metrics import DefinedMetric
from trueup.store.tenant_store import TenantStore

LOOKED_BACK: Final = 90
"""Days of history."""


@dataclass(frozen=True, slots=True)
class MetricDay:
    """The total of all organizations on one day; None where a source of it said nothing that day."""

    day: date
    value: Decimal | None
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class MetricValue:
    """The newest value of one organization, and whose it is."""

    connection: str
    organization: str
    customer_id: str | None
    customer_name: str | None
    value: Decimal
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class MetricDetail:
    """`type` for a billing type, `metric` for one of one's own with every `versions` of it, the newest first. `days` is
    empty for a metric over billing types, whose values are worked out anew (`tried`). `services` are fed by it."""

    key: str
    type: BillingType | None
    metric: DefinedMetric | None
    versions: tuple[DefinedMetric, ...]
    values: PageOf[MetricValue]
    days: tuple[MetricDay, ...]
    used_by: tuple[str, ...]
    tried: TriedExpression | None = None

    @property
    def newest(self) -> MetricDay | None:
        """The last day with a value."""
        return next((day for day in reversed(self.days) if day.value is not None), None)


def _days(store: TenantStore, key: str, last: date) -> tuple[MetricDay, ...]:
    first = last - timedelta(days=LOOKED_BACK - 1)
    spans = store.usage.readings(first, last, metrics=[key])
    sources = sorted({span.connection for span in spans})
    delivered: dict[str, frozenset[date]] = {
        name: frozenset(
            one.day for one in store.usage.deliveries(name, first, last) if one.coverage is not Coverage.UNKNOWN
        )
        for name in sources
    }
    began = min((span.first for span in spans), default=last)
    totals: dict[date, Decimal] = defaultdict(Decimal)
    weakest: dict[date, set[Coverage]] = defaultdict(set)
    for span in spans:
        until = span.last or last
        for day in delivered[span.connection]:
            if max(first, span.first) <= day <= until:
                totals[day] += span.value
                weakest[day].add(span.coverage)
    found: list[MetricDay] = []
    for day in days_between(max(first, began), last):
        whole = bool(sources) and all(day in delivered[name] for name in sources)
        if not whole or day not in totals:
            found.append(MetricDay(day, None, Coverage.UNKNOWN))
        else:
            partial = Coverage.PARTIAL in weakest[day]
            found.append(MetricDay(day, totals[day], Coverage.PARTIAL if partial else Coverage.MEASURED))
    return tuple(found)


def _values(store: TenantStore, key: str) -> list[MetricValue]:
    names = {(one.connection, one.organization.key): one.organization.name for one in store.usage.organizations()}
    customers = {customer.id: customer.name for customer in store.psa.customers(with_gone=True)}
    owners: Mapping[tuple[str, str], str | None] = {
        (one.connection, one.organization_key): one.customer_id for one in store.customers.mappings()
    }
    found: list[MetricValue] = []
    for connection in store.connections.list("module"):
        day = store.connections.state(connection.name).delivered_day
        if day is None:
            continue
        for span in store.usage.readings(day, day, metrics=[key], connections=[connection.name]):
            place = (connection.name, span.organization)
            owner = owners.get(place)
            name = customers.get(owner, owner) if owner is not None else None
            organization = names.get(place, span.organization)
            found.append(MetricValue(connection.name, organization, owner, name, span.value, span.coverage))
    return sorted(found, key=lambda one: (-one.value, one.organization.casefold()))


def _newest_day(store: TenantStore) -> date | None:
    states = [store.connections.state(one.name).delivered_day for one in store.connections.list("module")]
    return max((day for day in states if day is not None), default=None)


def _detail(ws: Workspace, key: str, page: int) -> MetricDetail:
    store = ws.store
    with store.reading():
        known: Vocabulary = vocabulary(ws)
        kind, metric = known.types.get(key), known.metrics.get(key)
        if kind is None and metric is None:
            raise failed("metrics.unknown_name", key=key)
        versions = tuple(reversed(store.metrics.history(key))) if metric is not None else ()
        last = _newest_day(store)
        worked_out = metric is not None and not metric.over_items
        days = _days(store, key, last) if last is not None and not worked_out else ()
        values = [] if worked_out else _values(store, key)
        used_by = names_using(store, key)
    tried = try_expression(ws, metric.expression) if worked_out and metric is not None and last is not None else None
    return MetricDetail(key, kind, metric, versions, page_of(values, page), days, used_by, tried)


async def metric(ws: Workspace, key: str, page: int = 1) -> MetricDetail:
    """One billing type or metric. Raises UseCaseError `metrics.unknown_name`."""
    return await ws.step(_detail, ws, key, page)
