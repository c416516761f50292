"""Unbilled usage of a tenant, from what is stored: the newest delivered days, the lines as last read, the rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from trueup.app.clock import usage_day
from trueup.app.connections.known_psa import PsaNames, lines_known
from trueup.app.counting.vocabulary import Vocabulary, vocabulary
from trueup.app.plans.shared_figures import SharedFigures
from trueup.app.rulebook.billing_rules import BillingRules
from trueup.app.usage.newest_usage import NewestUsage, newest_usage
from trueup.app.workspace import Workspace
from trueup.core.contract import Contract
from trueup.core.counting.scope import OrganizationKey
from trueup.core.money import per_month, sum_by_currency
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.reason import Reason
from trueup.core.rule import Rule, RuleLevel
from trueup.core.unbilled.finding import (
    Billed,
    Billing,
    Offer,
    Unbilled,
    Used,
    modules_without_rule,
    unbilled_usage,
    worth_of_a_unit,
)
from trueup.core.unbilled.muting import Mute
from trueup.store.customers import Mapping as Mapped
from trueup.store.tenant_store import TenantStore

ENDS_WITHIN: Final = 60
"""Days ahead in which the end of a contract is told."""

NAMED: Final = 3
"""How many names a sentence holds; of more it says how many."""

_MAY_BE_IDLE: Final = tuple(status for status in OutcomeStatus if status is not OutcomeStatus.NONE)


@dataclass(frozen=True, slots=True)
class UnbilledRow:
    """Unbilled usage with its names. `mute` is what a person said of it, where that still holds."""

    found: Unbilled
    customer: str | None
    label: str
    unit: str
    organizations: tuple[str, ...]
    service: str | None
    contracts: tuple[str, ...]
    mute: Mute | None = None


def _few(names: tuple[str, ...]) -> str:
    more = f" (+{len(names) - NAMED})" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def why(row: UnbilledRow) -> Reason:
    """Why nothing bills it; its cure says what to do."""
    return Reason.of(
        f"unbilled.{row.found.kind.value}",
        customer=row.customer,
        organizations=_few(row.organizations),
        service=row.service,
        contracts=_few(row.contracts),
    )


@dataclass(frozen=True, slots=True)
class IdleLine:
    """A line that bills units which no usage stands behind: measured as nothing, or of unknown owner (`unmapped`).
    `amount` is what it bills in a month; None where no price is known."""

    line_id: str
    customer: str
    service: str
    units: int
    unmapped: bool
    amount: Decimal | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class EndingContract:
    """A contract with governed lines that ends soon and was not renewed."""

    contract_id: str
    contract: str
    customer: str
    end: date
    lines: int


@dataclass(frozen=True, slots=True)
class UnbilledReport:
    """Everything, the largest amounts first; `totals` are of the rows that are not muted, by currency."""

    rows: tuple[UnbilledRow, ...]
    muted: tuple[UnbilledRow, ...]
    idle: tuple[IdleLine, ...]
    ending: tuple[EndingContract, ...]
    totals: Mapping[str | None, Decimal]
    as_of: date

    @property
    def customers(self) -> int:
        """How many customers have usage that nothing bills."""
        return len({row.found.customer_id for row in self.rows if row.found.customer_id is not None})


def _used(store: TenantStore, usage: NewestUsage) -> tuple[Used, ...]:
    """The newest figures, each with its owner; shared organizations in their parts, ignored ones left out."""
    owners: dict[OrganizationKey, list[Mapped]] = defaultdict(list)
    for one in store.customers.mappings():
        owners[one.connection, one.organization_key].append(one)
    gone = {(one.connection, one.organization.key) for one in store.usage.organizations() if one.gone_since is not None}
    shared = SharedFigures(store, [key for key, found in owners.items() if any(one.item_filter for one in found)])
    found: list[Used] = []
    for key, figures in usage.figures.items():
        for figure in figures:
            if key not in owners and key not in gone:
                found.append(Used(None, key, figure.metric, figure.value))
            for owner in owners.get(key, ()):
                if owner.customer_id is not None:
                    part = shared.part(key, figure, owner.item_filter)
                    found.append(Used(owner.customer_id, key, figure.metric, part))
    return tuple(found)


def _offers(rules: BillingRules, names: PsaNames, lines: Counter[str]) -> Mapping[str, Offer]:
    """The service that a metric goes on: of those whose own rule counts it, the one with most lines."""
    best: dict[str, tuple[int, str]] = {}
    by_service: dict[str, Rule] = {}
    for rule in rules.all:
        service = names.services.get(rule.service_id)
        if rule.exclude or rule.level is not RuleLevel.SERVICE or service is None:
            continue
        by_service[rule.service_id] = rule
        for metric in rules.counted(rule):
            best[metric] = max(best.get(metric, (-1, "")), (lines[rule.service_id], rule.service_id))
    return {
        metric: Offer(service, worth_of_a_unit(by_service[service], names.services[service]))
        for metric, (_, service) in best.items()
    }


def _billed(
    store: TenantStore, known: Vocabulary, names: PsaNames, today: date
) -> tuple[Billed, Mapping[str, tuple[str, ...]]]:
    """Everything that bills on a day, and the governed lines of each contract."""
    contracts = {one.id: one for one in store.psa.contracts() if one.covers(today)}
    rules = BillingRules(store, known, contracts, today)
    lines: list[Billing] = []
    governed: dict[str, list[str]] = defaultdict(list)
    on_service: Counter[str] = Counter()
    for line in rules.lines:
        contract = contracts.get(line.contract_id)
        rule = rules.of(line, contract) if contract is not None else None
        if contract is None or rule is None:
            continue
        on_service[line.service_id] += 1
        governed[contract.id].append(line.id)
        places = frozenset(rule.scope.organizations)
        lines.append(Billing(rules.customers(rule, contract.customer_id), rules.counted(rule), places))
    by_customer: dict[str, list[Contract]] = defaultdict(list)
    for contract in contracts.values():
        by_customer[contract.customer_id].append(contract)
    held = {customer: tuple(sorted(found, key=lambda one: one.id)) for customer, found in by_customer.items()}
    billed = Billed(tuple(lines), _offers(rules, names, on_service), held)
    return billed, {contract: tuple(found) for contract, found in governed.items()}


def _named(found: Unbilled, known: Vocabulary, names: PsaNames, places: Mapping[OrganizationKey, str]) -> UnbilledRow:
    kind = known.types.get(found.metric)
    return UnbilledRow(
        found,
        names.customer(found.customer_id) if found.customer_id is not None else None,
        kind.label if kind else found.metric,
        kind.unit if kind else "item",
        tuple(places.get(key, key[1]) for key in found.organizations),
        names.service(found.service_id) if found.service_id is not None else None,
        tuple(names.contract(contract) for contract in found.contracts),
    )


def _a_month(outcome: Outcome) -> Decimal | None:
    """What a line bills in a month; None where its price or its period is not known."""
    if outcome.price is None or not outcome.period_months:
        return None
    return per_month(outcome.price * (outcome.before or 0), outcome.period_months)


def _idle(store: TenantStore) -> Iterable[IdleLine]:
    """Lines of the newest plan that have units, and no usage or nobody's."""
    plans = store.plans.list(limit=1)
    if not plans:
        return
    for status in _MAY_BE_IDLE:  # lines that are right are most of a plan, and have usage
        for _, outcome in store.plans.outcomes(plans[0].plan.id, status=status, limit=1_000_000):
            unmapped = status is OutcomeStatus.UNMAPPED
            if outcome.before and (unmapped or outcome.after == 0):
                yield IdleLine(
                    outcome.line_id,
                    outcome.customer_name,
                    outcome.service_name,
                    outcome.before,
                    unmapped,
                    _a_month(outcome),
                    outcome.currency,
                )


