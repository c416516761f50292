"""Customers: which organization of a module is which customer of the PSA, decided by a person and written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trueup.app.connections.known_psa import asked_again, catalogue_known
from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.mapping.matching import CustomerNames, Suggestion
from trueup.app.mapping.sharing import check_share, refuse_taking_all, refuse_taking_part, share_warnings
from trueup.app.mapping.versions import decisions_on, refuse_changed, version_of
from trueup.app.usage.newest_usage import NewestUsage, UsageFigure, newest_usage
from trueup.app.workspace import Workspace
from trueup.core.contract import Customer
from trueup.core.reason import Reason
from trueup.core.usage import ModuleOrganization
from trueup.store.customers import Mapping
from trueup.store.organizations import StoredOrganization
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class OrganizationMatch:
    """An organization that nobody has decided on, what it uses on the newest day, and which customers it may be, best
    first. `total` is its largest figure; `gone` says that the module does not list it any more."""

    connection: str
    organization: ModuleOrganization
    day: date | None
    usage: tuple[UsageFigure, ...]
    total: Decimal
    suggestions: tuple[Suggestion, ...]
    gone: bool = False


@dataclass(frozen=True, slots=True)
class OrganizationState:
    """An organization with what was decided on it. `state` is `mapped`, `ignored` or `unmapped`; `reason` is the
    person's for ignoring; `warnings` say where a decision no longer fits (the customer is inactive or gone; items that
    nobody has). `item_filter` says which items the customer has of an organization that is shared; `usage` is of all.
    """

    connection: str
    organization: ModuleOrganization
    state: str
    customer_id: str | None
    customer_name: str | None
    reason: str | None
    decided_by: str | None
    day: date | None
    usage: tuple[UsageFigure, ...]
    total: Decimal
    gone: bool = False
    warnings: tuple[Reason, ...] = ()
    item_filter: str | None = None


def _by_weight(usage: NewestUsage, one: StoredOrganization) -> tuple[Decimal, str, str]:
    return -usage.weight((one.connection, one.organization.key)), one.organization.name.casefold(), one.organization.key


def _matches(store: TenantStore) -> tuple[OrganizationMatch, ...]:
    with store.reading():
        usage = newest_usage(store)
        waiting = sorted(store.customers.unmapped(), key=lambda one: _by_weight(usage, one))
        names = CustomerNames(store.psa.customers())
    found: list[OrganizationMatch] = []
    for one in waiting:
        key = (one.connection, one.organization.key)
        found.append(
            OrganizationMatch(
                connection=one.connection,
                organization=one.organization,
                day=usage.days.get(one.connection),
                usage=usage.of(key),
                total=usage.weight(key),
                suggestions=names.suggest(one.organization),
                gone=one.gone_since is not None,
            )
        )
    return tuple(found)


async def suggest(ws: Workspace) -> tuple[OrganizationMatch, ...]:
    """Organizations that are not mapped and not ignored, those with most usage first, with the customers that they may
    be. Nothing is decided. Raises UseCaseError `setup.no_psa` and PsaReadError while no customers are known."""
    await catalogue_known(ws)
    return await ws.step(_matches, ws.store)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A suggestion that was accepted. `version` stands for the decision, so that it can be taken back."""

    connection: str
    organization: ModuleOrganization
    customer: Customer
    version: str


def _accept(ws: Workspace, score: int) -> tuple[Accepted, ...]:
    store = ws.store
    accepted: list[Accepted] = []
    with store.writing():
        for match in _matches(store):
            best = match.suggestions[0] if match.suggestions else None
            if best is not None and best.sole and best.score >= score and not match.gone:
                _map(ws, match.connection, match.organization, best.customer, best)
                version = version_of(decisions_on(store, match.connection, match.organization.key))
                accepted.append(Accepted(match.connection, match.organization, best.customer, version))
    return tuple(accepted)


