"""Try an expression before it is saved: its value for each organization and customer on the newest day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from trueup.app.connections.known_psa import PsaNames
from trueup.app.counting.item_metrics import check_kind, collection_again, counted_again, newest_delivery, stream_of
from trueup.app.counting.vocabulary import ItemStream, vocabulary
from trueup.app.plans.assembling import PlanDays, UsageSide
from trueup.app.plans.planning import newest_day, usage_side
from trueup.app.usage.newest_usage import newest_usage
from trueup.app.workspace import Workspace
from trueup.core.counting.item_counting import CountedItems
from trueup.core.counting.reading_series import ReadingSpan, series_of
from trueup.core.counting.scope import OrganizationKey, ScopeReader, UsageHistory
from trueup.core.expression import Expression, ExpressionError, parse
from trueup.core.reason import Reason
from trueup.core.rule import Scope
from trueup.core.usage import Coverage, DayUsage, MetricKind
from trueup.store.metrics import DefinedMetric

_TRIED: Final = "tried_expression"
"""The name under which items that fit an expression are counted while it is tried."""


@dataclass(frozen=True, slots=True)
class TriedValue:
    """Value of an expression for one organization (`connection` and `key`) or one customer (`key` alone). `value` is
    None where it could not be worked out; `problem` then says why. `metrics` are the numbers that went in."""

    connection: str | None
    key: str
    name: str
    customer_id: str | None
    value: Decimal | None
    coverage: Coverage
    metrics: tuple[tuple[str, Decimal], ...]
    problem: Reason | None = None


@dataclass(frozen=True, slots=True)
class TriedExpression:
    """An expression tried on one day. `customers` are worked out from the sums of their organizations, which for an
    expression such as `max(a, b)` is not the sum of its values (docs/decisions/0005-sum-before-expression.md)."""

    expression: str
    over_items: bool
    day: date
    organizations: tuple[TriedValue, ...]
    customers: tuple[TriedValue, ...]


def _item_spans(ws: Workspace, text: str, stream: ItemStream, day: date) -> tuple[ReadingSpan, ...]:
    store = ws.store
    metric = DefinedMetric(_TRIED, text, MetricKind.LEVEL, stream.module, stream.stream, 1, ws.actor, ws.now())
    spans: list[ReadingSpan] = []
    for connection in store.connections.list("module"):
        delivery = newest_delivery(store, connection)
        if delivery is None or connection.kind != stream.module or delivery.day != day:
            continue
        counted = counted_again(collection_again(store, connection, delivery), metric)
        spans += [
            ReadingSpan(connection.name, _TRIED, found.organization, found.value, found.coverage, day, day)
            for found in counted.readings
            if found.metric == _TRIED
        ]
    return tuple(spans)


def _value(expression: Expression, usage: DayUsage) -> tuple[Decimal | None, Reason | None]:
    if usage.coverage is Coverage.UNKNOWN:
        return None, Reason.of("metrics.not_measured", day=usage.day)
    try:
        found = expression.evaluate({name: metric.value for name, metric in usage.metrics}, today=usage.day)
    except ExpressionError as error:
        return None, Reason.of("metrics.cannot_compute", error=error.code, position=error.position)
    return Decimal(found) if isinstance(found, bool) else found if isinstance(found, Decimal) else None, None


class _Trial:
    """One expression over one day's history. `usage` says which customers share an organization."""

    def __init__(self, expression: Expression, history: UsageHistory, usage: UsageSide, day: date) -> None:
        self._expression = expression
        self._organizations = ScopeReader(history, {"": tuple(history.names)}, {})
        self._customers = ScopeReader(history, usage.mapped, {}, usage.shares)
        self._day = day

    def of(
        self, organizations: tuple[OrganizationKey, ...], name: str, customer: str | None, *, alone: bool
    ) -> TriedValue | None:
        try:
            if customer is None or alone:
                some = Scope(organizations=organizations)
                usage = self._organizations.read(self._expression, some, "", (self._day,))
            else:
                usage = self._customers.read(self._expression, Scope(), customer, (self._day,))
        except ExpressionError as error:
            problem = Reason.of("metrics.cannot_compute", error=error.code, position=error.position)
            return self._told(organizations, name, customer, alone, None, Coverage.UNKNOWN, (), problem)
        if not usage.organizations or not usage.days:
            return None
        day = usage.days[-1]
        value, trouble = _value(self._expression, day)
        numbers = tuple((metric, found.value) for metric, found in day.metrics)
        return self._told(organizations, name, customer, alone, value, day.coverage, numbers, trouble)

    @staticmethod
    def _told(
        organizations: tuple[OrganizationKey, ...],
        name: str,
        customer: str | None,
        alone: bool,
        value: Decimal | None,
        coverage: Coverage,
        numbers: tuple[tuple[str, Decimal], ...],
        problem: Reason | None,
    ) -> TriedValue:
        connection, key = organizations[0] if alone else (None, customer or "")
        return TriedValue(connection, key, name, customer, value, coverage, numbers, problem)


def _by_customer(mapped: Mapping[str, tuple[OrganizationKey, ...]]) -> Mapping[OrganizationKey, str]:
    return {key: customer for customer, keys in mapped.items() for key in keys}


def try_expression(ws: Workspace, text: str) -> TriedExpression:
    """See `trueup.app.counting.metrics.test`; one moment of the database."""
    store = ws.store
    expression = parse(text)
    with store.reading():
        known = vocabulary(ws)
        stream = stream_of(expression, known)
        check_kind(expression, MetricKind.LEVEL if stream else MetricKind.FLAG, stream, known)
        settings = store.settings.get()
        day = max(newest_usage(store).days.values(), default=None) or newest_day(store, settings, ws)
        usage = usage_side(store, PlanDays(day, day, day, day))
        spans = _item_spans(ws, text, stream, day) if stream is not None else ()
        names = PsaNames(ws)
    history = usage.history
    if stream is not None:
        expression = parse(_TRIED)
        history = UsageHistory(
            series=series_of(spans),
            module_of=history.module_of,
            delivered=history.delivered,
            gone=history.gone,
            names=history.names,
            items=replace(history.items, definitions={_TRIED: CountedItems(stream.stream, text)}),
        )
    trial = _Trial(expression, history, usage, day)
    owner = _by_customer(usage.mapped)
    organizations = [
        trial.of((key,), name, owner.get(key), alone=True)
        for key, name in history.names.items()
        if key not in history.gone
    ]
    customers = [
        trial.of(keys, names.customer(customer), customer, alone=False) for customer, keys in usage.mapped.items()
    ]
    return TriedExpression(text, stream is not None, day, _ordered(organizations), _ordered(customers))


def _ordered(found: list[TriedValue | None]) -> tuple[TriedValue, ...]:
    there = [one for one in found if one is not None]
    return tuple(sorted(there, key=lambda one: (-(one.value or Decimal(0)), one.name.casefold(), one.key)))
