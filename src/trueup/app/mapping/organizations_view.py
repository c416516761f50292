"""Matching seen from the modules: every organization with what was decided on it, what it uses and what that is worth.

What waits for a person comes first, the largest amount on top.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from trueup.app.connections.known_psa import catalogue_known
from trueup.app.errors import UseCaseError
from trueup.app.mapping.customers import known_organization
from trueup.app.mapping.matching import CustomerNames, Suggestion
from trueup.app.mapping.sharing import share_warnings
from trueup.app.mapping.versions import version_of
from trueup.app.mapping.worth import Worth, worth_of_unmapped
from trueup.app.paging import PageOf, page_of
from trueup.app.rulebook.suggesting import module_label
from trueup.app.usage.newest_usage import NewestUsage, UsageFigure, newest_usage
from trueup.app.workspace import Workspace
from trueup.core.contract import Customer
from trueup.core.counting.scope import OrganizationKey
from trueup.core.digest import digest
from trueup.core.money import sum_by_currency
from trueup.core.naming import plain
from trueup.core.reason import Reason
from trueup.core.usage import ModuleOrganization
from trueup.store.customers import Mapping as Mapped
from trueup.store.organizations import StoredOrganization
from trueup.store.tenant_store import TenantStore


class OrganizationStateKind(StrEnum):
    """What was decided on an organization."""

    UNMAPPED = "unmapped"
    MAPPED = "mapped"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class OrganizationQuestion:
    """Which organizations: words in its name or its customer's, what was decided, one connection; and which page."""

    text: str = ""
    state: OrganizationStateKind | None = None
    connection: str | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision in force: a customer with the items that it has (None: all), or a reason for leaving it out."""

    customer_id: str | None
    customer_name: str | None
    item_filter: str | None
    reason: str | None
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    """An organization as a person decides on it. `version` stands for its decisions; `total` is its largest figure;
    `worth` what a month of its usage would bring where nobody is billed for it yet."""

    connection: str
    module: str
    organization: ModuleOrganization
    state: OrganizationStateKind
    decisions: tuple[Decision, ...]
    version: str
    day: date | None
    usage: tuple[UsageFigure, ...]
    total: Decimal
    worth: Worth | None = None
    gone: bool = False
    suggestions: tuple[Suggestion, ...] = ()
    warnings: tuple[Reason, ...] = ()

    @property
    def ref(self) -> str:
        """Twelve characters to name it by on a page."""
        return digest(self.connection, self.organization.key)[:12]

    @property
    def shared(self) -> bool:
        """Whether several customers have their items of it."""
        return any(one.item_filter is not None for one in self.decisions)

    @property
    def best(self) -> Suggestion | None:
        """The suggestion to accept, if one fits alone."""
        return self.suggestions[0] if self.suggestions and self.suggestions[0].sole and not self.gone else None


@dataclass(frozen=True, slots=True)
class OrganizationsShown:
    """One page of organizations; `counts` are of all, by what was decided; `worth` is of those that wait, by currency.
    `problem` says why no customers are known."""

    page: PageOf[OrganizationRow]
    counts: Mapping[OrganizationStateKind, int]
    worth: Mapping[str | None, Decimal]
    connections: tuple[str, ...]
    problem: Reason | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rows are made of, read in one moment of the database."""

    usage: NewestUsage
    listed: tuple[StoredOrganization, ...]
    decided: Mapping[OrganizationKey, list[Mapped]]
    customers: Mapping[str, Customer]
    modules: Mapping[str, str]
    worth: Mapping[OrganizationKey, Worth] = field(default_factory=dict)


def _known(store: TenantStore, worth: Mapping[OrganizationKey, Worth]) -> _Known:
    decided: dict[OrganizationKey, list[Mapped]] = defaultdict(list)
    for one in store.customers.mappings():
        decided[one.connection, one.organization_key].append(one)
    return _Known(
        usage=newest_usage(store),
        listed=store.usage.organizations(),
        decided=decided,
        customers={customer.id: customer for customer in store.psa.customers(with_gone=True)},
        modules={one.name: module_label(one.kind) for one in store.connections.list("module")},
        worth=worth,
    )


def _decision(one: Mapped, customers: Mapping[str, Customer]) -> Decision:
    customer = customers.get(one.customer_id or "")
    name = customer.name if customer else one.customer_id
    return Decision(one.customer_id, name, one.item_filter, one.reason, one.decided_by, one.decided_at)


def _warnings(decisions: tuple[Decision, ...], customers: Mapping[str, Customer]) -> tuple[Reason, ...]:
    found: list[Reason] = []
    for one in decisions:
        customer = customers.get(one.customer_id or "")
        if one.customer_id is not None and customer is None:
            found.append(Reason.of("customers.customer_gone", customer=one.customer_id))
        elif customer is not None and not (customer.active and customer.billable):
            found.append(Reason.of("customers.not_billable", customer=customer.id, name=customer.name))
    return tuple(found)


