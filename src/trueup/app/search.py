"""One search over customers, services with their lines, organizations and items, as the top bar asks it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from trueup.app.workspace import Workspace
from trueup.core.contract import Contract, Customer, Line, Service
from trueup.core.naming import plain
from trueup.store.name_search import FoundItem
from trueup.store.organizations import StoredOrganization

SHOWN: Final = 8
"""How many of each kind are shown."""
SHORTEST: Final = 2
"""Letters that a search needs."""


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line by its customer and service; `line.id` is what the PSA calls it."""

    line: Line
    contract: Contract
    customer_name: str
    service_name: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, each kind in its order and at most so many; `more` names the kinds of which there are more."""

    text: str
    customers: tuple[Customer, ...] = ()
    services: tuple[tuple[Service, int], ...] = ()
    lines: tuple[FoundLine, ...] = ()
    organizations: tuple[StoredOrganization, ...] = ()
    items: tuple[FoundItem, ...] = ()
    more: frozenset[str] = frozenset()

    @property
    def count(self) -> int:
        """How many are shown."""
        return sum(map(len, (self.customers, self.services, self.lines, self.organizations, self.items)))


def _holds(words: list[str], *names: str | None) -> bool:
    text = plain(" ".join(name for name in names if name))
    return all(word in text for word in words)


def _first(words: list[str], name: str) -> tuple[bool, str]:
    return not plain(name).startswith(words[0]), name.casefold()


def _search(ws: Workspace, text: str) -> Found:
    words = plain(text).split()
    store = ws.store
    with store.reading():
        customers = {one.id: one for one in store.psa.customers()}
        services = {one.id: one for one in store.psa.services()}
        contracts = {one.id: one for one in store.psa.contracts()}
        lines = store.psa.lines()
        organizations = [one for one in store.usage.organizations() if _holds(words, one.organization.name)]
        items = store.names.items(text.strip(), SHOWN + 1)
    on_lines = Counter(line.service_id for line in lines)
    named = [one for one in customers.values() if _holds(words, one.name, one.number, one.id)]
    offered = [(one, on_lines[one.id]) for one in services.values() if _holds(words, one.name, one.id)]
    found: list[FoundLine] = []
    for line in lines:
        contract, service = contracts.get(line.contract_id), services.get(line.service_id)
        customer = customers.get(contract.customer_id) if contract else None
        if contract is None or service is None or customer is None:
            continue
        if line.id == text.strip() or (len(words) > 1 and _holds(words, customer.name, service.name, contract.name)):
            found.append(FoundLine(line, contract, customer.name, service.name))
    named.sort(key=lambda one: _first(words, one.name))
    offered.sort(key=lambda one: (-one[1], one[0].name.casefold()))
    found.sort(key=lambda one: (one.customer_name.casefold(), one.service_name.casefold()))
    organizations.sort(key=lambda one: _first(words, one.organization.name))
    counts = {
        "customers": len(named),
        "services": len(offered),
        "lines": len(found),
        "organizations": len(organizations),
        "items": len(items),
    }
    more = frozenset(kind for kind, count in counts.items() if count > SHOWN)
    return Found(
        text.strip(),
        tuple(named[:SHOWN]),
        tuple(offered[:SHOWN]),
        tuple(found[:SHOWN]),
        tuple(organizations[:SHOWN]),
        items[:SHOWN],
        more,
    )


async def search(ws: Workspace, text: str) -> Found:
    """Everything whose names hold these words, in any order and whatever their case and accents. Two words that name a
    customer and a service find its lines; the number of a line finds it. Nothing for fewer than two letters."""
    if len(plain(text)) < SHORTEST or not text.strip():
        return Found(text.strip())
    return await ws.step(_search, ws, text)