async def accept_suggestions(ws: Workspace, score: int) -> tuple[Accepted, ...]:
    """Map every organization whose best suggestion is at or above the score and the only one at that score; gives what
    was mapped. Organizations that are gone are left to a person. Raises UseCaseError `customers.score_range` (exit
    2)."""
    if not 0 <= score <= 100:
        raise UseCaseError(Reason.of("customers.score_range", score=score), Exit.USAGE)
    await catalogue_known(ws)
    return await ws.step(_accept, ws, score)


async def accept_above(ws: Workspace, score: int) -> int:
    """The same; gives how many."""
    return len(await accept_suggestions(ws, score))


def known_organization(store: TenantStore, connection: str, key: str) -> ModuleOrganization:
    """An organization that the connection listed once. Raises UseCaseError `customers.unknown_organization`, StoreError
    `store.unknown_connection`."""
    store.connections.get(connection)
    for found in store.usage.organizations(connection):
        if found.organization.key == key:
            return found.organization
    raise failed("customers.unknown_organization", connection=connection, organization=key)


def _customer(store: TenantStore, customer_id: str) -> Customer:
    for found in store.psa.customers():
        if found.id == customer_id:
            if not (found.active and found.billable):
                raise failed("customers.not_billable", customer=customer_id, name=found.name)
            return found
    raise failed("customers.unknown_customer", customer=customer_id)


def _map(
    ws: Workspace,
    connection: str,
    organization: ModuleOrganization,
    customer: Customer,
    suggestion: Suggestion | None = None,
    items: str | None = None,
) -> None:
    ws.store.customers.map(connection, organization.key, customer.id, ws.actor, now=ws.now(), item_filter=items)
    detail = Reason.of(
        "audit.mapped",
        connection=connection,
        organization=organization.key,
        name=organization.name,
        customer=customer.id,
        customer_name=customer.name,
        score=suggestion.score if suggestion else None,
        why=suggestion.reason.code if suggestion else None,
        filter=items,
    )
    ws.store.audit.add(ws.actor, "customer.mapped", detail, now=ws.now())


def _map_checked(
    ws: Workspace, connection: str, key: str, customer_id: str, items: str | None, expected: str | None
) -> tuple[Reason, ...]:
    with ws.store.writing():
        organization = known_organization(ws.store, connection, key)
        refuse_changed(ws.store, connection, key, organization.name, expected)
        customer = _customer(ws.store, customer_id)
        if items is None:
            refuse_taking_all(ws.store, connection, key, organization.name, customer_id)
        else:
            check_share(ws, connection, items)
            refuse_taking_part(ws.store, connection, key, organization.name, customer_id)
        _map(ws, connection, organization, customer, items=items)
        return share_warnings(ws.store, connection, key).get((connection, key), ())


async def map_organization(
    ws: Workspace, connection: str, key: str, customer_id: str, items: str | None = None, expected: str | None = None
) -> tuple[Reason, ...]:
    """Say that an organization is a customer; this takes the place of an earlier decision, from today on.

    Several organizations may be one customer. With `items`, an expression over the attributes of items, the customer
    has only those items of it, beside other customers that have theirs; what is given back then are warnings of items
    that no customer has, or several. `expected` is the version of the decisions that the person saw.

    Raises UseCaseError `customers.not_billable`, `customers.unknown_organization`, `customers.unknown_customer` (after
    the PSA was asked again), `customers.shared`, `customers.not_shared`, `customers.no_items_yet`,
    `customers.share_without_names`, `customers.changed_meanwhile` (exit code 4); ExpressionError; StoreError
    `store.unknown_connection`.
    """
    await catalogue_known(ws)
    return await asked_again(
        lambda: ws.step(_map_checked, ws, connection, key, customer_id, items, expected),
        ("customers.unknown_customer",),
        lambda: catalogue_known(ws, again=True),
    )


def _unmap(ws: Workspace, connection: str, key: str, customer_id: str | None, expected: str | None) -> None:
    store = ws.store
    with store.writing():
        organization = known_organization(store, connection, key)
        refuse_changed(store, connection, key, organization.name, expected)
        if not store.customers.unmap(connection, key, ws.actor, now=ws.now(), customer_id=customer_id):
            raise failed("customers.not_mapped", connection=connection, organization=organization.name)
        detail = Reason.of("audit.unmapped", connection=connection, organization=key, name=organization.name)
        store.audit.add(ws.actor, "customer.unmapped", detail, now=ws.now())


