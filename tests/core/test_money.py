"""What a change inside a period is worth: worked by hand, rounded once, half a cent away from zero."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.situations import PROFILE, day

from trueup.core.money import per_month, prorated, sum_by_currency, to_cents
from trueup.core.period import Period

NOVEMBER = Period(day("11-01"), day("11-30"))
Q4 = Period(day("10-01"), day("12-31"))
CUT = Period(day("11-01"), day("11-20"))


@pytest.mark.parametrize(
    ("change", "price", "on", "period", "amount"),
    [
        (3, "12.00", "11-12", NOVEMBER, "22.80"),  # 36 x 19 / 30
        (-3, "12.00", "11-14", NOVEMBER, "-20.40"),  # 36 x 17 / 30
        (1, "100.00", "11-16", NOVEMBER, "50.00"),  # half a month, half a unit
        (3, "12.00", "11-01", NOVEMBER, "36.00"),  # the first day is the whole period
        (1, "12.00", "11-30", NOVEMBER, "0.40"),  # the last day is one day
        (2, "90.00", "11-12", Q4, "97.83"),  # 180 x 50 / 92 = 97.826...
        (1, "12.00", "11-11", CUT, "6.00"),  # 12 x 10 / 20: the days of the cut period
        (1, "2.25", "11-16", NOVEMBER, "1.13"),  # 1.125
        (-1, "2.25", "11-16", NOVEMBER, "-1.13"),  # a credit rounds away from zero as well
        (2, "-2.25", "11-16", NOVEMBER, "-2.25"),
        (1, "-2.25", "11-16", NOVEMBER, "-1.13"),  # a discount line
        (1, "0.10", "11-30", NOVEMBER, "0.00"),  # 0.0033
        (3, "0.05", "11-30", NOVEMBER, "0.01"),  # 0.005 is half a cent
    ],
)
def test_worked_by_hand(change, price, on, period, amount):
    assert prorated(change, Decimal(price), day(on), period) == Decimal(amount)


def test_a_price_with_four_decimals_is_rounded_only_at_the_end():
    # 7 x 1.2345 = 8.6415 a month; 8.6415 x 20 / 30 = 5.761
    assert prorated(7, Decimal("1.2345"), day("11-11"), NOVEMBER) == Decimal("5.76")


@pytest.mark.parametrize(
    ("exact", "cents"),
    [("0.005", "0.01"), ("-0.005", "-0.01"), ("0.015", "0.02"), ("-0.025", "-0.03"), ("0.00499", "0.00")],
)
def test_half_a_cent_goes_away_from_zero_and_not_to_the_even_cent(exact, cents):
    assert to_cents(Decimal(exact)) == Decimal(cents)


def test_a_yearly_amount_is_shown_as_a_twelfth():
    assert per_month(Decimal("1000.00"), 12) == Decimal("83.33")
    assert per_month(Decimal("-0.06"), 12) == Decimal("-0.01")


def test_euros_and_francs_are_never_added():
    found = sum_by_currency([("EUR", Decimal(5)), ("CHF", Decimal(7)), ("EUR", Decimal(1)), (None, Decimal(2))])
    assert dict(found) == {"EUR": Decimal(6), "CHF": Decimal(7), None: Decimal(2)}


@PROFILE
@given(
    change=st.integers(-500, 500),
    price=st.decimals("-999.9999", "999.9999", places=4),
    first=st.dates(day("2024-01-01"), day("2028-12-31")),
    length=st.integers(1, 366),
    place=st.integers(0, 365),
)
def test_a_change_is_worth_its_share_of_days_to_within_half_a_cent(change, price, first, length, place):
    place %= length
    period = Period(first, first + timedelta(days=length - 1))
    one_day = Fraction(price) * change / length
    exact = sum((one_day for _ in range(place, length)), Fraction(0))
    found = prorated(change, price, first + timedelta(days=place), period)
    assert found == found.quantize(Decimal("0.01"))
    assert abs(Fraction(found) - exact) <= Fraction(1, 200)
    assert prorated(-change, price, first + timedelta(days=place), period) == -found, "a credit mirrors its charge"
