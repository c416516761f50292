"""What the PSA billed beside what was previewed, to the cent, and which other formula would explain a difference.

The formula of a change inside a period is not public (docs/decisions/0002-proration.md). Once some of this tenant's
posted items have agreed with it and none has disagreed, previewed amounts are no longer called estimated
(docs/decisions/0082-what-the-psa-billed.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Context, Decimal

from trueup.core.money import CENT, prorated, to_cents
from trueup.core.period import Period

PROOFS = 3
"""How many posted items of changes must agree, with none that disagrees, before amounts count as proven."""

_EXACT = Context(prec=40)


@dataclass(frozen=True, slots=True)
class BilledProof:
    """One posted item beside its preview. `kind` is `change` or `period`; `formula` names what would explain a
    difference (`unknown`: nothing that is known), and is None where both agree."""

    item: str
    line_id: str
    day: date
    kind: str
    quantity: Decimal
    previewed: Decimal
    billed: Decimal
    formula: str | None = None
    intent: int | None = None

    @property
    def agrees(self) -> bool:
        """Whether both are the same to the cent, for the same change."""
        return self.previewed == self.billed and self.formula is None


def formula_behind(change: int, price: Decimal, day: date, period: Period, billed: Decimal) -> str | None:
    """None where the item agrees with the formula of previews; else the name of a formula that gives its amount."""
    if billed == prorated(change, price, day, period):
        return None
    whole = _EXACT.multiply(Decimal(change), price)
    exact = _EXACT.divide(_EXACT.multiply(whole, Decimal(period.days_from(day))), Decimal(period.days))
    # half a cent that went down to an even one looks cut off as well; that a PSA cuts shows in any other amount
    for name, rounding in (("rounded_even", ROUND_HALF_EVEN), ("rounded_down", ROUND_DOWN), ("rounded_up", ROUND_UP)):
        if exact.quantize(CENT, rounding, _EXACT) == billed:
            return name
    months = max(1, round(period.days / 30))
    thirty = min(period.days_from(day), 30 * months)
    others = {
        "thirty_days": _EXACT.divide(_EXACT.multiply(whole, Decimal(thirty)), Decimal(30 * months)),
        "day_not_counted": _EXACT.divide(
            _EXACT.multiply(whole, Decimal(period.days_from(day) - 1)), Decimal(period.days)
        ),
        "whole_period": whole,
        "four_decimals": exact,
    }
    for name, amount in others.items():
        if billed == (
            amount.quantize(Decimal("0.0001"), context=_EXACT) if name == "four_decimals" else to_cents(amount)
        ):
            return name
    return "unknown"


def proven(agreed: int, differed: int) -> bool:
    """Whether the formula is proven for this tenant."""
    return agreed >= PROOFS and not differed


def differing(proofs: Iterable[BilledProof]) -> tuple[BilledProof, ...]:
    """Those where the PSA billed something else."""
    return tuple(proof for proof in proofs if not proof.agrees)