async def unmap(
    ws: Workspace, connection: str, key: str, customer_id: str | None = None, expected: str | None = None
) -> None:
    """End what was decided on an organization (mapped or ignored), or one customer's part of it, from today on. Lines
    that need it are `unmapped` in the next plan, never 0. Raises UseCaseError `customers.unknown_organization`,
    `customers.not_mapped`, `customers.changed_meanwhile` (exit code 4)."""
    await ws.step(_unmap, ws, connection, key, customer_id, expected)


def _ignore(ws: Workspace, connection: str, key: str, reason: str, expected: str | None) -> None:
    store = ws.store
    with store.writing():
        organization = known_organization(store, connection, key)
        refuse_changed(store, connection, key, organization.name, expected)
        refuse_taking_all(store, connection, key, organization.name, "")
        store.customers.ignore(connection, key, reason, ws.actor, now=ws.now())
        detail = Reason.of(
            "audit.ignored", connection=connection, organization=key, name=organization.name, reason=reason
        )
        store.audit.add(ws.actor, "customer.ignored", detail, now=ws.now())


async def ignore(ws: Workspace, connection: str, key: str, reason: str, expected: str | None = None) -> None:
    """Say that an organization is not billed, and why. Raises UseCaseError `customers.reason_needed` (exit 2),
    `customers.unknown_organization`, `customers.shared`, `customers.changed_meanwhile` (exit code 4)."""
    if not reason.strip():
        raise UseCaseError(Reason.of("customers.reason_needed"), Exit.USAGE)
    await ws.step(_ignore, ws, connection, key, reason.strip(), expected)


def _warnings(decision: Mapping | None, customers: dict[str, Customer]) -> tuple[Reason, ...]:
    if decision is None or decision.customer_id is None:
        return ()
    customer = customers.get(decision.customer_id)
    if customer is None:
        return (Reason.of("customers.customer_gone", customer=decision.customer_id),)
    if not (customer.active and customer.billable):
        return (Reason.of("customers.not_billable", customer=customer.id, name=customer.name),)
    return ()


def _state(
    one: StoredOrganization,
    decision: Mapping | None,
    usage: NewestUsage,
    customers: dict[str, Customer],
    shared: tuple[Reason, ...],
) -> OrganizationState:
    key = (one.connection, one.organization.key)
    customer_id = decision.customer_id if decision else None
    customer = customers.get(customer_id or "")
    return OrganizationState(
        connection=one.connection,
        organization=one.organization,
        state="unmapped" if decision is None else "ignored" if decision.ignored else "mapped",
        customer_id=customer_id,
        customer_name=customer.name if customer else None,
        reason=decision.reason if decision else None,
        decided_by=decision.decided_by if decision else None,
        day=usage.days.get(one.connection),
        usage=usage.of(key),
        total=usage.weight(key),
        gone=one.gone_since is not None,
        warnings=(*_warnings(decision, customers), *shared),
        item_filter=decision.item_filter if decision else None,
    )


def _listing(store: TenantStore) -> tuple[OrganizationState, ...]:
    with store.reading():
        usage = newest_usage(store)
        listed = sorted(store.usage.organizations(), key=lambda one: _by_weight(usage, one))
        decided: dict[tuple[str, str], list[Mapping]] = {}
        for found in store.customers.mappings():
            decided.setdefault((found.connection, found.organization_key), []).append(found)
        customers = {customer.id: customer for customer in store.psa.customers()}
        shared = share_warnings(store)
    return tuple(
        _state(one, decision, usage, customers, shared.get((one.connection, one.organization.key), ()))
        for one in listed
        for decision in decided.get((one.connection, one.organization.key), [None])
    )


async def listing(ws: Workspace) -> tuple[OrganizationState, ...]:
    """Every organization with its decision and usage, those with most usage first; one that is shared by several
    customers appears once for each."""
    return await ws.step(_listing, ws.store)
