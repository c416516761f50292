"""Which usage no line bills, why, and what it would be worth (decision 0130-unbilled-usage).

Usage is billed where a line in force counts its metric for its customer. An excluded line counts as billing: a person
decided on it. Amounts are for one month at the catalogue price, before included units, minimums and rounding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from trueup.core.contract import Contract, Service
from trueup.core.counting.scope import OrganizationKey
from trueup.core.digest import digest
from trueup.core.money import to_cents
from trueup.core.rule import Rule


class UnbilledKind(StrEnum):
    """Why usage is not billed: nobody said whose it is; its customer has no contract in force; has one, and no line on
    it counts this; or no rule counts anything of the module."""

    UNMAPPED = "unmapped"
    NO_CONTRACT = "no_contract"
    NO_LINE = "no_line"
    NO_RULE = "no_rule"


@dataclass(frozen=True, slots=True)
class Used:
    """What one customer uses of one metric in one organization; `customer_id` is None while nobody decided whose it
    is."""

    customer_id: str | None
    organization: OrganizationKey
    metric: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Billing:
    """What one line in force counts: these metrics, for these customers, in these organizations (empty: in all)."""

    customers: frozenset[str]
    metrics: frozenset[str]
    organizations: frozenset[OrganizationKey] = frozenset()


@dataclass(frozen=True, slots=True)
class Offer:
    """The service that bills a metric elsewhere, and what one unit of usage is worth in a month; None where the
    catalogue names no price."""

    service_id: str
    monthly: Decimal | None


@dataclass(frozen=True, slots=True)
class Unbilled:
    """Usage that nothing bills. `service_id` is the service that it would go on, `contracts` those that could take the
    line, `amount` what a month of it is worth (None: no price known). `key` stays the same while it is the same usage.
    """

    kind: UnbilledKind
    customer_id: str | None
    metric: str
    quantity: Decimal
    organizations: tuple[OrganizationKey, ...]
    service_id: str | None = None
    contracts: tuple[str, ...] = ()
    amount: Decimal | None = None
    currency: str | None = None

    @property
    def key(self) -> str:
        """Twelve characters to name it by: whose and what it is, not how much."""
        whose = self.customer_id or [list(one) for one in self.organizations]
        return digest(self.kind.value, whose, self.metric)[:12]


@dataclass(frozen=True, slots=True)
class Billed:
    """Everything that bills: by lines in force, with the offers of metrics that some rule counts."""

    lines: tuple[Billing, ...]
    offers: Mapping[str, Offer]
    contracts: Mapping[str, tuple[Contract, ...]] = field(default_factory=dict)


def worth_of_a_unit(rule: Rule, service: Service) -> Decimal | None:
    """What one unit of a rule's usage is worth in a month: the catalogue price times the multiplier, by the pack."""
    if service.price is None:
        return None
    months = int(service.period) if service.period is not None else 1
    return service.price * rule.policy.multiplier / (rule.policy.pack_size or 1) / months


def _counts(billed: Billed) -> Mapping[tuple[str, str], list[frozenset[OrganizationKey]]]:
    found: dict[tuple[str, str], list[frozenset[OrganizationKey]]] = defaultdict(list)
    for line in billed.lines:
        for customer in line.customers:
            for metric in line.metrics:
                found[customer, metric].append(line.organizations)
    return found


def unbilled_usage(used: Iterable[Used], billed: Billed, currency: str) -> tuple[Unbilled, ...]:
    """Usage that nothing bills, the largest amount first; amounts of other currencies are never compared, so those in
    the tenant's `currency` come first. A metric that no rule counts anywhere is left to `modules_without_rule`."""
    counted = _counts(billed)
    open_usage: dict[tuple[UnbilledKind, str | None, OrganizationKey | None, str], list[Used]] = defaultdict(list)
    for one in used:
        if not one.value or one.metric not in billed.offers:
            continue
        if one.customer_id is None:
            open_usage[UnbilledKind.UNMAPPED, None, one.organization, one.metric].append(one)
            continue
        scopes = counted.get((one.customer_id, one.metric), [])
        if any(not scope or one.organization in scope for scope in scopes):
            continue
        has_contract = bool(billed.contracts.get(one.customer_id))
        kind = UnbilledKind.NO_LINE if has_contract else UnbilledKind.NO_CONTRACT
        open_usage[kind, one.customer_id, None, one.metric].append(one)
    found = [
        _row(kind, customer, metric, parts, billed, currency)
        for (kind, customer, _, metric), parts in open_usage.items()
    ]
    return tuple(sorted(found, key=lambda row: _weight(row, currency)))


def _row(
    kind: UnbilledKind, customer: str | None, metric: str, parts: list[Used], billed: Billed, currency: str
) -> Unbilled:
    offer = billed.offers[metric]
    quantity = sum((part.value for part in parts), Decimal(0))
    contracts = billed.contracts.get(customer or "", ())
    own = {contract.currency or currency for contract in contracts}
    return Unbilled(
        kind,
        customer,
        metric,
        quantity,
        tuple(sorted(part.organization for part in parts)),
        offer.service_id,
        tuple(contract.id for contract in contracts),
        None if offer.monthly is None else to_cents(offer.monthly * quantity),
        own.pop() if len(own) == 1 else currency,
    )


def _weight(row: Unbilled, currency: str) -> tuple[bool, bool, Decimal, Decimal, str, str]:
    amount = row.amount
    elsewhere = row.currency != currency
    return amount is None, elsewhere, -(amount or Decimal(0)), -row.quantity, row.customer_id or "", row.metric


def modules_without_rule(used: Iterable[Used], offers: Mapping[str, Offer]) -> tuple[Unbilled, ...]:
    """Modules of which no rule counts anything, each once, with the metric that shows most usage. Metrics of one module
    often count the same items again, so they are not added up, and a module of which one is counted is left out."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    places: dict[str, set[OrganizationKey]] = defaultdict(set)
    for one in used:
        totals[one.metric] += one.value
        places[one.metric].add(one.organization)
    counted = {metric.partition(".")[0] for metric in offers}
    most: dict[str, str] = {}
    for metric, total in sorted(totals.items()):
        module = metric.partition(".")[0]
        if module not in counted and total > totals.get(most.get(module, ""), Decimal(0)):
            most[module] = metric
    found = [
        Unbilled(UnbilledKind.NO_RULE, None, metric, totals[metric], tuple(sorted(places[metric])))
        for metric in most.values()
    ]
    return tuple(sorted(found, key=lambda row: (-row.quantity, row.metric)))
