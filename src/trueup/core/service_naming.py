"""Service names by the good practice `Module - Billing Type`, and what is missing to bill each billing type.

Kaseya's help for service mapping advises one service for each module and billing type, named so, because the
service's name is what the customer reads on the invoice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from trueup.core.contract import Contract, Line, Service
from trueup.core.expression import ExpressionError, parse
from trueup.core.naming import plain
from trueup.core.reason import Reason
from trueup.core.rule import Rule
from trueup.core.usage import BillingType


@dataclass(frozen=True, slots=True)
class CustomerUsage:
    """How many units of a billing type one customer uses on the newest day."""

    customer_id: str
    customer_name: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class MissingLine:
    """A customer that uses something and has no line for it; `contracts` are those that it could go on."""

    customer_id: str
    customer_name: str
    quantity: Decimal
    contracts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceSuggestion:
    """One billing type in use: the name its service should have, the services that could be it, what is missing."""

    billing_type: str
    proposed_name: str
    services: tuple[Service, ...]
    governed_by: tuple[str, ...]
    missing_lines: tuple[MissingLine, ...]
    warnings: tuple[Reason, ...]


def proposed_name(module_label: str, billing_label: str) -> str:
    """`Datto RMM - Desktop & Laptop`."""
    return f"{module_label} - {billing_label}"


def _services_named(name: str, services: Iterable[Service]) -> tuple[Service, ...]:
    wanted = plain(name)
    return tuple(service for service in services if service.active and plain(service.name) == wanted)


def _names_in(rule: Rule) -> tuple[str, ...]:
    try:
        return parse(rule.quantity).names
    except ExpressionError:
        return ()


def invoice_warnings(service: Service, lines: Iterable[Line]) -> tuple[Reason, ...]:
    """Where a text replaces the service's name on invoices, on the service or on single lines."""
    found: list[Reason] = []
    if service.invoice_name and plain(service.invoice_name) != plain(service.name):
        found.append(Reason.of("suggest.invoice_name", service=service.name, invoice=service.invoice_name))
    other = {line.invoice_name for line in lines if line.service_id == service.id and line.invoice_name}
    other = {name for name in other if plain(name) != plain(service.name)}
    if other:
        found.append(Reason.of("suggest.line_invoice_names", service=service.name, lines=len(other)))
    return tuple(found)


def mixing_warnings(
    rules: Iterable[Rule], services: Mapping[str, Service], labels: Mapping[str, str]
) -> tuple[Reason, ...]:
    """Services whose rule adds up several billing types: right for the count, but the invoice shows one word."""
    found: list[Reason] = []
    for rule in rules:
        names = [name for name in _names_in(rule) if name in labels]
        service = services.get(rule.service_id)
        if len(names) > 1 and service is not None:
            types = ", ".join(labels[name] for name in names)
            found.append(Reason.of("suggest.mixed_types", service=service.name, types=types))
    return tuple(found)


def suggest_services(
    module_label: str,
    billing_types: Iterable[BillingType],
    usage: Mapping[str, tuple[CustomerUsage, ...]],
    services: tuple[Service, ...],
    lines: tuple[Line, ...],
    contracts: Mapping[str, Contract],
    rules: tuple[Rule, ...],
) -> tuple[ServiceSuggestion, ...]:
    """One suggestion for each billing type that somebody uses, in the catalogue's order."""
    feeds: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        for name in _names_in(rule):
            feeds[name].add(rule.service_id)
    holders = _holders_by_service(lines, contracts)
    by_customer: dict[str, list[Contract]] = defaultdict(list)
    for contract in contracts.values():
        by_customer[contract.customer_id].append(contract)
    found: list[ServiceSuggestion] = []
    for kind in billing_types:
        users = [user for user in usage.get(kind.key, ()) if user.quantity > 0]
        if not users:
            continue
        name = proposed_name(module_label, kind.label)
        fitting = _services_named(name, services)
        billed_by = feeds[kind.key] | {service.id for service in fitting}
        missing = tuple(
            MissingLine(
                user.customer_id,
                user.customer_name,
                user.quantity,
                tuple(contract.id for contract in by_customer[user.customer_id]),
            )
            for user in users
            if not any(user.customer_id in holders[service] for service in billed_by)
        )
        warnings = tuple(reason for service in fitting for reason in invoice_warnings(service, lines))
        found.append(ServiceSuggestion(kind.key, name, fitting, tuple(sorted(feeds[kind.key])), missing, warnings))
    return tuple(found)


def _holders_by_service(lines: Iterable[Line], contracts: Mapping[str, Contract]) -> Mapping[str, set[str]]:
    holders: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        contract = contracts.get(line.contract_id)
        if contract is not None:
            holders[line.service_id].add(contract.customer_id)
    return holders
