"""What vendors bill beside what customers are billed. Each figure is worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.core.margins.vendor_month import DESKTOP, EXACTLY, LAPTOP, PERCENT, SEAT, hoped, line, month, only, row

from trueup.core.margins.margin import BilledLine, MarginRow, margins


def causes(found: MarginRow) -> dict[str, Decimal | None]:
    return {one.reason.code: one.amount for one in found.differences}


def test_one_row_shows_minimum_usage_invoice_bill_and_margin() -> None:
    found = only(
        month(
            {("a", DESKTOP): 40, ("b", DESKTOP): 60},
            {DESKTOP: hoped(100, "2.00", committed=90)},
            [row(DESKTOP, 100, "200.00")],
            [line("a", {DESKTOP}, 40, "160.00"), line("b", {DESKTOP}, 60, "240.00")],
        )
    )
    figures = found.metrics[0]
    assert (figures.committed, figures.used, figures.invoiced, figures.cost) == (90, 100, 100, {"EUR": 200})
    assert (found.units, found.billed, found.margin, found.estimated) == (100, {"EUR": 400}, 200, False)
    assert found.differences == ()


def test_billing_types_that_one_line_counts_share_one_margin() -> None:
    found = only(
        month(
            {("a", DESKTOP): 10, ("a", LAPTOP): 5},
            {DESKTOP: hoped(10, "2.00"), LAPTOP: hoped(5, "3.00")},
            [row(DESKTOP, 10, "20.00"), row(LAPTOP, 5, "15.00")],
            [line("a", {DESKTOP, LAPTOP}, 15, "60.00")],
        )
    )
    assert [one.metric for one in found.metrics] == [DESKTOP, LAPTOP]
    assert (found.cost, found.margin) == ({"EUR": 35}, 25)


def test_a_billing_type_on_the_same_line_without_a_price_leaves_no_margin() -> None:
    found = only(
        month(
            {("a", DESKTOP): 10, ("a", LAPTOP): 5},
            {DESKTOP: hoped(10, "2.00")},
            [row(DESKTOP, 10, "20.00")],
            [line("a", {DESKTOP, LAPTOP}, 15, "60.00")],
        )
    )
    assert found.margin is None
    assert causes(found) == {"margin.no_price": None}


def test_without_an_invoice_the_cost_is_what_the_vendor_should_bill_and_says_so() -> None:
    of = month({("a", SEAT): 10}, {SEAT: hoped(10, "1.50")}, lines=[line("a", {SEAT}, 10, "30.00")])
    found = only(of)
    assert (found.margin, found.estimated) == (15, True)
    assert causes(found) == {"margin.not_invoiced": Decimal("15.00")}
    early = only(
        month({("a", SEAT): 10}, {SEAT: hoped(10, "1.50")}, lines=[line("a", {SEAT}, 10, "30.00")], over=False)
    )
    assert early.differences == ()


def test_a_vendor_that_bills_more_than_is_used_is_told_with_what_it_is_worth() -> None:
    of = month(
        {("a", SEAT): 100}, {SEAT: hoped(100, "1.50")}, [row(SEAT, 104, "156.00")], [line("a", {SEAT}, 100, "300")]
    )
    assert causes(only(of, PERCENT)) == {"margin.count_differs": Decimal("6.00")}
    assert causes(only(of, Decimal("0.05"))) == {}


def test_another_price_than_agreed_is_told_apart_from_another_count() -> None:
    of = month(
        {("a", SEAT): 100}, {SEAT: hoped(100, "1.50")}, [row(SEAT, 100, "165.00")], [line("a", {SEAT}, 100, "300")]
    )
    assert causes(only(of, PERCENT)) == {"margin.price_differs": Decimal("15.00")}


def test_a_minimum_that_applies_is_a_cause_and_no_wrong_count() -> None:
    of = month(
        {("a", SEAT): 80},
        {SEAT: hoped(100, "1.50", committed=100)},
        [row(SEAT, 100, "150.00")],
        [line("a", {SEAT}, 80, "240")],
    )
    found = only(of)
    assert causes(found) == {"margin.minimum_applies": Decimal("30.00")}
    assert found.margin == 90


def test_customers_who_use_and_pay_nothing_are_counted_with_their_cost() -> None:
    of = month(
        {("a", SEAT): 80, ("b", SEAT): 20},
        {SEAT: hoped(100, "1.50")},
        [row(SEAT, 80, "120.00", "a"), row(SEAT, 20, "30.00", "b")],
        [line("a", {SEAT}, 80, "240")],
    )
    found = only(of)
    assert causes(found) == {"margin.not_billed": Decimal("30.00")}
    assert [(one.customer_id, one.is_billed, one.cost) for one in found.customers] == [
        ("a", True, {"EUR": 120}),
        ("b", False, {"EUR": 30}),
    ]
    assert found.margin == 90


def test_a_parents_line_that_counts_a_childs_usage_bills_it() -> None:
    parent = BilledLine("parent", "service", frozenset({SEAT}), 20, Decimal(60), "EUR", frozenset({"parent", "child"}))
    found = only(month({("child", SEAT): 20}, {SEAT: hoped(20, "1.50")}, [row(SEAT, 20, "30.00")], [parent]))
    assert causes(found) == {}
    assert found.margin == 30


def test_an_excluded_line_bills_its_customer_and_is_told_because_its_amount_is_not_known() -> None:
    apart = BilledLine("b", "service", frozenset({SEAT}), 0, None, None, frozenset({"b"}))
    of = month(
        {("a", SEAT): 10, ("b", SEAT): 5},
        {SEAT: hoped(15, "1.50")},
        [row(SEAT, 15, "22.50")],
        [line("a", {SEAT}, 10, "30")],
    )
    found = only(replace(of, excluded=(apart,)))
    assert causes(found) == {"margin.excluded_lines": None}
    assert found.margin is None


def test_amounts_of_two_currencies_make_no_margin_and_are_never_added() -> None:
    of = month(
        {("a", SEAT): 10},
        {SEAT: hoped(10, "1.50")},
        [row(SEAT, 10, "16.00", currency="USD")],
        [line("a", {SEAT}, 10, "30")],
    )
    found = only(of)
    assert found.margin is None
    assert (found.billed, found.cost) == ({"EUR": 30}, {"USD": 16})
    assert set(causes(found)) == {"margin.other_currency", "margin.currencies"}


def test_a_line_without_a_price_leaves_no_margin() -> None:
    of = month({("a", SEAT): 10}, {SEAT: hoped(10, "1.50")}, [row(SEAT, 10, "15.00")], [line("a", {SEAT}, 10, None)])
    assert only(of).margin is None


def test_a_credit_lowers_the_cost() -> None:
    invoiced = [row(SEAT, 12, "18.00"), row(SEAT, -2, "-3.00")]
    found = only(month({("a", SEAT): 10}, {SEAT: hoped(10, "1.50")}, invoiced, [line("a", {SEAT}, 10, "30")]))
    assert (found.metrics[0].invoiced, found.cost, found.margin) == (10, {"EUR": 15}, 15)
    assert found.differences == ()


def test_the_smallest_margin_stands_first_and_unknown_ones_last() -> None:
    of = month(
        {("a", DESKTOP): 1, ("a", LAPTOP): 1, ("a", SEAT): 1},
        {DESKTOP: hoped(1, "9"), LAPTOP: hoped(1, "2")},
        [row(SEAT, 1, "5", currency="USD")],
        [line("a", {DESKTOP}, 1, "10"), line("a", {LAPTOP}, 1, "10"), line("a", {SEAT}, 1, "10")],
        over=False,
    )
    assert [one.margin for one in margins(of, EXACTLY)] == [1, 8, None]
