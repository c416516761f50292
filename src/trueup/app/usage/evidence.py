"""The items behind a number, by name: which devices, seats or agents a metric counted on one day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trueup.app.counting.countable import called
from trueup.app.counting.vocabulary import Vocabulary
from trueup.app.usage.day_items import DayItems
from trueup.core.counting.evidence import Count, ItemShown, MetricShown
from trueup.core.counting.item_filter import WHOLE, Conditions, ItemFilter
from trueup.core.counting.reading_series import NO_READINGS, SILENT
from trueup.core.counting.scope import Chosen, OrganizationKey, ScopeReader, UsageHistory
from trueup.core.expression import Expression, parse
from trueup.core.reason import Reason
from trueup.core.usage import Coverage, DayUsage, Item, MetricKind


@dataclass(frozen=True, slots=True)
class OrganizationShown:
    """A module organization of the rule's scope. `delivered` says whether its connection delivered the day; `failure`
    why not; `gone_since` that the module does not list it any more. `shares` are the filters under which customers of
    the scope have a part of it (empty: all of it)."""

    connection: str
    key: str
    name: str
    delivered: bool
    failure: Reason | None = None
    gone_since: date | None = None
    shares: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the items of a metric are: the stream, and which of its items count (None: all)."""

    stream: str
    condition: str | None


class Evidence:
    """Looks items up for one usage day; use it inside one moment of the database."""

    def __init__(self, known: Vocabulary, history: UsageHistory, items: DayItems) -> None:
        self._known = known
        self._history = history
        self._items = items
        self._day = items.day

    def organizations(self, scope: Chosen) -> tuple[OrganizationShown, ...]:
        """The organizations of a scope, by name."""
        found = [
            OrganizationShown(
                connection=connection,
                key=key,
                name=self._name((connection, key)),
                delivered=self._day in self._history.delivered.get(connection, frozenset()),
                failure=self._failure(connection),
                gone_since=self._history.gone.get((connection, key)),
                shares=chosen.shares,
            )
            for (connection, key), chosen in scope.items()
        ]
        return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.connection, one.key)))

    def metrics(
        self, reader: ScopeReader, expression: Expression, scope: Chosen, day: DayUsage | None
    ) -> tuple[MetricShown, ...]:
        """Every metric behind an expression: those that it names first, then those inside metrics of one's own."""
        values = dict(day.metrics) if day is not None else {}
        names = list(expression.names)
        names += [name for name in reader.base_names(expression) if name not in names]
        shown: list[MetricShown] = []
        for name in names:
            derived = self._is_derived(name)
            counts = () if derived else self._counts(name, scope)
            whole = values.get(name) if derived or counts else None  # nobody mapped is not a zero
            value = whole.value if whole else reader.counted_once(name, scope, self._day) or _sum(counts)
            coverage = whole.coverage if whole else _weakest(counts)
            shown.append(self._metric(name, value, coverage, counts))
        return tuple(shown)

    def _is_derived(self, name: str) -> bool:
        metric = self._known.metrics.get(name)
        return metric is not None and not metric.over_items

    def _metric(self, name: str, value: Decimal | None, coverage: Coverage, counts: tuple[Count, ...]) -> MetricShown:
        kind, metric = self._known.types.get(name), self._known.metrics.get(name)
        source = self._source(name)
        derived = metric is not None and not metric.over_items
        return MetricShown(
            name=name,
            label=kind.label if kind else name,
            unit=kind.unit if kind else "item",
            value=None if coverage is Coverage.UNKNOWN else value,
            coverage=coverage,
            condition=source.condition if source else None,
            expression=metric.expression if metric else None,
            parts=parse(metric.expression).names if metric and derived else (),
            counts=counts,
        )

    def _source(self, name: str) -> _Source | None:
        kind, metric = self._known.types.get(name), self._known.metrics.get(name)
        if kind is not None and kind.stream is not None:
            return _Source(kind.stream, kind.condition)
        if metric is not None and metric.stream is not None:
            return _Source(metric.stream, metric.expression)
        return None

    def _counts(self, name: str, scope: Chosen) -> tuple[Count, ...]:
        module = name.partition(".")[0]
        metric = self._known.metrics.get(name)
        module = metric.module if metric is not None and metric.module is not None else module
        found: list[Count] = []
        for key, chosen in scope.items():
            if self._history.module_of.get(key[0]) != module:
                continue
            delivered = self._day in self._history.delivered.get(key[0], frozenset())
            said = self._history.series.get((name, key), NO_READINGS).on(self._day) if delivered else SILENT
            value, coverage = (None, Coverage.UNKNOWN) if said is SILENT else said
            gone = self._history.gone.get(key)
            if gone is not None and gone <= self._day:
                value, coverage = Decimal(0), Coverage.MEASURED
            items, problem = self._items_of(name, key, chosen, delivered=delivered)
            if chosen is not WHOLE and said is not SILENT:
                value, coverage = self._of_filtered(name, items, coverage)
            found.append(Count(key[0], key[1], self._name(key), value, coverage, items, problem))
        return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.connection, one.organization)))

    def _of_filtered(
        self, name: str, items: tuple[ItemShown, ...] | None, coverage: Coverage
    ) -> tuple[Decimal | None, Coverage]:
        """The number of the items that a filter let through; that of a metric that counts things once is not theirs."""
        metric = self._known.metrics.get(name)
        if items is None:
            return None, Coverage.UNKNOWN
        if metric is not None and metric.same_by:
            return None, coverage
        number = min(len(items), 1) if self._known.kind_of(name) is MetricKind.FLAG else len(items)
        return Decimal(number), coverage

    def _items_of(
        self, name: str, key: OrganizationKey, chosen: ItemFilter, *, delivered: bool
    ) -> tuple[tuple[ItemShown, ...] | None, Reason | None]:
        connection, organization = key
        source = self._source(name)
        if not delivered:
            failure = self._failure(connection)
            return None, failure or Reason.of("explain.not_delivered", connection=connection, day=self._day)
        if source is None:
            return None, Reason.of("explain.count_without_items", metric=name)
        attributes = self._items.attributes(connection, source.stream)
        names = called(self._history.module_of.get(connection, ""), source.stream)
        conditions = Conditions(source.condition, chosen, attributes, names, (self._day, self._day))
        items: list[Item] = []
        for item in self._items.of(connection, source.stream, organization):
            fits = conditions.on(item, self._day)
            if fits is None:
                return None, conditions.problem
            if fits:
                items.append(item)
        shown = [
            ItemShown(item.key, item.name or item.key, tuple(zip(attributes, item.attributes, strict=True)))
            for item in items
        ]
        return tuple(sorted(shown, key=lambda one: (one.name.casefold(), one.key))), None

    def _failure(self, connection: str) -> Reason | None:
        failure = self._history.failures.get(connection)
        return failure.reason if failure else None

    def _name(self, key: OrganizationKey) -> str:
        return self._history.names.get(key, key[1])


def _sum(counts: tuple[Count, ...]) -> Decimal:
    return sum((count.value for count in counts if count.value is not None), Decimal(0))


def _weakest(counts: tuple[Count, ...]) -> Coverage:
    order = (Coverage.UNKNOWN, Coverage.PARTIAL, Coverage.MEASURED)
    there = {count.coverage for count in counts} or {Coverage.UNKNOWN}
    return next(coverage for coverage in order if coverage in there)