def _ending(names: PsaNames, governed: Mapping[str, tuple[str, ...]], today: date) -> tuple[EndingContract, ...]:
    found = [
        EndingContract(contract.id, contract.name, names.customer(contract.customer_id), contract.end, len(lines))
        for contract_id, lines in governed.items()
        if (contract := names.contracts[contract_id]).end is not None
        and contract.successor_id is None
        and contract.end <= today + timedelta(days=ENDS_WITHIN)
    ]
    return tuple(sorted(found, key=lambda one: (one.end, one.customer)))


def _report(ws: Workspace) -> UnbilledReport:
    store = ws.store
    with store.reading():
        settings = store.settings.get()
        today = usage_day(ws.now(), settings)
        known, names = vocabulary(ws), PsaNames(ws)
        used = _used(store, newest_usage(store))
        billed, governed = _billed(store, known, names, today)
        places = {(one.connection, one.organization.key): one.organization.name for one in store.usage.organizations()}
        mutes = store.mutes.in_force()
        idle = tuple(sorted(_idle(store), key=lambda one: (one.customer, one.service)))
    found = (
        *unbilled_usage(used, billed, settings.currency or ""),
        *modules_without_rule(used, billed.offers),
    )
    rows: list[UnbilledRow] = []
    muted: list[UnbilledRow] = []
    for one in found:
        mute = mutes.get(one.key)
        row = _named(one, known, names, places)
        if mute is not None and mute.covers(one, today):
            muted.append(replace(row, mute=mute))
        else:
            rows.append(row)
    amounts = [(row.found.currency, row.found.amount) for row in rows if row.found.amount is not None]
    totals = sum_by_currency((currency, amount) for currency, amount in amounts)
    return UnbilledReport(tuple(rows), tuple(muted), idle, _ending(names, governed, today), totals, today)


async def unbilled(ws: Workspace) -> UnbilledReport:
    """Usage that no line bills with what it is worth, lines without usage, contracts that end; from what is stored, so
    that it costs no call once the PSA's lines were read. Raises UseCaseError `setup.no_psa`, PsaReadError."""
    await lines_known(ws)
    return await ws.step(_report, ws)