def _row(one: StoredOrganization, known: _Known) -> OrganizationRow:
    key = (one.connection, one.organization.key)
    mapped = known.decided.get(key, [])
    decisions = tuple(_decision(found, known.customers) for found in mapped)
    state = OrganizationStateKind.MAPPED
    if not decisions:
        state = OrganizationStateKind.UNMAPPED
    elif decisions[0].customer_id is None:
        state = OrganizationStateKind.IGNORED
    return OrganizationRow(
        connection=one.connection,
        module=known.modules.get(one.connection, one.connection),
        organization=one.organization,
        state=state,
        decisions=decisions,
        version=version_of(mapped),
        day=known.usage.days.get(one.connection),
        usage=known.usage.of(key),
        total=known.usage.weight(key),
        worth=known.worth.get(key) if state is OrganizationStateKind.UNMAPPED else None,
        gone=one.gone_since is not None,
        warnings=_warnings(decisions, known.customers),
    )


_ORDER = tuple(OrganizationStateKind)


def _weight(row: OrganizationRow, currency: str | None) -> tuple[object, ...]:
    worth = row.worth
    elsewhere = worth is not None and worth.currency != currency
    return (
        _ORDER.index(row.state),
        row.gone,
        worth is None,
        elsewhere,
        -(worth.amount if worth else Decimal(0)),
        -row.total,
        row.organization.name.casefold(),
        row.organization.key,
    )


def _fits(row: OrganizationRow, question: OrganizationQuestion, words: list[str]) -> bool:
    if question.state not in (None, row.state) or question.connection not in (None, row.connection):
        return False
    names = (row.organization.name, row.organization.key, *(one.customer_name or "" for one in row.decisions))
    text = plain(" ".join(names))
    return all(word in text for word in words)


def _shown(ws: Workspace, question: OrganizationQuestion, worth: Mapping[OrganizationKey, Worth]) -> OrganizationsShown:
    store = ws.store
    with store.reading():
        known = _known(store, worth)
        currency = store.settings.get().currency
        rows = [_row(one, known) for one in known.listed]
        shared = share_warnings(store)
    words = plain(question.text).split() if question.text.strip() else []
    fitting = sorted((row for row in rows if _fits(row, question, words)), key=lambda row: _weight(row, currency))
    names = CustomerNames(known.customers.values())
    found = page_of(fitting, question.page)
    page = replace(found, rows=tuple(_with_suggestions(row, names, shared) for row in found.rows))
    counts = {state: sum(1 for row in rows if row.state is state) for state in OrganizationStateKind}
    amounts = sum_by_currency((row.worth.currency, row.worth.amount) for row in rows if row.worth is not None)
    return OrganizationsShown(page, counts, amounts, tuple(known.modules))


def _with_suggestions(
    row: OrganizationRow, names: CustomerNames, shared: Mapping[OrganizationKey, tuple[Reason, ...]]
) -> OrganizationRow:
    waits = row.state is OrganizationStateKind.UNMAPPED
    warnings = (*row.warnings, *shared.get((row.connection, row.organization.key), ()))
    return replace(row, suggestions=names.suggest(row.organization) if waits else (), warnings=warnings)


async def organizations(ws: Workspace, question: OrganizationQuestion | None = None) -> OrganizationsShown:
    """One page of the organizations of all modules, with suggestions for those that wait. Reads the PSA's customers
    where none are known yet; where that fails, `problem` says why."""
    problem: Reason | None = None
    try:
        await catalogue_known(ws)
    except UseCaseError as error:
        problem = error.reason
    worth = await worth_of_unmapped(ws)
    return replace(await ws.step(_shown, ws, question or OrganizationQuestion(), worth), problem=problem)


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A decision with the days on which it held; `never` says that it was taken back."""

    decision: Decision
    valid_from: date | None
    valid_to: date | None
    never: bool


@dataclass(frozen=True, slots=True)
class OrganizationDetail:
    """One organization with everything that was ever decided on it, the newest first; `undoable` says whether the
    newest decision was made today and can be taken back."""

    row: OrganizationRow
    history: tuple[PastDecision, ...]
    undoable: bool


def _detail(ws: Workspace, connection: str, key: str, worth: Mapping[OrganizationKey, Worth]) -> OrganizationDetail:
    store = ws.store
    with store.reading():
        known_organization(store, connection, key)
        known = _known(store, worth)
        one = next(o for o in known.listed if (o.connection, o.organization.key) == (connection, key))
        shared = share_warnings(store, connection, key)
        row = _with_suggestions(_row(one, known), CustomerNames(known.customers.values()), shared)
        past = tuple(
            PastDecision(
                _decision(found, known.customers), found.valid_from, found.valid_to, found.valid_to == date.min
            )
            for found in reversed(store.customers.history(connection, key))
        )
        zone = ZoneInfo(store.settings.get().time_zone)
        made = store.customers.decided_last(connection, key)
    today = ws.now().astimezone(zone).date()
    return OrganizationDetail(row, past, made is not None and made.astimezone(zone).date() == today)


async def organization(ws: Workspace, connection: str, key: str) -> OrganizationDetail:
    """One organization in full. Raises UseCaseError `customers.unknown_organization`, StoreError
    `store.unknown_connection`."""
    return await ws.step(_detail, ws, connection, key, await worth_of_unmapped(ws))
