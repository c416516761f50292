"""Lists of items that a check works with: what each customer has in them on the newest days, and what is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from trueup.app.counting.countable import called
from trueup.app.counting.item_metrics import newest_delivery
from trueup.app.counting.vocabulary import ItemStream, Vocabulary
from trueup.app.usage.source_age import source_ages
from trueup.core.checks.cross_check import ListOfCustomer, texts_of
from trueup.core.counting.item_filter import item_predicate, names_for_items
from trueup.core.counting.scope import OrganizationKey
from trueup.core.expression import ExpressionError, Kind
from trueup.core.reason import Reason
from trueup.core.usage import Item
from trueup.store.connections import Connection
from trueup.store.customers import Mapping as Mapped
from trueup.store.tenant_store import TenantStore


def list_name(stream: ItemStream) -> str:
    """How a list of items is called: `datto_rmm.devices`."""
    return f"{stream.module}.{stream.stream}"


def stream_named(known: Vocabulary, name: str) -> ItemStream | None:
    """The list of items of that name."""
    return next((one for one in known.streams if list_name(one) == name), None)


def texts_named(known: Vocabulary) -> tuple[str, ...]:
    """What may stand behind `in`: each attribute of items that holds texts, such as `datto_edr.agents.hostname`."""
    return tuple(
        f"{list_name(one)}.{name}"
        for one in known.streams
        for name, kind in one.attributes.items()
        if kind in (Kind.TEXT, Kind.UNKNOWN)
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """One connection's newest delivery of a list, by organization; `problem` says why it may be short, `partial`
    where."""

    connection: str
    attributes: tuple[str, ...]
    called: tuple[str, ...]
    items: Mapping[str, tuple[Item, ...]]
    day: date | None = None
    problem: Reason | None = None
    partial: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CustomerItems:
    """What a customer has in a list, the names of the values in a row of it, and why it may have more."""

    items: tuple[tuple[OrganizationKey, Item], ...]
    names: tuple[str, ...]
    problem: Reason | None = None


class ItemLists:
    """Lists by customer. Reads the store; use it inside one moment of the database."""

    def __init__(self, store: TenantStore, stale_days: int) -> None:
        self._store = store
        self._connections = store.connections.list("module")
        self._ages = source_ages(store)
        self._stale_days = stale_days
        self._newest = max(
            (day for one in self._connections if (day := store.connections.state(one.name).delivered_day) is not None),
            default=date.min,
        )
        self._sources: dict[str, tuple[_Source, ...]] = {}
        self._owned: dict[str, list[Mapped]] = defaultdict(list)
        self._decided: set[OrganizationKey] = set()
        for one in store.customers.mappings():
            self._decided.add((one.connection, one.organization_key))
            if one.customer_id is not None:
                self._owned[one.customer_id].append(one)

    @property
    def customers(self) -> tuple[str, ...]:
        """Customers with an organization in any module."""
        return tuple(sorted(self._owned))

    def day_of(self, name: str) -> date:
        """The newest usage day of a list; the first day there is where it was never delivered."""
        return max((source.day for source in self._of(name) if source.day is not None), default=date.min)

    def of(self, customer: str, name: str) -> CustomerItems | None:
        """A customer's items in a list; None without an organization in any of its modules."""
        found: list[tuple[OrganizationKey, Item]] = []
        names: tuple[str, ...] | None = None
        problem: Reason | None = None
        for source in self._of(name):
            for mapping in self._owned[customer]:
                if mapping.connection != source.connection:
                    continue
                names = names or names_for_items(source.attributes, source.called)
                key = mapping.organization_key
                problem = problem or source.problem
                if key in source.partial:
                    problem = problem or Reason.of(
                        "cross_check.not_whole", connection=source.connection, day=source.day
                    )
                try:
                    mine = item_predicate(mapping.item_filter, source.attributes, source.called, source.day)
                    found += [((source.connection, key), item) for item in source.items.get(key, ()) if mine(item)]
                except ExpressionError as error:
                    problem = problem or Reason.of(
                        "cross_check.cannot_judge", error=error.code, position=error.position
                    )
        return None if names is None else CustomerItems(tuple(found), names, problem)

    def texts(self, customer: str, name: str) -> ListOfCustomer:
        """The values that a customer has of an attribute, by its whole name: `datto_edr.agents.hostname`."""
        stream, _, attribute = name.rpartition(".")
        found = self.of(customer, stream)
        if found is None:
            return ListOfCustomer(problem=Reason.of("cross_check.no_organization", module=stream.partition(".")[0]))
        if found.problem is not None or attribute not in found.names:
            return ListOfCustomer(problem=found.problem or Reason.of("cross_check.no_list", name=name))
        place = found.names.index(attribute)
        return ListOfCustomer(texts_of((item for _, item in found.items), place, len(found.names)))

    def unmapped(self, name: str) -> int:
        """Items of organizations that nobody decided on."""
        return sum(
            len(items)
            for source in self._of(name)
            for key, items in source.items.items()
            if (source.connection, key) not in self._decided
        )

    def _of(self, name: str) -> tuple[_Source, ...]:
        if name not in self._sources:
            module, _, stream = name.partition(".")
            found = [self._source(one, stream) for one in self._connections if one.kind == module]
            self._sources[name] = tuple(_with_layout(one, found[0].attributes) for one in found)
        return self._sources[name]

    def _source(self, connection: Connection, stream: str) -> _Source:
        attributes = self._store.usage.streams(connection.name).get(stream, ())
        delivery = newest_delivery(self._store, connection)
        if delivery is None or stream not in delivery.streams:
            missing = Reason.of("cross_check.not_delivered", connection=connection.name)
            return _Source(connection.name, attributes, called(connection.kind, stream), {}, problem=missing)
        problem: Reason | None = None
        allowed = self._ages.get(connection.name, self._stale_days)
        if (self._newest - delivery.day).days > allowed:
            problem = Reason.of("cross_check.stale", connection=connection.name, day=delivery.day)
        items: dict[str, list[Item]] = defaultdict(list)
        for item in self._store.usage.items(delivery.day, connection.name, stream):
            items[item.organization].append(item)
        return _Source(
            connection.name,
            attributes,
            called(connection.kind, stream),
            {key: tuple(found) for key, found in items.items()},
            delivery.day,
            problem,
            frozenset(organization for of, organization in delivery.partial if of == stream),
        )


def _with_layout(source: _Source, attributes: Iterable[str]) -> _Source:
    """The source with the attributes of its items in this order, so that all connections of a module agree."""
    order = tuple(attributes)
    if source.attributes == order:
        return source

    def ordered(item: Item) -> Item:
        values = dict(zip(source.attributes, item.attributes, strict=True))
        return item._replace(attributes=tuple(values.get(name) for name in order))

    items = {key: tuple(map(ordered, found)) for key, found in source.items.items()}
    return _Source(source.connection, order, source.called, items, source.day, source.problem, source.partial)
