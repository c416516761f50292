"""Usage of past days as a line counted it: under the mappings of each day, by the rule of each day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from trueup.app.connections.known_psa import PsaNames
from trueup.app.counting.countable import called, counted_items
from trueup.app.counting.vocabulary import vocabulary
from trueup.app.plans.assembling import children_of
from trueup.app.workspace import Workspace
from trueup.core.contract import DAY
from trueup.core.counting.item_counting import CountedItems, ItemCounter, ItemHistory, ItemSpan, StreamItems
from trueup.core.counting.item_presence import ItemEvent, item_events
from trueup.core.counting.scope import OrganizationKey, ScopeReader, UsageHistory
from trueup.core.dates.timing import days_between
from trueup.core.expression import ExpressionError, parse
from trueup.core.quantities.day_quantities import Quantities
from trueup.core.rule import Rule, ScopeKind
from trueup.store.customers import Mapping as Mapped


class PastUsage:
    """Reads everything once when it is made, for these rules and days; inside one moment of the database."""

    def __init__(self, ws: Workspace, names: PsaNames, rules: Sequence[Rule], first: date, last: date) -> None:
        self._store, self._names = ws.store, names
        self._first, self._last = first, last
        self._known = vocabulary(ws)
        self._children = children_of(names.customers.values())
        self._kinds = {one.name: one.kind for one in ws.store.connections.list("module")}
        organizations = ws.store.usage.organizations()
        self._places = {(one.connection, one.organization.key): one.organization.name for one in organizations}
        self._gone = {
            (one.connection, one.organization.key): one.gone_since
            for one in organizations
            if one.gone_since is not None
        }
        self.mappings: tuple[Mapped, ...] = ws.store.customers.every()
        begins = {one.valid_from for one in self.mappings if one.valid_from is not None}
        begins |= {one.valid_to + DAY for one in self.mappings if one.valid_to is not None}
        self.remapped = frozenset(day for day in begins if first < day <= last)
        self._names_behind = frozenset(name for rule in rules for name in self._behind(rule))
        self._delivered = {name: ws.store.usage.delivered_days(name) for name in self._kinds}
        self._history = UsageHistory(
            series=ws.store.usage.series(first, last, self._names_behind),
            module_of=self._kinds,
            delivered={name: frozenset(days) for name, days in self._delivered.items()},
            gone=self._gone,
            names=self._places,
            kinds={kind.key: kind.kind for kind in self._known.types.values()},
            derived={one.key: parse(one.expression) for one in self._known.metrics.values() if not one.over_items},
            items=self._items(),
        )
        self._counter = ItemCounter(self._history.items)
        self._readers: dict[date, ScopeReader] = {}

    def _behind(self, rule: Rule) -> Iterable[str]:
        try:
            return self._known.base_types(parse(rule.quantity)) if rule.quantity else ()
        except ExpressionError:
            return ()

    def _items(self) -> ItemHistory:
        """The items behind the rules' metrics, of the organizations that were ever mapped to their customers."""
        definitions: dict[str, CountedItems] = {}
        for name in self._names_behind:
            known = self._known.metrics.get(name) or self._known.types.get(name)
            found = counted_items(known) if known is not None else None
            if found is not None:
                definitions[name] = found
        wanted = {found.stream for found in definitions.values()}
        keys: dict[str, set[str]] = defaultdict(set)
        for one in self.mappings:
            keys[one.connection].add(one.organization_key)
        streams: dict[tuple[str, str], StreamItems] = {}
        for connection, module in self._kinds.items():
            for stream, attributes in self._store.usage.streams(connection).items():
                if stream in wanted and keys[connection]:
                    spans = self._store.usage.items_between(
                        self._first, self._last, connection, stream, keys[connection]
                    )
                    named = called(module, stream)
                    streams[connection, stream] = StreamItems(attributes, tuple(map(ItemSpan._make, spans)), named)
        return ItemHistory(self._first, self._last, definitions, streams)

    def _reader(self, day: date) -> ScopeReader:
        """A reader with the mappings of a day."""
        if day not in self._readers:
            mapped: dict[str, list[OrganizationKey]] = defaultdict(list)
            shares: dict[tuple[str, OrganizationKey], str] = {}
            for one in self.mappings:
                begun = one.valid_from is None or one.valid_from <= day
                if one.customer_id is None or not begun or (one.valid_to is not None and one.valid_to < day):
                    continue
                place = (one.connection, one.organization_key)
                mapped[one.customer_id].append(place)
                if one.item_filter is not None:
                    shares[one.customer_id, place] = one.item_filter
            owned = {customer: tuple(sorted(places)) for customer, places in mapped.items()}
            self._readers[day] = ScopeReader(self._history, owned, self._children, shares)
        return self._readers[day]

    def counted(
        self, rule: Rule, holder: str, first: date, last: date
    ) -> Iterator[tuple[Sequence[date], Decimal | None]]:
        """The value of the rule's expression over runs of days on which nothing changed; None where it is unknown."""
        try:
            expression = parse(rule.quantity)
            days = tuple(days_between(first, last))
            runs = self._reader(first).runs(expression, rule.scope, holder, days, rule.flag_meaning)
            for run, found in Quantities(expression).by_run(runs):
                yield run.days, found.value
        except ExpressionError:
            return

    def question(self, rule: Rule, holder: str, day: date) -> object:
        """What a line counts on a day: two days with the same question can be counted in one go."""
        chosen = self._reader(day).chosen(rule.scope, holder)
        return rule.quantity, rule.flag_meaning, tuple(chosen.items())

    def items_moved(self, rule: Rule, holder: str, first: date, last: date) -> Iterable[ItemEvent]:
        """Items that began to count, or did not any more, after the first day of these; on the first day of a stretch
        something else began (a rule, a mapping), and that is its own reason."""
        chosen = self._reader(first).chosen(rule.scope, holder)
        metrics = tuple(self._behind(rule))
        return item_events(self._counter, metrics, chosen, self._delivered, first, last)

    def customers(self, rule: Rule | None, holder: str) -> set[str]:
        """Customers whose organizations a rule counts."""
        if rule is None:
            return set()
        if rule.scope.kind is ScopeKind.CUSTOMERS:
            return set(rule.scope.customers)
        children = self._children.get(holder, ()) if rule.scope.kind is ScopeKind.HOLDER_AND_CHILDREN else ()
        return {holder, *children}

    def organization(self, place: OrganizationKey) -> str:
        """An organization's name."""
        return self._places.get(place, place[1])

    def label(self, metric: str) -> str:
        """A metric as its module names it."""
        kind = self._known.types.get(metric)
        return kind.label if kind is not None else metric
