"""Which lines count the items of which organizations on a day, list by list: what is billed twice is found by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from trueup.app.counting.countable import called
from trueup.app.counting.vocabulary import vocabulary
from trueup.app.rulebook.billing_rules import BillingRules
from trueup.app.workspace import Workspace
from trueup.core.contract import Contract, PsaSnapshot
from trueup.core.counting.billed_twice import Billers, Claim, ItemList, billed_twice, contested
from trueup.core.counting.item_filter import ItemFilter
from trueup.core.counting.scope import OrganizationKey
from trueup.core.dates.succession import Succession
from trueup.core.usage import Item

Place = tuple[str, str]
"""A list: connection and stream."""

_MANY = 400
"""From so many organizations on a list is read as a whole."""


class Claims:
    """The lines of a day with what they count. Reads the store; use it inside one moment of the database. `seen` is
    what was read of the PSA just now, with its renewals, where it is not kept yet."""

    def __init__(self, ws: Workspace, day: date, seen: tuple[PsaSnapshot, Succession] | None = None) -> None:
        self._store, self._day = ws.store, day
        known = vocabulary(ws)
        found = seen[0].contracts if seen else ws.store.psa.contracts()
        self.contracts: Mapping[str, Contract] = {one.id: one for one in found}
        self.kinds = {one.name: one.kind for one in ws.store.connections.list("module")}
        self._owned: dict[str, list[tuple[OrganizationKey, str | None]]] = defaultdict(list)
        for one in ws.store.customers.mappings():
            if one.customer_id is not None and one.connection in self.kinds:
                place = (one.connection, one.organization_key)
                self._owned[one.customer_id].append((place, one.item_filter))
        self._counted: dict[str, tuple[str, str, str | None]] = {
            key: (key.partition(".")[0], kind.stream, kind.condition)
            for key, kind in known.types.items()
            if kind.stream is not None
        }
        self._counted |= {
            key: (metric.module, metric.stream, metric.expression)
            for key, metric in known.metrics.items()
            if metric.module is not None and metric.stream is not None
        }
        covering = {key: one for key, one in self.contracts.items() if one.covers(day)}
        self._rules = BillingRules(ws.store, known, covering, day, seen)
        self._covering = covering
        self._places: dict[frozenset[str], Mapping[OrganizationKey, tuple[str, ...]]] = {}

    def _whose(self, customers: frozenset[str]) -> Mapping[OrganizationKey, tuple[str, ...]]:
        """The organizations of some customers, each with the filters of their parts; none where one has it whole."""
        if customers not in self._places:
            texts: dict[OrganizationKey, list[str | None]] = defaultdict(list)
            for customer in customers:
                for place, text in self._owned.get(customer, ()):
                    texts[place].append(text)
            self._places[customers] = {
                place: () if None in found else tuple(text for text in found if text is not None)
                for place, found in texts.items()
            }
        return self._places[customers]

    def _all(self) -> Mapping[Place, Mapping[str, Sequence[Claim]]]:
        claims: dict[Place, dict[str, list[Claim]]] = defaultdict(lambda: defaultdict(list))
        for line in self._rules.lines:
            contract = self._covering.get(line.contract_id)
            rule = self._rules.of(line, contract) if contract is not None else None
            if contract is None or rule is None or rule.exclude:
                continue
            bearer = f"group {rule.share.group}" if rule.share else line.id
            counted = [
                (metric, self._counted[metric])
                for metric in sorted(self._rules.counted(rule))
                if metric in self._counted
            ]
            scope = rule.scope
            for place, shares in self._whose(self._rules.customers(rule, contract.customer_id)).items():
                if scope.organizations and place not in scope.organizations:
                    continue
                chosen = ItemFilter(shares, scope.items)
                for metric, (module, stream, condition) in counted:
                    if module == self.kinds[place[0]]:
                        one = Claim(line.id, line.service_id, bearer, metric, condition, chosen)
                        claims[place[0], stream][place[1]].append(one)
        return claims

    def twice(self) -> Iterator[tuple[Place, Item, Billers]]:
        """Every item that more than one line bills, with its list. Lists that nobody bills twice are not read."""
        for (connection, stream), found in sorted(self._all().items()):
            claims = contested(found)
            if not claims:
                continue
            of = ItemList(self._store.usage.streams(connection).get(stream, ()), called(self.kinds[connection], stream))
            for item, billers in billed_twice(claims, self._items(connection, stream, claims), of, self._day):
                yield (connection, stream), item, billers

    def _items(self, connection: str, stream: str, claims: Mapping[str, object]) -> Iterable[Item]:
        some = set(claims) if len(claims) < _MANY else None
        return self._store.usage.items(self._day, connection, stream, some)
