"""What a vendor should bill for a month: tiers, minimums, and prices that begin inside of it. Figures by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from trueup.core.margins.prices import Commitment, Tier, TierRule, VendorPrice, expected, overlapping
from trueup.core.period import month_of

JUNE = month_of(date(2026, 6, 15))
FIRST = date(2026, 1, 1)


def price(
    *tiers: tuple[str, str],
    first: date = FIRST,
    last: date | None = None,
    rule: TierRule = TierRule.VOLUME,
    currency: str = "EUR",
) -> VendorPrice:
    steps = tuple(Tier(Decimal(above), Decimal(of)) for above, of in tiers)
    return VendorPrice("rmm.desktop", currency, first, last, steps, rule)


def minimum(quantity: int, first: date = FIRST, last: date | None = None) -> Commitment:
    return Commitment("rmm.desktop", Decimal(quantity), first, last)


def test_a_tier_of_volume_prices_every_unit_once_the_quantity_is_above_it() -> None:
    one = price(("0", "2.00"), ("100", "1.50"))
    assert one.of_month(Decimal(100)) == Decimal("200.00")
    assert one.of_month(Decimal(101)) == Decimal("151.50")


def test_a_graduated_tier_prices_only_the_units_above_it() -> None:
    one = price(("0", "2.00"), ("100", "1.50"), ("200", "1.00"), rule=TierRule.GRADUATED)
    assert one.of_month(Decimal(80)) == Decimal("160.00")
    assert one.of_month(Decimal(101)) == Decimal("201.50")
    assert one.of_month(Decimal(250)) == Decimal("400.00")


def test_a_minimum_is_billed_where_less_is_used() -> None:
    found = expected(Decimal(80), JUNE, [price(("0", "2.00"))], [minimum(100)])
    assert (found.quantity, found.committed, found.amount) == (100, 100, Decimal("200.00"))
    more = expected(Decimal(120), JUNE, [price(("0", "2.00"))], [minimum(100)])
    assert (more.quantity, more.amount) == (120, Decimal("240.00"))


def test_a_price_that_begins_inside_a_month_counts_from_its_day_on() -> None:
    # 10 units: 20 days at 3.00 and 10 days at 2.40 of 30 days: 30 * 20/30 + 24 * 10/30 = 28
    prices = [price(("0", "3.00"), last=date(2026, 6, 20)), price(("0", "2.40"), first=date(2026, 6, 21))]
    found = expected(Decimal(10), JUNE, prices, [])
    assert found.amount == Decimal("28.00")
    assert found.unit_price == Decimal("2.40")


def test_a_minimum_that_ends_inside_a_month_counts_until_its_day() -> None:
    # 50 used: 15 days of 100 at 1.00, 15 days of 50: 75
    found = expected(Decimal(50), JUNE, [price(("0", "1.00"))], [minimum(100, last=date(2026, 6, 15))])
    assert (found.amount, found.committed, found.quantity) == (Decimal("75.00"), None, 50)


def test_days_without_a_price_leave_the_month_without_an_amount() -> None:
    found = expected(Decimal(5), JUNE, [price(("0", "1.00"), first=date(2026, 6, 11))], [])
    assert (found.amount, found.unpriced) == (None, 10)


def test_prices_of_one_month_in_two_currencies_are_not_added() -> None:
    prices = [
        price(("0", "1.00"), last=date(2026, 6, 15)),
        price(("0", "1.00"), first=date(2026, 6, 16), currency="USD"),
    ]
    found = expected(Decimal(5), JUNE, prices, [])
    assert (found.amount, found.currency) == (None, None)


def test_the_amount_is_rounded_once() -> None:
    # 7 units at 0.333: 2.331, whichever way the month is split
    halves = [price(("0", "0.333"), last=date(2026, 6, 15)), price(("0", "0.333"), first=date(2026, 6, 16))]
    assert expected(Decimal(7), JUNE, halves, []).amount == Decimal("2.33")


def test_days_that_two_prices_share_are_seen_and_neighbours_are_not() -> None:
    known = [price(("0", "1.00"), last=date(2026, 6, 20))]
    assert overlapping(price(("0", "2.00"), first=date(2026, 6, 20)), known) is known[0]
    assert overlapping(price(("0", "2.00"), first=date(2026, 6, 21)), known) is None
    assert overlapping(price(("0", "2.00"), first=FIRST), [price(("0", "1.00"))]) is not None
