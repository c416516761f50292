"""Which formula explains an amount that was billed otherwise: 3 x 12.00 from 12 November, 19 of 30 days, is 22.80."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from trueup.core.late.billed import formula_behind, proven
from trueup.core.period import Period

NOVEMBER, OCTOBER = Period(date(2026, 11, 1), date(2026, 11, 30)), Period(date(2026, 10, 1), date(2026, 10, 31))
QUARTER = Period(date(2026, 7, 1), date(2026, 9, 30))


@pytest.mark.parametrize(
    ("change", "price", "day", "period", "billed", "formula"),
    [
        (3, "12.00", date(2026, 11, 12), NOVEMBER, "22.80", None),
        (3, "12.00", date(2026, 11, 12), NOVEMBER, "21.60", "day_not_counted"),  # 18 of 30 days
        (3, "12.00", date(2026, 11, 12), NOVEMBER, "36.00", "whole_period"),
        (3, "12.00", date(2026, 11, 12), NOVEMBER, "22.81", "unknown"),
        (1, "12.00", date(2026, 10, 13), OCTOBER, "7.35", None),  # 19 of 31 days is 7.3548...
        (1, "12.00", date(2026, 10, 13), OCTOBER, "7.36", "rounded_up"),
        (1, "12.00", date(2026, 10, 13), OCTOBER, "7.3548", "four_decimals"),
        (1, "12.00", date(2026, 10, 13), OCTOBER, "7.60", "thirty_days"),  # 19 of 30 days
        (1, "10.00", date(2026, 10, 14), OCTOBER, "5.81", None),  # 18 of 31 days is 5.8064...
        (1, "10.00", date(2026, 10, 14), OCTOBER, "5.80", "rounded_down"),
        (1, "10.00", date(2026, 10, 13), OCTOBER, "6.33", "thirty_days"),  # 19 of 30 days is 6.3333...
        (1, "0.75", date(2026, 11, 30), NOVEMBER, "0.03", None),  # 1 of 30 days is 0.025
        (1, "0.75", date(2026, 11, 30), NOVEMBER, "0.02", "rounded_even"),
        (-1, "0.75", date(2026, 11, 30), NOVEMBER, "-0.02", "rounded_even"),
        (1, "0.73", date(2026, 11, 30), NOVEMBER, "0.03", "rounded_up"),  # 0.0243...
        (1, "90.00", date(2026, 8, 1), QUARTER, "61.00", "thirty_days"),  # 61 of three months of 30 days
        (1, "90.00", date(2026, 7, 2), QUARTER, "90.00", "thirty_days"),  # 91 days are no more than all of them
    ],
)
def test_an_amount_is_explained(
    change: int, price: str, day: date, period: Period, billed: str, formula: str | None
) -> None:
    assert formula_behind(change, Decimal(price), day, period, Decimal(billed)) == formula


def test_three_items_prove_the_formula_and_one_that_differs_does_not_let_them() -> None:
    assert not proven(2, 0)
    assert proven(3, 0)
    assert not proven(20, 1)
