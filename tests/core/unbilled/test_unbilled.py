"""Which usage nobody bills, and what it is worth: worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from trueup.core.contract import Contract, PeriodType, Service
from trueup.core.rule import QuantityPolicy, Rule, RuleLevel
from trueup.core.unbilled.finding import (
    Billed,
    Billing,
    Offer,
    UnbilledKind,
    Used,
    modules_without_rule,
    unbilled_usage,
    worth_of_a_unit,
)
from trueup.core.unbilled.muting import Mute

DAY = date(2026, 6, 14)
PARIS, LYON = ("rmm", "paris"), ("rmm", "lyon")
OFFERS = {"rmm.desktop": Offer("workstation", Decimal("4.50")), "rmm.server": Offer("server", None)}


def contract(customer: str, currency: str | None = "EUR") -> Contract:
    return Contract(f"c-{customer}", customer, "Care", date(2026, 1, 1), None, PeriodType.MONTHLY, currency=currency)


def found(used: list[Used], *lines: Billing, contracts: tuple[Contract, ...] = ()) -> list[tuple[str, str | None, str]]:
    held = {one.customer_id: (one,) for one in contracts}
    rows = unbilled_usage(used, Billed(lines, OFFERS, held), "EUR")
    return [(row.kind.value, row.customer_id, str(row.amount)) for row in rows]


def test_a_device_that_no_line_of_its_customer_counts_is_found_with_a_months_price() -> None:
    used = [Used("morel", PARIS, "rmm.desktop", Decimal(3))]
    assert found(used, contracts=(contract("morel"),)) == [("no_line", "morel", "13.50")]


def test_a_line_of_another_customer_bills_nothing_of_this_one() -> None:
    used = [Used("morel", PARIS, "rmm.desktop", Decimal(3))]
    other = Billing(frozenset({"brasserie"}), frozenset({"rmm.desktop"}))
    assert found(used, other, contracts=(contract("morel"),)) == [("no_line", "morel", "13.50")]


def test_a_line_that_counts_one_site_leaves_the_other_site_unbilled() -> None:
    used = [Used("morel", PARIS, "rmm.desktop", Decimal(3)), Used("morel", LYON, "rmm.desktop", Decimal(2))]
    line = Billing(frozenset({"morel"}), frozenset({"rmm.desktop"}), frozenset({PARIS}))
    assert found(used, line, contracts=(contract("morel"),)) == [("no_line", "morel", "9.00")]
    whole = replace(line, organizations=frozenset())
    assert found(used, whole, contracts=(contract("morel"),)) == []


def test_a_customer_without_a_contract_and_an_organization_of_nobody_are_told_apart() -> None:
    used = [
        Used("morel", PARIS, "rmm.desktop", Decimal(1)),
        Used(None, LYON, "rmm.desktop", Decimal(10)),
        Used(None, ("rmm", "nice"), "rmm.desktop", Decimal(10)),
    ]
    assert found(used) == [("unmapped", None, "45.00"), ("unmapped", None, "45.00"), ("no_contract", "morel", "4.50")]


def test_usage_without_a_known_price_comes_last_and_has_no_amount() -> None:
    used = [Used("morel", PARIS, "rmm.server", Decimal(50)), Used("morel", PARIS, "rmm.desktop", Decimal(1))]
    assert found(used, contracts=(contract("morel"),)) == [("no_line", "morel", "4.50"), ("no_line", "morel", "None")]


def test_amounts_of_another_currency_are_not_ranked_among_ours() -> None:
    used = [Used("swiss", PARIS, "rmm.desktop", Decimal(100)), Used("morel", LYON, "rmm.desktop", Decimal(1))]
    rows = unbilled_usage(
        used, Billed((), OFFERS, {"swiss": (contract("swiss", "CHF"),), "morel": (contract("morel"),)}), "EUR"
    )
    assert [(row.currency, row.customer_id) for row in rows] == [("EUR", "morel"), ("CHF", "swiss")]


def test_what_no_rule_counts_anywhere_is_told_once_for_its_module() -> None:
    used = [
        Used("morel", ("edr", "1"), "edr.agent", Decimal(7)),
        Used("brasserie", ("edr", "2"), "edr.agent", Decimal(5)),
        Used("morel", ("edr", "1"), "edr.workstation", Decimal(6)),
        Used("morel", PARIS, "rmm.laptop", Decimal(9)),
    ]
    rows = modules_without_rule(used, OFFERS)
    assert [(row.kind, row.metric, row.quantity) for row in rows] == [(UnbilledKind.NO_RULE, "edr.agent", Decimal(12))]


def test_a_pack_of_ten_on_a_yearly_service_is_worth_a_hundred_and_twentieth_a_unit() -> None:
    rule = Rule("r", RuleLevel.SERVICE, "s", "s", "rmm.desktop", QuantityPolicy(pack_size=10))
    service = Service("s", "Seats", price=Decimal(1200), period=PeriodType.YEARLY)
    assert worth_of_a_unit(rule, service) == Decimal(10)
    assert worth_of_a_unit(rule, replace(service, price=None)) is None


def test_muted_usage_comes_back_when_it_grows_or_its_day_is_over_and_keeps_its_key() -> None:
    used = [Used("morel", PARIS, "rmm.desktop", Decimal(3))]
    (row,) = unbilled_usage(used, Billed((), OFFERS, {}), "EUR")
    mute = Mute(row.key, row.quantity, "a gift", "anna", DAY)
    (fewer,) = unbilled_usage([replace(used[0], value=Decimal(2))], Billed((), OFFERS, {}), "EUR")
    (more,) = unbilled_usage([replace(used[0], value=Decimal(4))], Billed((), OFFERS, {}), "EUR")
    assert row.key == fewer.key == more.key
    assert [mute.covers(one, DAY) for one in (fewer, row, more)] == [True, True, False]
    assert not mute.covers(row, date(2026, 6, 15))
