"""Rows of invoices matched when they are looked at, so that a better profile helps earlier invoices too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trueup.app.counting.vocabulary import Vocabulary
from trueup.core.expression import fold
from trueup.core.margins.invoice import InvoiceRow, VendorInvoice
from trueup.core.margins.margin import Invoiced
from trueup.modules.files.invoice_file import invoice_profile
from trueup.modules.files.profile import ProfileError
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class UnmatchedRow:
    """A row whose product is no billing type that is known; its amount is in no margin."""

    vendor: str
    number: str
    row: InvoiceRow
    currency: str


@dataclass(frozen=True, slots=True)
class MatchedRows:
    """Invoice rows of a month. `nobody` counts those that name a customer who is not known."""

    invoiced: tuple[Invoiced, ...]
    unmatched: tuple[UnmatchedRow, ...]
    nobody: int


def _products(known: Vocabulary) -> Mapping[str, str]:
    """Billing types by their keys, and by labels that only one of them has."""
    by_label: dict[str, set[str]] = defaultdict(set)
    for key, one in known.types.items():
        by_label[fold(one.label)].add(key)
    labels = {label: next(iter(keys)) for label, keys in by_label.items() if len(keys) == 1}
    return {**labels, **{fold(key): key for key in (*known.types, *known.metrics)}}


def _customers(store: TenantStore) -> Mapping[str, str]:
    """Customers by what an invoice may call them: the PSA's id, number or name, a module's key or name for them."""
    found: dict[str, set[str]] = defaultdict(set)
    for customer in store.psa.customers():
        for text in (customer.id, customer.name, customer.number):
            if text:
                found[fold(text)].add(customer.id)
    places = {(one.connection, one.organization.key): one.organization.name for one in store.usage.organizations()}
    for one in store.customers.mappings():
        if one.customer_id is not None and one.item_filter is None:
            for text in (one.organization_key, places.get((one.connection, one.organization_key), "")):
                if text:
                    found[fold(text)].add(one.customer_id)
    return {text: next(iter(customers)) for text, customers in found.items() if len(customers) == 1}


def matched_rows(store: TenantStore, known: Vocabulary, invoices: Iterable[VendorInvoice]) -> MatchedRows:
    """Match rows to billing types and customers; inside one moment of the database."""
    products, customers = _products(known), _customers(store)
    profiles: dict[str, Mapping[str, str]] = {}
    for vendor, settings in store.vendors.profiles().items():
        try:
            profiles[vendor] = invoice_profile(settings).names
        except ProfileError:  # a profile of a later version: its rows are matched by their own words
            profiles[vendor] = {}
    invoiced: list[Invoiced] = []
    unmatched: list[UnmatchedRow] = []
    nobody = 0
    for invoice in invoices:
        names = profiles.get(invoice.vendor, {})
        for row in invoice.rows:
            metric = names.get(fold(row.product)) or products.get(fold(row.product))
            if metric is None:
                unmatched.append(UnmatchedRow(invoice.vendor, invoice.number, row, invoice.currency))
                continue
            customer = customers.get(fold(row.organization)) if row.organization else None
            nobody += row.organization is not None and customer is None
            invoiced.append(Invoiced(metric, customer, row.quantity, row.amount, invoice.currency))
    return MatchedRows(tuple(invoiced), tuple(unmatched), nobody)
