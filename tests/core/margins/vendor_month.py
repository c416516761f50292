"""Words to set a month with: what was used, what vendors should bill and billed, and what lines bill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from trueup.core.margins.margin import BilledLine, Invoiced, MarginRow, Month, margins
from trueup.core.margins.prices import Expected

DESKTOP, LAPTOP, SEAT = "rmm.desktop", "rmm.laptop", "saas.seat"
EXACTLY = Decimal(0)
PERCENT = Decimal("0.01")


def hoped(quantity: int, each: str, *, committed: int | None = None, currency: str = "EUR") -> Expected:
    amount = Decimal(each) * quantity
    least = None if committed is None else Decimal(committed)
    return Expected(Decimal(quantity), least, amount, currency, Decimal(each))


def row(metric: str, quantity: int, amount: str, customer: str | None = None, currency: str = "EUR") -> Invoiced:
    return Invoiced(metric, customer, Decimal(quantity), Decimal(amount), currency)


def line(customer: str, metrics: set[str], units: int, amount: str | None, currency: str = "EUR") -> BilledLine:
    return BilledLine(
        customer, "service", frozenset(metrics), units, None if amount is None else Decimal(amount), currency
    )


def month(
    used: Mapping[tuple[str, str], int],
    expected: Mapping[str, Expected],
    invoiced: Sequence[Invoiced] = (),
    lines: Sequence[BilledLine] = (),
    *,
    over: bool = True,
) -> Month:
    by_customer = {key: Decimal(value) for key, value in used.items()}
    totals: dict[str, Decimal] = {}
    for (_, metric), value in by_customer.items():
        totals[metric] = totals.get(metric, Decimal(0)) + value
    return Month(totals, by_customer, expected, invoiced, lines, over)


def only(of: Month, tolerance: Decimal = EXACTLY) -> MarginRow:
    (found,) = margins(of, tolerance)
    return found
