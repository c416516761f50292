"""What each difference between a vendor's invoice, its agreed prices and our own bills says, word by word."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.core.margins.vendor_month import EXACTLY, LAPTOP, PERCENT, SEAT, hoped, line, month, only, row

from trueup.core.margins.margin import Difference, margins
from trueup.core.margins.prices import Expected
from trueup.core.reason import Reason

BILLED = [line("a", {SEAT}, 10, "30")]


def told(of, tolerance: Decimal = EXACTLY) -> list[Difference]:
    return list(only(of, tolerance).differences)


def says(code: str, amount: str | None = None, unit: str | None = None, /, **params) -> Difference:
    return Difference(Reason.of(f"margin.{code}", **params), None if amount is None else Decimal(amount), unit)


def test_usage_without_an_agreed_price_names_the_billing_type() -> None:
    of = month({("a", SEAT): 10}, {}, [row(SEAT, 10, "15.00")], BILLED)
    assert told(of) == [says("no_price", metric=SEAT, days=None)]


def test_days_without_a_price_are_counted_where_something_was_used_or_billed() -> None:
    some = Expected(Decimal(10), None, None, "EUR", None, unpriced=12)
    days = says("no_price", metric=SEAT, days=12)
    assert told(month({("a", SEAT): 10}, {SEAT: some}, [row(SEAT, 10, "15.00")], BILLED)) == [days]
    assert told(month({("a", SEAT): 10}, {SEAT: some}, [], BILLED)) == [days], "used, and not yet billed"
    assert told(month({}, {SEAT: some}, [row(SEAT, 10, "15.00")], BILLED)) == [days], "billed, and not used"
    assert "margin.no_price" not in {one.reason.code for one in told(month({}, {SEAT: some}, [], BILLED))}


def test_a_minimum_tells_what_was_committed_and_used_and_what_the_rest_is_worth() -> None:
    of = month(
        {("a", SEAT): 80},
        {SEAT: hoped(100, "1.50", committed=100)},
        [row(SEAT, 100, "150.00")],
        [line("a", {SEAT}, 80, "240")],
    )
    assert told(of) == [says("minimum_applies", "30.00", "EUR", metric=SEAT, committed=Decimal(100), used=Decimal(80))]


def test_a_minimum_that_is_just_used_up_applies_to_nobody() -> None:
    of = month({("a", SEAT): 10}, {SEAT: hoped(10, "1.50", committed=10)}, [row(SEAT, 10, "15.00")], BILLED)
    assert told(of) == []


def test_what_has_no_price_at_the_months_end_is_told_without_an_amount() -> None:
    """Priced for a part of the month and no more at its end: how many is known, what one is worth is not."""
    some = Expected(Decimal(20), Decimal(20), Decimal("15.00"), "EUR", None)
    of = month({("a", SEAT): 10}, {SEAT: some}, [row(SEAT, 30, "22.50")], BILLED)
    assert told(of) == [
        says("minimum_applies", None, "EUR", metric=SEAT, committed=Decimal(20), used=Decimal(10)),
        says("count_differs", None, "EUR", metric=SEAT, invoiced=Decimal(30), expected=Decimal(20)),
    ]


def test_a_missing_invoice_is_told_with_what_it_should_have_billed_once_the_month_is_over() -> None:
    of = month({("a", SEAT): 10}, {SEAT: hoped(10, "1.50")}, lines=BILLED)
    assert told(of) == [says("not_invoiced", "15.00", "EUR", metric=SEAT)]
    assert told(replace(of, over=False)) == []
    nothing = month({}, {SEAT: hoped(0, "1.50")}, lines=BILLED)
    assert told(nothing) == [], "nothing is owed where nothing was used"


def test_an_invoice_in_another_currency_names_both_and_compares_no_figure() -> None:
    of = month(
        {("a", SEAT): 10},
        {SEAT: hoped(10, "1.50")},
        [row(SEAT, 8, "9.00", currency="USD"), row(SEAT, 2, "3.00", currency="CHF")],
        [],
    )
    assert told(of)[0] == says("other_currency", metric=SEAT, billed="CHF, USD", agreed="EUR")
    assert {one.reason.code for one in told(of)} == {"margin.other_currency", "margin.not_billed"}


def test_a_wrong_count_tells_both_counts_and_the_difference_at_the_agreed_price() -> None:
    fewer = month({("a", SEAT): 10}, {SEAT: hoped(10, "1.50")}, [row(SEAT, 8, "12.00")], BILLED)
    assert told(fewer) == [
        says("count_differs", "-3.00", "EUR", metric=SEAT, invoiced=Decimal(8), expected=Decimal(10))
    ]


def test_another_price_tells_both_to_four_decimals_and_what_it_costs() -> None:
    of = month({("a", SEAT): 3}, {SEAT: hoped(3, "1.50")}, [row(SEAT, 3, "5.00")], BILLED)
    assert told(of) == [
        says(
            "price_differs",
            "0.50",
            "EUR",
            metric=SEAT,
            price=Decimal("1.6667"),
            agreed=Decimal("1.5000"),
            currency="EUR",
        )
    ]


@pytest.mark.parametrize(("billed", "is_told"), [("151.50", False), ("151.53", True)], ids=["at", "above"])
def test_a_price_may_differ_by_the_tolerance_and_no_more(billed: str, is_told: bool) -> None:
    """1 % of 151.50 is 1.515, which is more than the 1.50 that it differs by; of 151.53 it differs by more."""
    of = month({("a", SEAT): 100}, {SEAT: hoped(100, "1.50")}, [row(SEAT, 100, billed)], BILLED)
    assert bool(told(of, PERCENT)) is is_told


def test_customers_without_a_line_are_counted_with_their_billing_types_and_cost() -> None:
    of = month(
        {("a", SEAT): 5, ("b", SEAT): 3, ("b", LAPTOP): 2, ("c", SEAT): 4},
        {SEAT: hoped(12, "1.50"), LAPTOP: hoped(2, "3.00")},
        [row(SEAT, 12, "18.00"), row(LAPTOP, 2, "6.00")],
        [line("a", {SEAT, LAPTOP}, 5, "30")],
    )
    assert told(of) == [says("not_billed", "16.50", "EUR", customers=2, metrics=f"{LAPTOP}, {SEAT}")]


def test_what_unbilled_customers_cost_in_two_currencies_is_not_added() -> None:
    of = month(
        {("b", SEAT): 3, ("b", LAPTOP): 2},
        {SEAT: hoped(3, "1.50"), LAPTOP: hoped(2, "3.00", currency="USD")},
        [row(SEAT, 3, "4.50"), row(LAPTOP, 2, "6.00", currency="USD")],
        [line("a", {SEAT, LAPTOP}, 0, "0")],
    )
    lost = next(one for one in told(of) if one.reason.code == "margin.not_billed")
    assert (lost.amount, lost.currency) == (None, None)


def test_currencies_of_bills_and_costs_are_named() -> None:
    of = month(
        {("a", SEAT): 10}, {SEAT: hoped(10, "1.50", currency="USD")}, [row(SEAT, 10, "15", currency="USD")], BILLED
    )
    assert told(of) == [says("currencies", billed="EUR", cost="USD")]


def test_excluded_lines_are_counted() -> None:
    of = month({("a", SEAT): 10}, {SEAT: hoped(10, "1.50")}, [row(SEAT, 10, "15.00")], BILLED)
    apart = line("b", {SEAT}, 0, None)
    other = line("b", {LAPTOP}, 0, None)
    assert told(replace(of, excluded=(apart, other, apart))) == [says("excluded_lines", lines=2)]


def test_a_billing_type_that_nobody_used_has_no_usage_and_no_margin_to_miss() -> None:
    (found,) = margins(month({}, {SEAT: hoped(0, "1.50")}, [row(SEAT, 0, "0.00")], BILLED), EXACTLY)
    assert (found.metrics[0].used, found.metrics[0].invoiced) == (Decimal(0), Decimal(0))
    assert found.margin == 30


def test_a_customers_figures_are_of_the_billing_types_of_the_row_alone() -> None:
    of = month(
        {("a", SEAT): 10, ("b", SEAT): 4, ("b", LAPTOP): 7},
        {SEAT: hoped(14, "1.50"), LAPTOP: hoped(7, "3.00")},
        [row(SEAT, 14, "21.00"), row(LAPTOP, 7, "21.00")],
        [
            line("a", {SEAT}, 10, "30"),
            line("b", {SEAT}, 4, "12"),
            line("b", {SEAT}, 1, "3"),
            line("b", {LAPTOP}, 7, "70"),
        ],
    )
    seats = next(one for one in margins(of, EXACTLY) if one.metrics[0].metric == SEAT)
    assert [(one.customer_id, one.used, one.units, one.billed) for one in seats.customers] == [
        ("a", ((SEAT, 10),), 10, {"EUR": 30}),
        ("b", ((SEAT, 4),), 5, {"EUR": 15}),
    ]
    assert (seats.services, seats.units, seats.currency) == (("service",), 15, "EUR")


def test_an_excluded_line_bills_only_what_it_counts() -> None:
    of = month({("b", SEAT): 5}, {SEAT: hoped(5, "1.50")}, [row(SEAT, 5, "7.50")], [])
    other = replace(line("b", {LAPTOP}, 0, None), counts=frozenset({"b"}))
    assert told(replace(of, excluded=(other,))) == [says("not_billed", "7.50", "EUR", customers=1, metrics=SEAT)]


def test_a_customer_for_whom_a_vendor_bills_what_nobody_measured_is_not_billed_either() -> None:
    of = month({("a", SEAT): 10}, {SEAT: hoped(10, "1.50")}, [row(SEAT, 10, "15.00", "b")], BILLED)
    assert told(of) == [says("not_billed", None, None, customers=1, metrics=SEAT)]
    credited = month(
        {("a", SEAT): 10}, {SEAT: hoped(10, "1.50")}, [row(SEAT, 10, "15"), row(SEAT, 0, "0", "b")], BILLED
    )
    assert told(credited) == [], "an amount of zero asks for no line"


def test_a_cost_that_nothing_bills_is_a_loss_and_a_bill_without_a_cost_has_no_margin() -> None:
    loss = only(month({}, {SEAT: hoped(10, "1.50")}, [row(SEAT, 10, "15.00")], []))
    assert (loss.margin, loss.currency, loss.billed) == (-15, "EUR", {})
    free = only(month({}, {SEAT: Expected(Decimal(0), None, None, "EUR", None)}, [], BILLED))
    assert (free.margin, free.cost) == (None, {})


def test_lines_in_two_currencies_leave_no_margin_and_name_none() -> None:
    lines = [line("a", {SEAT}, 5, "15"), line("b", {SEAT}, 5, "16", currency="CHF")]
    found = only(month({("a", SEAT): 5, ("b", SEAT): 5}, {SEAT: hoped(10, "1.50")}, [row(SEAT, 10, "15.00")], lines))
    assert (found.margin, found.currency) == (None, None)
    assert list(found.differences) == [says("currencies", billed="CHF, EUR", cost="EUR")]


def test_a_loss_stands_before_what_earns_nothing_and_that_before_what_earns_little() -> None:
    of = month(
        {("a", "x.loss"): 1, ("a", "x.even"): 1, ("a", "x.gain"): 1},
        {"x.loss": hoped(1, "10.50"), "x.even": hoped(1, "10"), "x.gain": hoped(1, "9.50")},
        [],
        [line("a", {"x.gain"}, 1, "10"), line("a", {"x.even"}, 1, "10"), line("a", {"x.loss"}, 1, "10")],
    )
    assert [one.margin for one in margins(of, EXACTLY)] == [Decimal("-0.50"), Decimal(0), Decimal("0.50")]
