"""What a vendor asks for a month of usage: prices with tiers, and minimum quantities, each for some days
(docs/decisions/0165-vendor-prices.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeVar

from trueup.core.contract import DAY
from trueup.core.money import to_cents
from trueup.core.period import Period


class TierRule(StrEnum):
    """What a tier's price is for: all units once the quantity is above it, or the units above it only."""

    VOLUME = "volume"
    GRADUATED = "graduated"


@dataclass(frozen=True, slots=True)
class Tier:
    """The price of a unit a month, for quantities above `above`."""

    above: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class VendorPrice:
    """A vendor's price of one billing type from a day to a day, both inclusive (`last` None: still). `tiers` begin at 0
    and rise."""

    metric: str
    currency: str
    first: date
    last: date | None
    tiers: tuple[Tier, ...]
    rule: TierRule = TierRule.VOLUME
    id: int = 0

    def unit_price(self, quantity: Decimal) -> Decimal:
        """The price of one more unit at this quantity; of the first one at 0."""
        return next((tier.price for tier in reversed(self.tiers) if quantity > tier.above), self.tiers[0].price)

    def of_month(self, quantity: Decimal) -> Decimal:
        """What a whole month of a quantity costs, not rounded."""
        if self.rule is TierRule.VOLUME:
            return self.unit_price(quantity) * quantity
        ends = [*(tier.above for tier in self.tiers[1:]), quantity]
        parts = zip(self.tiers, ends, strict=True)
        return sum((max(min(end, quantity) - tier.above, Decimal(0)) * tier.price for tier, end in parts), Decimal(0))


@dataclass(frozen=True, slots=True)
class Commitment:
    """The least quantity that a vendor bills of one billing type, whatever is used, from a day to a day."""

    metric: str
    quantity: Decimal
    first: date
    last: date | None
    id: int = 0


class Dated(Protocol):
    """Something that holds for one billing type from a day to a day, both inclusive."""

    @property
    def metric(self) -> str:
        """The billing type."""

    @property
    def first(self) -> date:
        """First day."""

    @property
    def last(self) -> date | None:
        """Last day; None: no end."""


D = TypeVar("D", bound=Dated)


def overlapping(new: Dated, known: Iterable[D]) -> D | None:
    """One of the known that holds on one of the days of a new one, for the same billing type."""
    for one in known:
        apart = (one.last is not None and one.last < new.first) or (new.last is not None and new.last < one.first)
        if one.metric == new.metric and not apart:
            return one
    return None


def on(day: date, known: Iterable[D]) -> D | None:
    """The one that holds on a day, of those of one billing type."""
    return next((one for one in known if one.first <= day and (one.last is None or day <= one.last)), None)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a vendor should bill for a month. `quantity` is what is used, or the minimum where that is more; `committed`
    the minimum at the month's end. `amount` is None where some day has no price (`unpriced` days) or where prices of
    the month are in several currencies; `unit_price` is that at the end of the month."""

    quantity: Decimal
    committed: Decimal | None
    amount: Decimal | None
    currency: str | None
    unit_price: Decimal | None
    unpriced: int = 0


def expected(
    used: Decimal, month: Period, prices: Sequence[VendorPrice], commitments: Sequence[Commitment]
) -> Expected:
    """What a month of usage should cost, by days where a price or a minimum begins or ends inside of it; `prices` and
    `commitments` are those of one billing type. Rounded once, to the cent."""
    days = [month.start + DAY * number for number in range(month.days)]
    total = Decimal(0)
    unpriced = 0
    currencies: set[str] = set()
    for day in days:
        price, minimum = on(day, prices), on(day, commitments)
        if price is None:
            unpriced += 1
            continue
        currencies.add(price.currency)
        total += price.of_month(max(used, minimum.quantity) if minimum else used)
    last = on(month.end, prices)
    minimum = on(month.end, commitments)
    quantity = max(used, minimum.quantity) if minimum else used
    whole = not unpriced and len(currencies) == 1
    return Expected(
        quantity,
        minimum.quantity if minimum else None,
        to_cents(total / month.days) if whole else None,
        next(iter(currencies)) if len(currencies) == 1 else None,
        last.unit_price(quantity) if last else None,
        unpriced,
    )
