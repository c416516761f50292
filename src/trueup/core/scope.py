"""Usage behind a line: the readings of all organizations that are mapped to the customers of a rule's scope.

Each metric is summed over the scope first, and the rule's expression runs on the sums
(docs/decisions/0005-sum-before-expression.md). A day on which a needed source delivered nothing stays unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from trueup.core.digest import digest
from trueup.core.expression import Expression, ExpressionError, is_non_decreasing_in
from trueup.core.rule import FlagMeaning, Scope, ScopeKind
from trueup.core.usage import Coverage, DayUsage, Failure, MetricKind, MetricUsage, ScopeUsage

OrganizationKey = tuple[str, str]
"""(connection, the module's own key)."""


@dataclass(frozen=True, slots=True)
class ReadingSpan:
    """A reading that stayed the same from `first` to `last` (None: still so). It speaks only of delivered days."""

    connection: str
    metric: str
    organization: str
    value: Decimal
    coverage: Coverage
    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class UsageHistory:
    """Everything the module side knows about some days.

    `module_of`: connection -> module name, which is also the first word of its metrics. `delivered`: connection ->
    the usage days it delivered. `failures`: connection -> why its newest day is missing. `gone`: organizations that
    two complete listings did not show, with the first day. `evidence`: digest of the items of an organization on
    the newest day. `kinds`: kind of each billing type that is not a plain level. `derived`: user-defined metrics.
    """

    spans: tuple[ReadingSpan, ...]
    module_of: Mapping[str, str]
    delivered: Mapping[str, frozenset[date]]
    failures: Mapping[str, Failure] = field(default_factory=dict)
    gone: Mapping[OrganizationKey, date] = field(default_factory=dict)
    names: Mapping[OrganizationKey, str] = field(default_factory=dict)
    evidence: Mapping[OrganizationKey, str] = field(default_factory=dict)
    kinds: Mapping[str, MetricKind] = field(default_factory=dict)
    derived: Mapping[str, Expression] = field(default_factory=dict)


_Series = tuple[ReadingSpan, ...]


class ScopeReader:
    """Answers `usage of this scope` for many lines from one history."""

    def __init__(
        self,
        history: UsageHistory,
        mapped: Mapping[str, tuple[OrganizationKey, ...]],
        children: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._history = history
        self._mapped = mapped
        self._children = children
        series: dict[tuple[str, OrganizationKey], list[ReadingSpan]] = defaultdict(list)
        for span in history.spans:
            series[span.metric, (span.connection, span.organization)].append(span)
        self._series: dict[tuple[str, OrganizationKey], _Series] = {
            key: tuple(sorted(spans, key=lambda span: span.first)) for key, spans in series.items()
        }
        self._custom = _connections_by_metric(history.spans)

    def organizations(self, scope: Scope, holder: str) -> tuple[OrganizationKey, ...]:
        """Module organizations whose usage the scope sums, in a fixed order."""
        customers: tuple[str, ...] = (holder,)
        if scope.kind is ScopeKind.CUSTOMERS:
            customers = scope.customers
        elif scope.kind is ScopeKind.HOLDER_AND_CHILDREN:
            customers = (holder, *self._children.get(holder, ()))
        found = {key for customer in customers for key in self._mapped.get(customer, ())}
        if scope.organizations:
            found &= set(scope.organizations)
        return tuple(sorted(found))

    def base_names(self, expression: Expression) -> tuple[str, ...]:
        """The billing types behind an expression, with user-defined metrics opened up."""
        found: dict[str, None] = {}
        pending = list(expression.names)
        opened: set[str] = set()
        while pending:
            name = pending.pop(0)
            derived = self._history.derived.get(name)
            if derived is None:
                found[name] = None
            elif name not in opened:
                opened.add(name)
                pending.extend(derived.names)
        return tuple(sorted(found))

    def _sources(self, name: str) -> tuple[str, ...]:
        module = name.partition(".")[0]
        named = tuple(sorted(c for c, kind in self._history.module_of.items() if kind == module))
        return named or self._custom.get(name, ())

    def connections(self, expression: Expression) -> frozenset[str]:
        """Connections that feed an expression."""
        return frozenset(connection for name in self.base_names(expression) for connection in self._sources(name))

    def read(
        self,
        expression: Expression,
        scope: Scope,
        holder: str,
        days: Iterable[date],
        flag_meaning: FlagMeaning = FlagMeaning.PER_ORGANIZATION,
    ) -> ScopeUsage:
        """Usage of the scope for one expression on the given days; days without any delivery are left out."""
        names = self.base_names(expression)
        organizations = self.organizations(scope, holder)
        sources = {name: self._sources(name) for name in names}
        unmapped = {
            name.partition(".")[0] for name in names if not any(key[0] in sources[name] for key in organizations)
        }
        needed = sorted({connection for found in sources.values() for connection in found})
        in_use = [key for key in organizations if key[0] in needed]
        found_days: list[DayUsage] = []
        for day in days:
            if not any(day in self._history.delivered.get(connection, frozenset()) for connection in needed):
                continue
            base = {name: self._metric(name, sources[name], in_use, day, flag_meaning) for name in names}
            found_days.append(DayUsage(day, self._with_derived(expression, base, day), self._evidence(in_use)))
        return ScopeUsage(
            days=_evidence_on_last_day_only(found_days),
            unmapped=tuple(sorted(unmapped)),
            failures=tuple(self._history.failures[c] for c in needed if c in self._history.failures),
            left=tuple(self._history.names.get(key, key[1]) for key in in_use if key in self._history.gone),
            organizations=tuple(in_use),
        )

    def _metric(
        self, name: str, sources: tuple[str, ...], organizations: list[OrganizationKey], day: date, meaning: FlagMeaning
    ) -> MetricUsage:
        total = Decimal(0)
        worst = Coverage.MEASURED
        for key in organizations:
            if key[0] not in sources:
                continue
            value, coverage = self._on(name, key, day)
            total += value
            worst = _weaker(worst, coverage)
        if self._history.kinds.get(name) is MetricKind.FLAG and meaning is FlagMeaning.ANY:
            total = min(total, Decimal(1))
        return MetricUsage(total, worst)

    def _on(self, name: str, key: OrganizationKey, day: date) -> tuple[Decimal, Coverage]:
        gone = self._history.gone.get(key)
        if gone is not None and gone <= day:
            return Decimal(0), Coverage.MEASURED
        if day not in self._history.delivered.get(key[0], frozenset()):
            return Decimal(0), Coverage.UNKNOWN
        for span in self._series.get((name, key), ()):
            if span.first <= day and (span.last is None or day <= span.last):
                return span.value, span.coverage
        return Decimal(0), Coverage.UNKNOWN

    def _with_derived(
        self, expression: Expression, base: Mapping[str, MetricUsage], day: date
    ) -> tuple[tuple[str, MetricUsage], ...]:
        values: dict[str, MetricUsage] = dict(base)

        def open_up(name: str) -> MetricUsage:
            if name not in values:
                derived = self._history.derived[name]
                values[name] = _worked_out(derived, {inner: open_up(inner) for inner in derived.names}, day)
            return values[name]

        return tuple((name, open_up(name)) for name in expression.names)

    def _evidence(self, organizations: list[OrganizationKey]) -> str:
        return digest([[*key, self._history.evidence.get(key)] for key in organizations])


def _worked_out(derived: Expression, parts: Mapping[str, MetricUsage], day: date) -> MetricUsage:
    """A defined metric from its parts. One that has no value, or a part that may shrink it, leaves it unknown."""
    try:
        found = derived.evaluate({name: part.value for name, part in parts.items()}, today=day)
    except ExpressionError:
        return MetricUsage(Decimal(0), Coverage.UNKNOWN)
    if isinstance(found, bool):
        found = Decimal(found)
    if not isinstance(found, Decimal):
        return MetricUsage(Decimal(0), Coverage.UNKNOWN)
    worst = Coverage.MEASURED
    for name, part in parts.items():
        worst = _weaker(worst, part.coverage)
        if part.coverage is Coverage.PARTIAL and not is_non_decreasing_in(derived, name):
            worst = Coverage.UNKNOWN
    return MetricUsage(found, worst)


_STRENGTH = {Coverage.MEASURED: 2, Coverage.PARTIAL: 1, Coverage.UNKNOWN: 0}


def _weaker(one: Coverage, other: Coverage) -> Coverage:
    return one if _STRENGTH[one] <= _STRENGTH[other] else other


def _connections_by_metric(spans: Iterable[ReadingSpan]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, set[str]] = defaultdict(set)
    for span in spans:
        found[span.metric].add(span.connection)
    return {metric: tuple(sorted(connections)) for metric, connections in found.items()}


def _evidence_on_last_day_only(days: list[DayUsage]) -> tuple[DayUsage, ...]:
    return (*(DayUsage(day.day, day.metrics) for day in days[:-1]), *days[-1:])
