"""Money of a change, exact until the last step, then rounded half up to the cent as the PSA does when it posts.

Autotask's help gives no formula; the one here is the plain reading of its examples (see
docs/decisions/0002-proration.md) and is `estimated` until this tenant's posted items have agreed with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal

from trueup.core.period import Period

CENT = Decimal("0.01")
_EXACT = Context(prec=40, rounding=ROUND_HALF_UP)


def to_cents(amount: Decimal) -> Decimal:
    """Rounded half away from zero to the cent."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP, context=_EXACT)


def prorated(change: int, price: Decimal, day: date, period: Period) -> Decimal:
    """Effect on its period of a change from `day` to the period's end: change x price x days left / days, in cents."""
    whole = _EXACT.multiply(Decimal(change), price)
    if day <= period.start:
        return to_cents(whole)
    part = _EXACT.multiply(whole, Decimal(period.days_from(day)))
    return to_cents(_EXACT.divide(part, Decimal(period.days)))


def per_month(amount_per_period: Decimal, months: int) -> Decimal:
    """A period's amount as an amount per month, in cents (for showing and for guard rails only)."""
    return to_cents(_EXACT.divide(amount_per_period, Decimal(months)))


def sum_by_currency(amounts: Iterable[tuple[str | None, Decimal]]) -> Mapping[str | None, Decimal]:
    """Totals, one a currency: amounts of different currencies are never added."""
    totals: dict[str | None, Decimal] = {}
    for currency, amount in amounts:
        totals[currency] = totals.get(currency, Decimal(0)) + amount
    return totals
