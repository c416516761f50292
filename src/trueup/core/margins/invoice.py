"""A vendor's invoice as it was read: rows with what they call the product and the customer, matched when looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One row of an invoice; `line` is its number in the file. A credit is negative."""

    line: int
    product: str
    quantity: Decimal
    amount: Decimal
    organization: str | None = None


@dataclass(frozen=True, slots=True)
class VendorInvoice:
    """A vendor's invoice for one calendar month (`month` is its first day), all rows in one currency."""

    vendor: str
    number: str
    month: date
    currency: str
    rows: tuple[InvoiceRow, ...]
    file: str = ""
    digest: str = ""

    @property
    def total(self) -> Decimal:
        """The sum of its rows."""
        return sum((row.amount for row in self.rows), Decimal(0))
