"""A unit cost follows vendors' prices only where one unit stands for one price; else there is a reason and no cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from trueup.core.contract import LineKind, PeriodType, Service
from trueup.core.margins.prices import Tier, TierRule, VendorPrice
from trueup.core.margins.unit_cost import AskedCost, CostFacts, asked_costs, cost_digest
from trueup.core.rule import QuantityPolicy, Rule, RuleLevel

DAY = date(2026, 6, 14)
DESKTOP, LAPTOP = "rmm.desktop", "rmm.laptop"
SERVICE = Service("7", "Workstations", cost=Decimal("1.00"), period=PeriodType.MONTHLY)


def price(metric: str, amount: str, **more: object) -> VendorPrice:
    tiers = (Tier(Decimal(0), Decimal(amount)),)
    return replace(VendorPrice(metric, "EUR", date(2026, 1, 1), None, tiers), **more)  # type: ignore[arg-type]


def rule(quantity: str, service: str = "7", **policy: object) -> Rule:
    return Rule("R1", RuleLevel.SERVICE, service, service, quantity, QuantityPolicy(**policy))  # type: ignore[arg-type]


def facts(quantity: str, *prices: VendorPrice, service: Service = SERVICE, **policy: object) -> CostFacts:
    return CostFacts(DAY, "EUR", {"7": service}, (rule(quantity, **policy),), {DESKTOP, LAPTOP}, prices, {"7"})


def only(found: CostFacts) -> AskedCost:
    (asked,), without = asked_costs(found)
    assert without == ()
    return asked


def why_not(found: CostFacts) -> str:
    asked, (without,) = asked_costs(found)
    assert asked == ()
    return without.reason.code.removeprefix("unit_cost.")


def test_one_unit_of_one_price_costs_that_price() -> None:
    assert only(facts(DESKTOP, price(DESKTOP, "1.35"))).cost == Decimal("1.3500")


def test_several_billing_types_of_one_price_cost_it_once() -> None:
    asked = only(facts(f"{DESKTOP} + {LAPTOP}", price(DESKTOP, "1.35"), price(LAPTOP, "1.35")))
    assert (asked.cost, asked.metrics) == (Decimal("1.35"), (DESKTOP, LAPTOP))


@pytest.mark.parametrize(
    ("quantity", "policy", "cost"),
    [
        (DESKTOP, {"pack_size": 10}, "12.00"),  # a unit is a pack of ten
        (DESKTOP, {"multiplier": Decimal(2)}, "0.60"),  # a desktop is two units
        (f"{DESKTOP} / 3", {}, "3.60"),  # a unit is three desktops
        (f"2 * {DESKTOP}", {"pack_size": 4}, "2.40"),
    ],
)
def test_packs_and_multipliers_make_a_unit_of_several_or_of_a_part(
    quantity: str, policy: dict[str, object], cost: str
) -> None:
    assert only(facts(quantity, price(DESKTOP, "1.20"), **policy)).cost == Decimal(cost)


@pytest.mark.parametrize(("period", "cost"), [(PeriodType.QUARTERLY, "4.05"), (PeriodType.YEARLY, "16.20")])
def test_a_service_of_longer_periods_costs_all_their_months(period: PeriodType, cost: str) -> None:
    assert only(facts(DESKTOP, price(DESKTOP, "1.35"), service=replace(SERVICE, period=period))).cost == Decimal(cost)


def test_a_third_is_rounded_half_up_to_four_places() -> None:
    assert only(facts(f"3 * {DESKTOP}", price(DESKTOP, "0.50"))).cost == Decimal("0.1667")


def test_the_cost_that_is_there_already_is_right_whatever_its_digits() -> None:
    assert only(facts(DESKTOP, price(DESKTOP, "1"))).right
    assert not only(facts(DESKTOP, price(DESKTOP, "1.01"))).right
    assert cost_digest(SERVICE) == cost_digest(replace(SERVICE, cost=Decimal(1), name="renamed"))
    assert cost_digest(SERVICE) != cost_digest(replace(SERVICE, cost=None))


def test_what_no_vendor_prices_is_neither_a_cost_nor_told() -> None:
    assert asked_costs(facts(DESKTOP)) == ((), ())
    assert asked_costs(facts(DESKTOP, price(LAPTOP, "1"))) == ((), ())
    ended = price(DESKTOP, "1", last=date(2026, 5, 31))
    assert asked_costs(facts(DESKTOP, ended)) == ((), ())


@pytest.mark.parametrize(
    ("quantity", "prices", "why"),
    [
        (f"{DESKTOP} + {LAPTOP}", [price(DESKTOP, "1.35"), price(LAPTOP, "1.40")], "two_prices"),
        (f"{DESKTOP} + {LAPTOP}", [price(DESKTOP, "1.35"), price(LAPTOP, "1.35", currency="USD")], "two_prices"),
        (f"{DESKTOP} + {LAPTOP}", [price(DESKTOP, "1.35")], "no_price"),
        (f"{DESKTOP} + 2 * {LAPTOP}", [price(DESKTOP, "1.35"), price(LAPTOP, "1.35")], "calculated"),
        (f"max({DESKTOP}, 5)", [price(DESKTOP, "1.35")], "calculated"),
        (f"{DESKTOP} + 1", [price(DESKTOP, "1.35")], "calculated"),
        (f"5 - {DESKTOP}", [price(DESKTOP, "1.35")], "calculated"),
        (f"-{DESKTOP}", [price(DESKTOP, "1.35")], "calculated"),
        (DESKTOP, [price(DESKTOP, "1.35", currency="USD")], "other_currency"),
        (DESKTOP, [price(DESKTOP, "1.35", first=date(2026, 6, 2))], "no_price"),
        (DESKTOP, [price(DESKTOP, "1.35", last=date(2026, 6, 29))], "no_price"),
    ],
)
def test_where_one_unit_is_not_one_price_there_is_a_reason_and_no_cost(
    quantity: str, prices: list[VendorPrice], why: str
) -> None:
    assert why_not(facts(quantity, *prices)) == why


def test_a_price_that_begins_inside_the_month_counts_from_the_next_one() -> None:
    old = price(DESKTOP, "1.35", last=date(2026, 6, 14))
    new = price(DESKTOP, "1.50", first=date(2026, 6, 15))
    found = facts(DESKTOP, old, new)
    (without,) = asked_costs(found)[1]
    assert without.reason.as_dict() == {"metric": DESKTOP, "first": date(2026, 6, 15), "next": date(2026, 7, 1)}
    july = only(replace(found, day=date(2026, 7, 1)))
    assert (july.cost, july.since) == (Decimal("1.50"), date(2026, 6, 15))


def test_a_price_that_goes_on_unchanged_inside_the_month_is_one_price() -> None:
    old = price(DESKTOP, "1.35", last=date(2026, 6, 14))
    assert only(facts(DESKTOP, old, price(DESKTOP, "1.35", first=date(2026, 6, 15)))).cost == Decimal("1.35")


@pytest.mark.parametrize("kind", list(TierRule))
def test_a_price_that_depends_on_the_quantity_is_no_single_one(kind: TierRule) -> None:
    tiers = (Tier(Decimal(0), Decimal("1.35")), Tier(Decimal(100), Decimal("1.20")))
    assert why_not(facts(DESKTOP, price(DESKTOP, "1", tiers=tiers, rule=kind))) == "tiers"


def test_a_service_on_no_line_a_bundle_and_one_without_a_period_have_none() -> None:
    asked = facts(DESKTOP, price(DESKTOP, "1.35"))
    assert why_not(replace(asked, used=frozenset())) == "no_line"
    assert why_not(replace(asked, services={"7": replace(SERVICE, kind=LineKind.BUNDLE)})) == "bundle"
    assert why_not(replace(asked, services={"7": replace(SERVICE, period=None)})) == "no_period"
    assert why_not(replace(asked, currency=None)) == "no_currency"


def test_an_excluded_service_and_rules_of_one_customer_say_nothing() -> None:
    asked = facts(DESKTOP, price(DESKTOP, "1.35"))
    whole = asked.rules[0]
    assert asked_costs(replace(asked, rules=(replace(whole, exclude=True),))) == ((), ())
    assert asked_costs(replace(asked, rules=(replace(whole, level=RuleLevel.CUSTOMER, target="9"),))) == ((), ())


def test_never_more_than_one_entry_a_service() -> None:
    asked = facts(DESKTOP, price(DESKTOP, "1.35"))
    found, without = asked_costs(replace(asked, rules=(*asked.rules, rule(DESKTOP))))
    assert (len(found), without) == (1, ())
