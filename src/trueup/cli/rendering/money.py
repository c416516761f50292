"""Amounts of a plan, one a currency: amounts of different currencies are never added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from trueup.cli.rendering.plain import Plain, value_plain
from trueup.core.money import sum_by_currency
from trueup.core.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Total:
    """What some outcomes of one currency are worth: `monthly` per month, `now` in the open periods. `lines` counts
    them, `unpriced` those without a price, which no amount speaks of."""

    currency: str | None
    lines: int
    monthly: Decimal
    now: Decimal
    unpriced: int


def totals(outcomes: Iterable[Outcome]) -> tuple[Total, ...]:
    """Totals by currency, in the currencies' order."""
    found: dict[str | None, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        found[outcome.currency].append(outcome)
    monthly = sum_by_currency((one.currency, one.recurring or Decimal(0)) for group in found.values() for one in group)
    now = sum_by_currency((one.currency, one.amount or Decimal(0)) for group in found.values() for one in group)
    return tuple(
        Total(currency, len(group), monthly[currency], now[currency], sum(1 for one in group if one.recurring is None))
        for currency, group in sorted(found.items(), key=lambda entry: entry[0] or "")
    )


def total_plain(total: Total, status: str) -> dict[str, Plain]:
    """A total as JSON."""
    return {
        "status": status,
        "currency": total.currency,
        "lines": total.lines,
        "unpriced_lines": total.unpriced,
        "amount_per_month": value_plain(total.monthly),
        "amount_now": value_plain(total.now),
    }
