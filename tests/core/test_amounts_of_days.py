"""What units cost over any days, reckoned by hand: units x price x days / days of the period."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.core.situations import contract, day, row

from trueup.core.amounts import amount_of_days
from trueup.core.contract import PeriodType, UnitRow
from trueup.core.period import calendar_of


def cost(*rows: UnitRow, first: str, last: str, price: str | None = "30.00", of=None) -> Decimal | None:
    made = of or contract()
    billing = calendar_of(made, rows)
    return amount_of_days(rows, None if price is None else Decimal(price), billing, day(first), day(last))


JUNE = (row("06-01", "06-10", 10), row("06-11", "06-30", 12))


def test_each_part_of_a_month_costs_by_its_own_units() -> None:
    # 10 x 30.00 x 10/30 = 100.00 and 12 x 30.00 x 20/30 = 240.00
    assert cost(*JUNE, first="06-01", last="06-30") == Decimal("340.00")
    assert cost(*JUNE, first="06-06", last="06-15") == Decimal("110.00")  # 5 days of 10 units, 5 of 12


def test_one_day_is_a_thirtieth_of_june() -> None:
    assert cost(*JUNE, first="06-10", last="06-10") == Decimal("10.00")
    assert cost(*JUNE, first="06-11", last="06-11") == Decimal("12.00")


def test_days_of_two_months_are_shares_of_each_month() -> None:
    rows = (row("05-01", "05-31", 10), row("06-01", "06-30", 10))
    # 310.00 a month: 17 of 31 days of May are 170.00, 15 of 30 days of June 155.00
    assert cost(*rows, first="05-15", last="06-15", price="31.00") == Decimal("325.00")


def test_a_row_over_two_periods_is_divided_by_the_days_of_each() -> None:
    """One row from May to June: its units hold on, the months stay what they are."""
    rows = (row("04-01", "04-30", 10), row("05-01", "06-30", 10))
    billing = calendar_of(contract(), (row("04-01", "04-30", 10),))
    found = amount_of_days(rows, Decimal("31.00"), billing, day("05-15"), day("06-15"))
    assert found == Decimal("325.00")


def test_days_that_no_row_covers_cost_nothing() -> None:
    rows = (row("06-01", "06-10", 10), row("06-21", "06-30", 10))
    assert cost(*rows, first="06-01", last="06-30") == Decimal("200.00")
    assert cost(*rows, first="06-11", last="06-20") == Decimal("0.00")


def test_no_units_cost_nothing_whatever_is_known_of_their_price() -> None:
    assert cost(row("06-01", "06-30", 0), first="06-01", last="06-30", price=None) == Decimal("0.00")


def test_a_row_without_amount_and_price_has_no_cost() -> None:
    assert cost(row("06-01", "06-30", 10), first="06-01", last="06-30", price=None) is None


def test_the_amount_of_a_row_goes_before_todays_price() -> None:
    rows = (replace(row("06-01", "06-30", 10), amount=Decimal("290.00")),)
    assert cost(*rows, first="06-01", last="06-30", price="30.00") == Decimal("290.00")
    assert cost(*rows, first="06-01", last="06-03", price=None) == Decimal("29.00")


@pytest.mark.parametrize(
    ("last", "told"), [("06-01", "0.33"), ("06-02", "0.67"), ("06-30", "10.00")], ids=["one", "two", "all"]
)
def test_cents_are_rounded_once_at_the_end(last: str, told: str) -> None:
    assert cost(row("06-01", "06-30", 1), first="06-01", last=last, price="10.00") == Decimal(told)


def test_a_quarter_is_divided_by_its_own_days() -> None:
    rows = (row("04-01", "06-30", 10),)
    found = cost(*rows, first="04-01", last="04-30", of=contract("01-01", "12-31", PeriodType.QUARTERLY), price="91.00")
    assert found == Decimal("300.00")  # 910.00 x 30/91
