"""Matching seen from the PSA: each customer with its organizations in every connected module, side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from trueup.app.connections.known_psa import catalogue_known
from trueup.app.errors import UseCaseError, failed
from trueup.app.paging import PageOf, page_of
from trueup.app.rulebook.suggesting import module_label
from trueup.app.workspace import Workspace
from trueup.core.contract import Customer
from trueup.core.naming import plain
from trueup.core.reason import Reason
from trueup.store.tenant_store import TenantStore

OFFERED = 20
"""How many names a search while typing gives."""


@dataclass(frozen=True, slots=True)
class CustomerQuestion:
    """Which customers: words in the name, number or an organization's name; only those without an organization in some
    module (`missing`: a connection); and which page."""

    text: str = ""
    missing: str | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class MappedOrganization:
    """An organization of a customer; `item_filter` says which of its items are theirs (None: all)."""

    connection: str
    key: str
    name: str
    item_filter: str | None
    gone: bool


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer with its organizations by connection. `onboarding` is the last day on which rises are held by no rail;
    `parent` names the organization that it is a part of."""

    customer: Customer
    parent: str | None
    organizations: Mapping[str, tuple[MappedOrganization, ...]]
    onboarding: date | None


@dataclass(frozen=True, slots=True)
class CustomersShown:
    """One page of customers; `connections` are the columns, with their modules' names. `mapped` counts the customers
    with an organization, `billable` all that may have one."""

    page: PageOf[CustomerRow]
    connections: tuple[tuple[str, str], ...]
    mapped: int
    billable: int
    problem: Reason | None = None


def _rows(store: TenantStore) -> list[CustomerRow]:
    customers = {customer.id: customer for customer in store.psa.customers()}
    names = {(one.connection, one.organization.key): one for one in store.usage.organizations()}
    found: dict[str, dict[str, list[MappedOrganization]]] = defaultdict(lambda: defaultdict(list))
    for one in store.customers.mappings():
        place = names.get((one.connection, one.organization_key))
        if one.customer_id is not None:
            name = place.organization.name if place else one.organization_key
            gone = place is not None and place.gone_since is not None
            shown = MappedOrganization(one.connection, one.organization_key, name, one.item_filter, gone)
            found[one.customer_id][one.connection].append(shown)
    until = dict(store.settings.get().onboarding)
    rows = []
    for customer in customers.values():
        mine = found.get(customer.id, {})
        if not mine and not (customer.active and customer.billable):
            continue
        parent = customers.get(customer.parent_id or "")
        organizations = {connection: tuple(places) for connection, places in mine.items()}
        rows.append(CustomerRow(customer, parent.name if parent else None, organizations, until.get(customer.id)))
    return sorted(rows, key=lambda row: (row.customer.name.casefold(), row.customer.id))


def _fits(row: CustomerRow, question: CustomerQuestion, words: list[str]) -> bool:
    if question.missing is not None and question.missing in row.organizations:
        return False
    places = (place.name for places in row.organizations.values() for place in places)
    text = plain(" ".join((row.customer.name, row.customer.number or "", row.customer.id, *places)))
    return all(word in text for word in words)


def _shown(ws: Workspace, question: CustomerQuestion) -> CustomersShown:
    store = ws.store
    with store.reading():
        rows = _rows(store)
        connections = tuple((one.name, module_label(one.kind)) for one in store.connections.list("module"))
    words = plain(question.text).split() if question.text.strip() else []
    fitting = [row for row in rows if _fits(row, question, words)]
    mapped = sum(1 for row in rows if row.organizations)
    return CustomersShown(page_of(fitting, question.page), connections, mapped, len(rows))


async def by_customer(ws: Workspace, question: CustomerQuestion | None = None) -> CustomersShown:
    """One page of the PSA's customers by name. Reads them where none are known yet; where that fails, `problem` says
    why."""
    problem: Reason | None = None
    try:
        await catalogue_known(ws)
    except UseCaseError as error:
        problem = error.reason
    return replace(await ws.step(_shown, ws, question or CustomerQuestion()), problem=problem)


def _one(ws: Workspace, customer_id: str) -> CustomerRow:
    with ws.store.reading():
        for row in _rows(ws.store):
            if row.customer.id == customer_id:
                return row
    raise failed("customers.unknown_customer", customer=customer_id)


async def customer(ws: Workspace, customer_id: str) -> CustomerRow:
    """One customer with its organizations. Raises UseCaseError `customers.unknown_customer`."""
    return await ws.step(_one, ws, customer_id)


def _named(ws: Workspace, text: str) -> tuple[Customer, ...]:
    words = plain(text).split() if text.strip() else []
    found = [
        one
        for one in ws.store.psa.customers()
        if one.active
        and one.billable
        and all(word in plain(f"{one.name} {one.number or ''} {one.id}") for word in words)
    ]
    first = words[0] if words else ""
    found.sort(key=lambda one: (not plain(one.name).startswith(first), one.name.casefold(), one.id))
    return tuple(found[:OFFERED])


async def customers_named(ws: Workspace, text: str) -> tuple[Customer, ...]:
    """Customers that may be mapped and whose names hold these words, those that begin so first."""
    return await ws.step(_named, ws, text)
