"""What units cost over any days: each billing period by the days of it, exact, and rounded once at the end."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal

from trueup.core.contract import DAY, UnitRow, row_on
from trueup.core.money import to_cents
from trueup.core.period import BillingCalendar

_EXACT = Context(prec=40, rounding=ROUND_HALF_UP)


def amount_of_days(
    rows: tuple[UnitRow, ...], price: Decimal | None, billing: BillingCalendar, first: date, last: date
) -> Decimal | None:
    """Units x price x days / days of the period, over the days from `first` to `last`, both inclusive, in cents.

    A row's own amount (units x price of then) goes before today's `price`; None where a row that counts has neither.
    A whole period with the same units is exactly units x price; days that no row covers cost nothing. Source of the
    formula: docs/decisions/0002-proration.md.
    """
    changes = sorted({day for row in rows for day in (row.start, row.end + DAY)})
    total, day = Decimal(0), first
    while day <= last:
        period = billing.period_of(day)
        until = min(last, period.end, *(change - DAY for change in changes if change > day))
        whole = _of_period(row_on(rows, day), price)
        if whole is None:
            return None
        share = _EXACT.multiply(whole, Decimal((until - day).days + 1))
        total = _EXACT.add(total, _EXACT.divide(share, Decimal(period.days)))
        day = until + DAY
    return to_cents(total)


def _of_period(row: UnitRow | None, price: Decimal | None) -> Decimal | None:
    """What a whole period with the units of this row costs."""
    if row is None or not row.units:
        return Decimal(0)
    if row.amount is not None:
        return row.amount
    return None if price is None else price * row.units
