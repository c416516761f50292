"""Usage behind a line: the readings of all organizations that are mapped to the customers of a rule's scope.

Each metric is summed over the scope first, and the rule's expression runs on the sums
(docs/decisions/0005-sum-before-expression.md). A day on which a needed source delivered nothing stays unknown.
Where only some items of an organization count, or items that are the same count once, the items give the number and the
reading its coverage (docs/decisions/0060-only-some-items.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from trueup.core.contract import DAY
from trueup.core.counting.item_counting import Counted, ItemCounter, ItemHistory
from trueup.core.counting.item_filter import WHOLE, ItemFilter
from trueup.core.digest import digest
from trueup.core.expression import Expression, ExpressionError, is_non_decreasing_in
from trueup.core.reason import Reason
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
    `items`: the items one by one, where a filter or a metric needs them.
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
    items: ItemHistory = field(default_factory=ItemHistory)


_Series = tuple[ReadingSpan, ...]
_Worth = tuple[Decimal, Coverage, Reason | None]
"""A value, what may be concluded from it, and why nothing, where the items are to blame."""
_Daily = Callable[[date], _Worth]


class _Summed(NamedTuple):
    """A metric in the organizations of a scope, by day; `once` counts over all of them what is the same once."""

    parts: tuple[_Daily, ...]
    once: Counted | None


Chosen = Mapping[OrganizationKey, ItemFilter]
"""The organizations of a scope, and which of their items count."""


class ScopeReader:
    """Answers `usage of this scope` for many lines from one history.

    `shares` holds the filter under which an organization is mapped to a customer, where it is shared by several.
    """

    def __init__(
        self,
        history: UsageHistory,
        mapped: Mapping[str, tuple[OrganizationKey, ...]],
        children: Mapping[str, tuple[str, ...]],
        shares: Mapping[tuple[str, OrganizationKey], str] | None = None,
    ) -> None:
        self._history = history
        self._mapped = mapped
        self._children = children
        self._shares = shares or {}
        self._mapped_at_all = {key for keys in mapped.values() for key in keys}
        self._counter = ItemCounter(history.items)
        self._dailies: dict[tuple[str, OrganizationKey, ItemFilter], _Daily] = {}
        series: dict[tuple[str, OrganizationKey], list[ReadingSpan]] = defaultdict(list)
        for span in history.spans:
            series[span.metric, (span.connection, span.organization)].append(span)
        self._series: dict[tuple[str, OrganizationKey], _Series] = {
            key: tuple(sorted(spans, key=lambda span: span.first)) for key, spans in series.items()
        }
        self._custom = _connections_by_metric(history.spans)

    def organizations(self, scope: Scope, holder: str) -> tuple[OrganizationKey, ...]:
        """Module organizations whose usage the scope sums, in a fixed order."""
        return tuple(self.chosen(scope, holder))

    def chosen(self, scope: Scope, holder: str) -> Chosen:
        """The same with the items that count of each. An organization that several customers of the scope share counts
        the items of any of them, each once."""
        customers: tuple[str, ...] = (holder,)
        if scope.kind is ScopeKind.CUSTOMERS:
            customers = scope.customers
        elif scope.kind is ScopeKind.HOLDER_AND_CHILDREN:
            customers = (holder, *self._children.get(holder, ()))
        found = {key for customer in customers for key in self._mapped.get(customer, ())}
        if scope.organizations:
            found &= set(scope.organizations)
        if not self._shares and scope.items is None:
            return dict.fromkeys(sorted(found), WHOLE)
        return {key: self._filter(key, customers, scope) for key in sorted(found)}

    def _filter(self, key: OrganizationKey, customers: tuple[str, ...], scope: Scope) -> ItemFilter:
        owners = [customer for customer in customers if key in self._mapped.get(customer, ())]
        texts = [self._shares.get((customer, key)) for customer in owners]
        shares = () if None in texts else tuple(sorted({text for text in texts if text is not None}))
        return ItemFilter(shares, scope.items) if shares or scope.items is not None else WHOLE

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
        organizations = self.chosen(scope, holder)
        sources = {name: self._sources(name) for name in names}
        needed = sorted({connection for found in sources.values() for connection in found})
        in_use = {key: chosen for key, chosen in organizations.items() if key[0] in needed}
        problems: dict[Reason, None] = {}
        found_days: list[DayUsage] = []
        delivered = [self._history.delivered.get(connection, frozenset()) for connection in needed]
        changes = self._change_days(expression, names, sources, in_use)
        series = {name: self._series_of(name, sources[name], in_use) for name in names}
        there: list[bool] = []
        metrics: tuple[tuple[str, MetricUsage], ...] | None = None
        for day in days:
            before, there = there, [day in found for found in delivered]
            if not any(there):
                metrics = None
                continue
            if metrics is None or changes is None or day in changes or there != before:
                base = {name: self._metric(name, series[name], day, flag_meaning, problems) for name in names}
                metrics = self._with_derived(expression, base, day)
            found_days.append(DayUsage(day, metrics))
        evidence, filtered = self._evidence(names, in_use, found_days[-1].day) if found_days else ("", ())
        if found_days:
            found_days[-1] = DayUsage(found_days[-1].day, found_days[-1].metrics, evidence)
        return ScopeUsage(
            days=tuple(found_days),
            unmapped=self._unmapped(names, sources, scope, in_use),
            failures=tuple(self._history.failures[c] for c in needed if c in self._history.failures),
            left=tuple(self._history.names.get(key, key[1]) for key in in_use if key in self._history.gone),
            organizations=tuple(in_use),
            filtered=filtered,
            problems=tuple(problems),
        )

    def _change_days(
        self, expression: Expression, names: Iterable[str], sources: Mapping[str, tuple[str, ...]], in_use: Chosen
    ) -> frozenset[date] | None:
        """The days on which a plain sum of readings can change, so that the days between need not be summed again;
        None where something else than readings decides (items, days on the calendar)."""
        if any(chosen is not WHOLE for chosen in in_use.values()) or any(map(self._counter.counts_once, names)):
            return None
        if any("days_since" in derived.text for derived in self._history.derived.values()) and expression.names:
            return None
        found: set[date] = set()
        for name in names:
            for key in in_use:
                if key[0] in sources[name]:
                    for span in self._series.get((name, key), ()):
                        found.add(span.first)
                        if span.last is not None:
                            found.add(span.last + DAY)
        found |= {gone for key in in_use if (gone := self._history.gone.get(key)) is not None}
        return frozenset(found)

    def _unmapped(
        self, names: Iterable[str], sources: Mapping[str, tuple[str, ...]], scope: Scope, in_use: Chosen
    ) -> tuple[str, ...]:
        """Modules without an organization in the scope, and those of which the scope names one that nobody has mapped:
        the rest alone would be less than what was asked for."""
        lost = {key[0] for key in scope.organizations if key not in self._mapped_at_all}
        return tuple(
            sorted(
                {
                    name.partition(".")[0]
                    for name in names
                    if not any(key[0] in sources[name] for key in in_use) or lost & set(sources[name])
                }
            )
        )

    def _series_of(self, name: str, sources: tuple[str, ...], organizations: Chosen) -> _Summed:
        """A metric by day in each organization that may feed it, and, where it counts once, over all of them."""
        scope = tuple((key, chosen) for key, chosen in organizations.items() if key[0] in sources)
        parts = tuple(self._daily_of(name, key, chosen) for key, chosen in scope)
        return _Summed(parts, self._counter.together(name, scope) if self._counter.counts_once(name) else None)

    def _daily_of(self, name: str, key: OrganizationKey, chosen: ItemFilter) -> _Daily:
        """A metric by day in one organization; asked by many lines and worked out once a day."""
        place = (name, key, chosen)
        if place not in self._dailies:
            plain = chosen is WHOLE and not self._counter.counts_once(name)
            made = self._of_readings(name, key) if plain else self._of_items(name, key, chosen)
            self._dailies[place] = cache(made)
        return self._dailies[place]

    def _metric(
        self, name: str, series: _Summed, day: date, meaning: FlagMeaning, problems: dict[Reason, None]
    ) -> MetricUsage:
        total = Decimal(0)
        worst = Coverage.MEASURED
        for daily in series.parts:
            value, coverage, problem = daily(day)
            total += value
            worst = _weaker(worst, coverage)
            if problem is not None:
                problems[problem] = None
        if series.once is not None:
            total = Decimal(series.once.on(day) or 0)
        if self._history.kinds.get(name) is MetricKind.FLAG and meaning is FlagMeaning.ANY:
            total = min(total, Decimal(1))
        return MetricUsage(total, worst)

    def _of_readings(self, name: str, key: OrganizationKey) -> _Daily:
        return lambda day: (*self._on(name, key, day), None)

    def _of_items(self, name: str, key: OrganizationKey, chosen: ItemFilter) -> _Daily:
        """Some items of an organization: the number from the items, the coverage from the reading. Items that do not
        add up to the reading are not the ones that were counted, and say nothing."""
        known = self._counter.counts_items(name)
        everything = self._counter.count(name, key, WHOLE) if known else Counted(())
        found = self._counter.count(name, key, chosen) if known else Counted(())
        most = 1 if self._history.kinds.get(name) is MetricKind.FLAG else None
        gone = self._history.gone.get(key)
        named = self._history.names.get(key, key[1])

        def on(day: date) -> _Worth:
            whole, coverage = self._on(name, key, day)
            if coverage is Coverage.UNKNOWN or (gone is not None and gone <= day):
                return whole, coverage, None
            if not known:
                return Decimal(0), Coverage.UNKNOWN, Reason.of("note.count_without_items", metric=name)
            every, some = everything.on(day), found.on(day)
            if every is None or some is None:
                return Decimal(0), Coverage.UNKNOWN, found.problem or everything.problem
            if most is not None:
                every, some = min(every, most), min(some, most)
            if every != whole:
                problem = Reason.of("note.items_disagree", metric=name, organization=named)
                return Decimal(0), Coverage.UNKNOWN, problem
            return Decimal(some), coverage, None

        return on

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

    def counted_once(self, name: str, scope: Chosen, day: date) -> Decimal | None:
        """How many different things a metric counts over the organizations of a scope; None for any other metric, and
        where that cannot be said."""
        if not self._counter.counts_once(name):
            return None
        places = tuple(place for place in scope.items() if place[0][0] in self._sources(name))
        found = self._counter.together(name, places).on(day)
        return None if found is None else Decimal(found)

    def _evidence(
        self, names: tuple[str, ...], organizations: Chosen, day: date
    ) -> tuple[str, tuple[tuple[OrganizationKey, frozenset[str]], ...]]:
        """Digest of the items behind the metrics on a day, and, where only some count, which those are."""
        parts: list[list[str | None]] = []
        filtered: list[tuple[OrganizationKey, frozenset[str]]] = []
        for key, chosen in organizations.items():
            if chosen is WHOLE:
                parts.append([*key, self._history.evidence.get(key)])
                continue
            evidence, keys = self._counter.evidence(names, key, chosen, day)
            parts.append([*key, evidence])
            filtered.append((key, keys))
        return digest(parts), tuple(filtered)


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
