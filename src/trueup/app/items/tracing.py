"""One item across all modules: on which days it was there, which billing types count it, and which lines bill it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from trueup.app.clock import usage_day
from trueup.app.connections.known_psa import PsaNames
from trueup.app.counting.countable import called
from trueup.app.counting.vocabulary import Vocabulary, vocabulary
from trueup.app.rulebook.billing_rules import BillingRules
from trueup.app.workspace import Workspace
from trueup.core.contract import Contract, Line
from trueup.core.counting.item_filter import Conditions, ItemFilter
from trueup.core.rule import Rule
from trueup.core.usage import Item, Scalar
from trueup.store.customers import Mapping as Mapped
from trueup.store.item_search import FoundItem
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class Presence:
    """Days on which an item stood like this, in this organization; `last` None: until the last delivery. Days without
    a delivery between are not meant (`days` are those with one)."""

    first: date
    last: date | None
    organization: str
    days: int


@dataclass(frozen=True, slots=True)
class BillingLine:
    """A line that counts the item now, with the billing types of its rule that do, and its allocation group."""

    line_id: str
    customer: str
    contract: str
    service_id: str
    service: str
    metrics: tuple[str, ...]
    group: str | None = None


@dataclass(frozen=True, slots=True)
class TracedItem:
    """An item as it was last known. `counted_by` are the billing types whose condition it meets, `lines` those that
    bill it now, `twice` the billing types through which more than one of them does (decision 0178-billed-twice)."""

    connection: str
    stream: str
    key: str
    name: str
    there: bool
    attributes: tuple[tuple[str, Scalar], ...]
    organization: str
    customers: tuple[str, ...]
    presence: tuple[Presence, ...]
    counted_by: tuple[str, ...]
    lines: tuple[BillingLine, ...]
    twice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Governed:
    line: Line
    contract: Contract
    rule: Rule
    metrics: frozenset[str]
    customers: frozenset[str]


class _Tracer:
    def __init__(self, ws: Workspace) -> None:
        self._store: TenantStore = ws.store
        self._known: Vocabulary = vocabulary(ws)
        self._names = PsaNames(ws)
        self._today = usage_day(ws.now(), ws.store.settings.get())
        contracts = {one.id: one for one in ws.store.psa.contracts() if one.covers(self._today)}
        rules = BillingRules(ws.store, self._known, contracts, self._today)
        self._governed = tuple(self._of(rules, rules.lines, contracts))
        self._kinds = {one.name: one.kind for one in ws.store.connections.list("module")}
        self._places = {
            (one.connection, one.organization.key): one.organization.name for one in ws.store.usage.organizations()
        }
        self._owners: dict[tuple[str, str], list[Mapped]] = defaultdict(list)
        for one in ws.store.customers.mappings():
            self._owners[one.connection, one.organization_key].append(one)
        self._days: dict[str, tuple[date, ...]] = {}

    @staticmethod
    def _of(rules: BillingRules, lines: Iterable[Line], contracts: Mapping[str, Contract]) -> Iterable[_Governed]:
        for line in lines:
            contract = contracts.get(line.contract_id)
            rule = rules.of(line, contract) if contract is not None else None
            if contract is not None and rule is not None and not rule.exclude:
                whose = rules.customers(rule, contract.customer_id)
                yield _Governed(line, contract, rule, rules.counted(rule), whose)

    def trace(self, found: FoundItem) -> TracedItem:
        """Everything that is known of an item."""
        item, last = found.item, found.intervals[-1]
        there = last.valid_to is None
        place = (found.connection, item.organization)
        counted = self._counted(found, item)
        lines = tuple(self._lines(found, item, counted)) if there else ()
        return TracedItem(
            connection=found.connection,
            stream=found.stream,
            key=item.key,
            name=item.name or item.key,
            there=there,
            attributes=tuple(zip(found.attributes, item.attributes, strict=True)),
            organization=self._places.get(place, item.organization),
            customers=tuple(
                self._names.customer(one.customer_id) for one in self._owners[place] if one.customer_id is not None
            ),
            presence=tuple(self._presence(found)),
            counted_by=counted,
            lines=lines,
            twice=_twice(lines),
        )

    def _presence(self, found: FoundItem) -> Iterable[Presence]:
        days = self._delivered(found.connection)
        for item, first, last in found.intervals:
            inside = sum(first <= day and (last is None or day <= last) for day in days)
            place = (found.connection, item.organization)
            yield Presence(first, last, self._places.get(place, item.organization), inside)

    def _delivered(self, connection: str) -> tuple[date, ...]:
        if connection not in self._days:
            self._days[connection] = self._store.usage.delivered_days(connection)
        return self._days[connection]

    def _fits(self, found: FoundItem, item: Item, condition: str | None, chosen: ItemFilter) -> bool:
        names = called(self._kinds.get(found.connection, ""), found.stream)
        conditions = Conditions(condition, chosen, found.attributes, names, (self._today, self._today))
        return conditions.on(item, self._today) is True

    def _counted(self, found: FoundItem, item: Item) -> tuple[str, ...]:
        """The billing types and metrics of this stream whose condition the item meets."""
        module = self._kinds.get(found.connection, "")
        conditions: dict[str, str | None] = {
            kind.key: kind.condition
            for kind in self._known.types.values()
            if kind.stream == found.stream and kind.key.partition(".")[0] == module
        }
        conditions |= {
            metric.key: metric.expression
            for metric in self._known.metrics.values()
            if metric.over_items and (metric.module, metric.stream) == (module, found.stream)
        }
        whole = ItemFilter()
        return tuple(sorted(key for key, text in conditions.items() if self._fits(found, item, text, whole)))

    def _lines(self, found: FoundItem, item: Item, counted: tuple[str, ...]) -> Iterable[BillingLine]:
        place = (found.connection, item.organization)
        for one in self._governed:
            metrics = tuple(metric for metric in counted if metric in one.metrics)
            owners = [owner for owner in self._owners[place] if owner.customer_id in one.customers]
            scope = one.rule.scope
            if not metrics or not owners or (scope.organizations and place not in scope.organizations):
                continue
            texts = [owner.item_filter for owner in owners]
            shares = () if None in texts else tuple(text for text in texts if text is not None)
            if self._fits(found, item, None, ItemFilter(shares, scope.items)):
                yield BillingLine(
                    one.line.id,
                    self._names.customer(one.contract.customer_id),
                    one.contract.name,
                    one.line.service_id,
                    self._names.service(one.line.service_id),
                    metrics,
                    one.rule.share.group if one.rule.share else None,
                )


def _twice(lines: Iterable[BillingLine]) -> tuple[str, ...]:
    """The billing types through which an item is billed, where more than one line does; the lines of an allocation
    group share it, and are one."""
    through: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        through[line.group or line.line_id].update(line.metrics)
    return tuple(sorted(set().union(*through.values()))) if len(through) > 1 else ()


def _trace(ws: Workspace, text: str, limit: int) -> tuple[TracedItem, ...]:
    with ws.store.reading():
        found = ws.store.item_search.find(text, limit=limit)
        if not found:
            return ()
        tracer = _Tracer(ws)
        return tuple(tracer.trace(one) for one in found)


async def trace_items(ws: Workspace, text: str, limit: int = 20) -> tuple[TracedItem, ...]:
    """Items by key or name, across modules, with their days and the lines that bill them; from what is stored. A line
    bills what its rule counts today; what it billed on a past day, the plan of that day tells (`trueup explain`)."""
    return await ws.step(_trace, ws, text, limit)
