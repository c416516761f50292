"""Whom and what an entry of the activity is about, by name: records hold ids, because names change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from trueup.core.reason import Reason
from trueup.core.rule import RuleLevel
from trueup.store.story import StoryEntry
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class About:
    """Names as the PSA has them now, or had them last. Each is None where the entry is about no such thing."""

    customer: str | None = None
    contract: str | None = None
    service: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Those that there are, as they are read."""
        return tuple(name for name in (self.customer, self.service, self.contract) if name)


@dataclass(frozen=True, slots=True)
class NamedEntry:
    """An entry with what it is about."""

    entry: StoryEntry
    about: About


_LEVELS = {level.value for level in RuleLevel}


def _ids(reason: Reason) -> Iterator[tuple[str, str]]:
    """What a reason names by id: pairs of `line`, `customer`, `contract` or `service` and the id."""
    given = {name: str(value) for name, value in reason.params if value not in (None, "")}
    for kind in ("line", "customer", "contract", "service"):
        if kind in given:
            yield kind, given[kind]
    if given.get("level") in _LEVELS and "target" in given:
        yield given["level"], given["target"]


def _about(ids: Iterable[tuple[str, str]], store: Names) -> About:
    found: dict[str, str] = {}
    for kind, number in ids:
        found |= store.of(kind, number)
    return About(**found)


class Names:
    """Names of the PSA for some ids, read in a few questions whatever their number."""

    def __init__(self, store: TenantStore, ids: Iterable[tuple[str, str]]) -> None:
        wanted: dict[str, set[str]] = {"line": set(), "customer": set(), "contract": set(), "service": set()}
        for kind, number in ids:
            wanted[kind].add(number)
        psa = store.psa
        self._lines = {one.id: one for one in psa.lines(with_gone=True, ids=wanted["line"])}
        of_lines = self._lines.values()
        contracts = wanted["contract"] | {one.contract_id for one in of_lines}
        self._contracts = {one.id: one for one in psa.contracts(with_gone=True, ids=contracts)}
        services = wanted["service"] | {one.service_id for one in of_lines}
        self._services = {one.id: one.name for one in psa.services(with_gone=True, ids=services)}
        customers = wanted["customer"] | {one.customer_id for one in self._contracts.values()}
        self._customers = {one.id: one.name for one in psa.customers(with_gone=True, ids=customers)}

    def of(self, kind: str, number: str) -> dict[str, str]:
        """The names that belong to an id: of a line its customer's, contract's and service's."""
        if kind == "line":
            line = self._lines.get(number)
            return {**self.of("contract", line.contract_id), **self.of("service", line.service_id)} if line else {}
        if kind == "contract":
            contract = self._contracts.get(number)
            return {**self.of("customer", contract.customer_id), "contract": contract.name} if contract else {}
        name = (self._customers if kind == "customer" else self._services).get(number)
        return {kind: name} if name else {}


def named(store: TenantStore, entries: Sequence[StoryEntry]) -> tuple[NamedEntry, ...]:
    """Entries with their names; a synchronous step."""
    ids = [tuple(_ids(one.detail)) for one in entries]
    with store.reading():
        names = Names(store, [pair for of_one in ids for pair in of_one])
    return tuple(NamedEntry(one, _about(of_one, names)) for one, of_one in zip(entries, ids, strict=True))
