"""What vendors ask and bill: prices, minimum quantities, invoices and the profiles that they are read by. Nothing is
overwritten: what is taken away stays with who did it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import msgspec
import sqlalchemy as sa

from trueup.core.margins.invoice import VendorInvoice
from trueup.core.margins.prices import Commitment, Tier, TierRule, VendorPrice
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.tables.vendors import vendor_commitment, vendor_invoice, vendor_price, vendor_profile


@dataclass(frozen=True, slots=True)
class StoredInvoice:
    """An invoice with its number in the store, and who brought it in."""

    id: int
    invoice: VendorInvoice
    saved_by: str
    saved_at: datetime


class Vendors:
    """A tenant's vendors."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def prices(self) -> tuple[VendorPrice, ...]:
        """Prices by billing type and first day."""
        table = vendor_price
        columns = (
            table.c.metric,
            table.c.currency,
            table.c.first,
            table.c.last,
            table.c.tiers,
            table.c.rule,
            table.c.id,
        )
        query = sa.select(*columns).where(*self._there(table)).order_by(table.c.metric, table.c.first)
        with self._binding.reading() as connection:
            return tuple(
                VendorPrice(metric, currency, first, last, decode(tiers, tuple[Tier, ...]), TierRule(rule), number)
                for metric, currency, first, last, tiers, rule, number in connection.execute(query)
            )

    def commitments(self) -> tuple[Commitment, ...]:
        """Minimum quantities by billing type and first day."""
        table = vendor_commitment
        columns = (table.c.metric, table.c.quantity, table.c.first, table.c.last, table.c.id)
        query = sa.select(*columns).where(*self._there(table)).order_by(table.c.metric, table.c.first)
        with self._binding.reading() as connection:
            return tuple(Commitment(*row) for row in connection.execute(query))

    def add_price(self, price: VendorPrice, actor: str, *, now: datetime) -> int:
        """Keep a price; gives its number."""
        row = {
            "metric": price.metric,
            "currency": price.currency,
            "first": price.first,
            "last": price.last,
            "tiers": encode(price.tiers, tuple[Tier, ...]),
            "rule": price.rule.value,
        }
        return self._add(vendor_price, row, actor, now)

    def add_commitment(self, commitment: Commitment, actor: str, *, now: datetime) -> int:
        """Keep a minimum quantity; gives its number."""
        row = {
            "metric": commitment.metric,
            "quantity": commitment.quantity,
            "first": commitment.first,
            "last": commitment.last,
        }
        return self._add(vendor_commitment, row, actor, now)

    def remove_price(self, number: int, actor: str, *, now: datetime) -> bool:
        """Take a price away; says whether it was there."""
        return self._remove(vendor_price, number, actor, now)

    def remove_commitment(self, number: int, actor: str, *, now: datetime) -> bool:
        """Take a minimum quantity away; says whether it was there."""
        return self._remove(vendor_commitment, number, actor, now)

    def profiles(self) -> Mapping[str, Mapping[str, str]]:
        """The keys of each vendor's profile."""
        table = vendor_profile
        query = sa.select(table.c.vendor, table.c.settings).where(table.c.tenant == self._binding.tenant)
        with self._binding.reading() as connection:
            rows = connection.execute(query.order_by(table.c.vendor)).all()
        return {vendor: msgspec.json.decode(settings, type=dict[str, str]) for vendor, settings in rows}

    def save_profile(self, vendor: str, settings: Mapping[str, str], actor: str, *, now: datetime) -> None:
        """Keep a vendor's profile."""
        table = vendor_profile
        with self._binding.writing() as connection:
            mine = (table.c.tenant == self._binding.tenant, table.c.vendor == vendor)
            connection.execute(sa.delete(table).where(*mine))
            text = msgspec.json.encode(dict(settings)).decode()
            row = {"vendor": vendor, "settings": text, "saved_by": actor, "saved_at": now}
            connection.execute(sa.insert(table).values(tenant=self._binding.tenant, **row))

    def invoices(self, month: date | None = None) -> tuple[StoredInvoice, ...]:
        """Invoices of one month, or all of them; the newest month first."""
        table = vendor_invoice
        query = sa.select(table.c.id, table.c.body, table.c.saved_by, table.c.saved_at).where(*self._there(table))
        if month is not None:
            query = query.where(table.c.month == month)
        with self._binding.reading() as connection:
            rows = connection.execute(query.order_by(table.c.month.desc(), table.c.vendor, table.c.number)).all()
        return tuple(StoredInvoice(number, decode(body, VendorInvoice), by, at) for number, body, by, at in rows)

    def add_invoice(self, invoice: VendorInvoice, actor: str, *, now: datetime) -> int:
        """Keep an invoice; gives its number in the store."""
        row = {"vendor": invoice.vendor, "number": invoice.number, "month": invoice.month, "body": encode(invoice)}
        return self._add(vendor_invoice, row, actor, now)

    def remove_invoice(self, number: int, actor: str, *, now: datetime) -> bool:
        """Take an invoice away; says whether it was there."""
        return self._remove(vendor_invoice, number, actor, now)

    def _there(self, table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
        return table.c.tenant == self._binding.tenant, table.c.removed_at.is_(None)

    def _add(self, table: sa.Table, row: Mapping[str, object], actor: str, now: datetime) -> int:
        with self._binding.writing() as connection:
            number = self._binding.next_number(connection, table.name)
            whole = {**row, "id": number, "saved_by": actor, "saved_at": now}
            connection.execute(sa.insert(table).values(tenant=self._binding.tenant, **whole))
        return number

    def _remove(self, table: sa.Table, number: int, actor: str, now: datetime) -> bool:
        with self._binding.writing() as connection:
            gone = sa.update(table).where(*self._there(table), table.c.id == number)
            return bool(connection.execute(gone.values(removed_by=actor, removed_at=now)).rowcount)
