"""Usage behind a line: the readings of all organizations that are mapped to the customers of a rule's scope.

Each metric is summed over the scope first, and the rule's expression runs on the sums
(docs/decisions/0005-sum-before-expression.md). A day on which a needed source delivered nothing stays unknown.
Where only some items of an organization count, or items that are the same count once, the items give the number and the
reading its coverage (docs/decisions/0060-only-some-items.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache

from trueup.core.contract import DAY
from trueup.core.counting.derived_metrics import worked_out
from trueup.core.counting.item_counting import Counted, ItemCounter, ItemHistory
from trueup.core.counting.item_filter import WHOLE, ItemFilter
from trueup.core.counting.reading_series import NO_READINGS, NOTHING, SILENT, MetricPlace, ReadingSeries, Step
from trueup.core.counting.usage_runs import DeliveredDays, UsageRun, added_up, at_most_one, side_by_side
from trueup.core.digest import digest
from trueup.core.expression import Expression
from trueup.core.reason import Reason
from trueup.core.rule import FlagMeaning, Scope, ScopeKind
from trueup.core.usage import Coverage, DayUsage, Failure, MetricKind, MetricUsage, ScopeUsage

OrganizationKey = tuple[str, str]
"""(connection, the module's own key)."""


@dataclass(frozen=True, slots=True)
class UsageHistory:
    """Everything the module side knows about some days.

    `module_of`: connection -> module name, which is also the first word of its metrics. `delivered`: connection ->
    the usage days it delivered. `failures`: connection -> why its newest day is missing. `gone`: organizations that
    two complete listings did not show, with the first day. `evidence`: digest of the items of an organization on
    the newest day. `kinds`: kind of each billing type that is not a plain level. `derived`: user-defined metrics.
    `items`: the items one by one, where a filter or a metric needs them.
    """

    series: Mapping[MetricPlace, ReadingSeries]
    module_of: Mapping[str, str]
    delivered: Mapping[str, frozenset[date]]
    failures: Mapping[str, Failure] = field(default_factory=dict)
    gone: Mapping[OrganizationKey, date] = field(default_factory=dict)
    names: Mapping[OrganizationKey, str] = field(default_factory=dict)
    evidence: Mapping[OrganizationKey, str] = field(default_factory=dict)
    kinds: Mapping[str, MetricKind] = field(default_factory=dict)
    derived: Mapping[str, Expression] = field(default_factory=dict)
    items: ItemHistory = field(default_factory=ItemHistory)


_Worth = tuple[Decimal, Coverage, Reason | None]
"""A value, what may be concluded from it, and why nothing, where the items are to blame."""
_Daily = Callable[[date], _Worth]


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
        self._delivered: dict[tuple[tuple[str, ...], tuple[date, ...]], DeliveredDays] = {}
        custom: dict[str, set[str]] = defaultdict(set)
        for metric, (connection, _) in history.series:
            custom[metric].add(connection)
        self._by_calendar = any("days_since" in derived.text for derived in history.derived.values())
        self._custom = {metric: tuple(sorted(connections)) for metric, connections in custom.items()}

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
        sources = {name: self._sources(name) for name in names}
        needed = sorted({connection for found in sources.values() for connection in found})
        in_use = self._in_use(scope, holder, sources)
        problems: dict[Reason, None] = {}
        runs = self._runs(expression, sources, in_use, tuple(days), flag_meaning, problems)
        found_days = [DayUsage(day, run.metrics) for run in runs for day in run.days]
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

    def runs(
        self,
        expression: Expression,
        scope: Scope,
        holder: str,
        days: Iterable[date],
        flag_meaning: FlagMeaning = FlagMeaning.PER_ORGANIZATION,
    ) -> tuple[UsageRun, ...]:
        """The same usage as runs of days that say the same, for long histories."""
        sources = {name: self._sources(name) for name in self.base_names(expression)}
        in_use = self._in_use(scope, holder, sources)
        return tuple(self._runs(expression, sources, in_use, tuple(days), flag_meaning, {}))

    def _in_use(self, scope: Scope, holder: str, sources: Mapping[str, tuple[str, ...]]) -> Chosen:
        needed = {connection for found in sources.values() for connection in found}
        return {key: chosen for key, chosen in self.chosen(scope, holder).items() if key[0] in needed}

    def _runs(
        self,
        expression: Expression,
        sources: Mapping[str, tuple[str, ...]],
        in_use: Chosen,
        days: tuple[date, ...],
        meaning: FlagMeaning,
        problems: dict[Reason, None],
    ) -> Iterator[UsageRun]:
        """Plain sums of readings are worked out again only where one of them changed, everything else day by day."""
        delivered = self._days_of(sources, days)
        plain = not self._by_calendar and self._sums_readings(sources, in_use)
        if plain:
            steps = [self._steps(name, sources[name], in_use, delivered, meaning) for name in sources]
            runs = delivered.runs(tuple(sources), steps)
        else:
            metrics = {name: self._metric_of(name, sources[name], in_use, meaning, problems) for name in sources}
            runs = (
                UsageRun((day,), tuple((name, metric(day)) for name, metric in metrics.items()))
                for day in delivered.days
            )
        if tuple(sources) == expression.names:
            yield from runs
            return
        for run in runs:
            yield UsageRun(run.days, self._opened(expression, dict(run.metrics), run.days[0]))

    def _days_of(self, sources: Mapping[str, tuple[str, ...]], days: tuple[date, ...]) -> DeliveredDays:
        needed = tuple(sorted({connection for found in sources.values() for connection in found}))
        if (needed, days) not in self._delivered:
            there = {connection: self._history.delivered.get(connection, frozenset()) for connection in needed}
            self._delivered[needed, days] = DeliveredDays(days, there)
        return self._delivered[needed, days]

    def _sums_readings(self, names: Iterable[str], in_use: Chosen) -> bool:
        """Whether readings alone decide, and no item."""
        return all(chosen is WHOLE for chosen in in_use.values()) and not any(map(self._counter.counts_once, names))

    def _steps(
        self,
        name: str,
        sources: tuple[str, ...],
        in_use: Chosen,
        delivered: DeliveredDays,
        meaning: FlagMeaning,
    ) -> Iterable[Step]:
        """A metric over the scope, where it is the sum of readings: what it says from the first day of each stretch
        and from each change on."""
        parts = [self._steps_of(name, key, delivered) for key in in_use if key[0] in sources]
        any_one = self._is_any(name, meaning)
        if len(parts) == 1 and not any_one:
            return parts[0]
        if not parts:
            return [(stretch.first, NOTHING) for stretch in delivered.stretches]
        return [(day, at_most_one(added_up(said)) if any_one else added_up(said)) for day, said in side_by_side(parts)]

    def _steps_of(self, name: str, key: OrganizationKey, delivered: DeliveredDays) -> Iterator[Step]:
        gone = self._history.gone.get(key, date.max)
        series = self._history.series.get((name, key), NO_READINGS)
        for first, last, connections in delivered.stretches:
            if gone <= first:
                yield first, NOTHING
            elif key[0] in connections:
                yield from series.steps(first, min(last, gone - DAY))
            else:
                yield first, SILENT
            if first < gone <= last:
                yield gone, NOTHING

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

    def _daily_of(self, name: str, key: OrganizationKey, chosen: ItemFilter) -> _Daily:
        """A metric by day in one organization; asked by many lines and worked out once a day."""
        place = (name, key, chosen)
        if place not in self._dailies:
            plain = chosen is WHOLE and not self._counter.counts_once(name)
            made = self._of_readings(name, key) if plain else self._of_items(name, key, chosen)
            self._dailies[place] = cache(made)
        return self._dailies[place]

    def _metric_of(
        self,
        name: str,
        sources: tuple[str, ...],
        in_use: Chosen,
        meaning: FlagMeaning,
        problems: dict[Reason, None],
    ) -> Callable[[date], MetricUsage]:
        """A metric over the scope, by day; one that counts what is the same once counts it over all organizations."""
        any_one = self._is_any(name, meaning)
        scope = tuple((key, chosen) for key, chosen in in_use.items() if key[0] in sources)
        parts = tuple(self._daily_of(name, key, chosen) for key, chosen in scope)
        once = self._counter.together(name, scope) if self._counter.counts_once(name) else None

        def on(day: date) -> MetricUsage:
            worths = [part(day) for part in parts]
            problems.update((problem, None) for _, _, problem in worths if problem is not None)
            total = added_up(MetricUsage(value, coverage) for value, coverage, _ in worths)
            if once is not None:
                total = total._replace(value=Decimal(once.on(day) or 0))
            return at_most_one(total) if any_one else total

        return on

    def _is_any(self, name: str, meaning: FlagMeaning) -> bool:
        return meaning is FlagMeaning.ANY and self._history.kinds.get(name) is MetricKind.FLAG

    def _of_readings(self, name: str, key: OrganizationKey) -> _Daily:
        on = self._on(name, key)

        def worth(day: date) -> _Worth:
            said = on(day)
            return said.value, said.coverage, None

        return worth

    def _of_items(self, name: str, key: OrganizationKey, chosen: ItemFilter) -> _Daily:
        """Some items of an organization: the number from the items, the coverage from the reading. Items that do not
        add up to the reading are not the ones that were counted, and say nothing."""
        known = self._counter.counts_items(name)
        everything = self._counter.count(name, key, WHOLE) if known else Counted(())
        found = self._counter.count(name, key, chosen) if known else Counted(())
        most = 1 if self._history.kinds.get(name) is MetricKind.FLAG else None
        gone = self._history.gone.get(key)
        named = self._history.names.get(key, key[1])
        read = self._on(name, key)

        def on(day: date) -> _Worth:
            said = read(day)
            whole, coverage = said.value, said.coverage
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

    def _on(self, name: str, key: OrganizationKey) -> Callable[[date], MetricUsage]:
        """What the readings say of a metric in one organization, by day."""
        gone = self._history.gone.get(key, date.max)
        delivered = self._history.delivered.get(key[0], frozenset())
        said = self._history.series.get((name, key), NO_READINGS).on

        def on(day: date) -> MetricUsage:
            if day >= gone:
                return NOTHING
            return said(day) if day in delivered else SILENT

        return on

    def _opened(
        self, expression: Expression, values: dict[str, MetricUsage], day: date
    ) -> tuple[tuple[str, MetricUsage], ...]:
        """The names of an expression on a day, user-defined metrics worked out from the billing types behind them."""

        def open_up(name: str) -> MetricUsage:
            if name not in values:
                derived = self._history.derived[name]
                values[name] = worked_out(derived, {inner: open_up(inner) for inner in derived.names}, day)
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
