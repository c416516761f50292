"""What is left of a plan's changes once some of them are written."""

from __future__ import annotations

from decimal import Decimal

from trueup.app.plans.left import less
from trueup.store.plan_projection import Part
from trueup.store.plan_rows import PlanWorth
from trueup.store.plan_totals import PlanTotal


def total(lines: int, moving: int, monthly: str, amount: str) -> PlanTotal:
    return PlanTotal(
        "", "", Part.CHANGES, "EUR", lines, moving, lines, 0, 0, Decimal(monthly), Decimal(amount), Decimal(0)
    )


def done(lines: int, monthly: str, amount: str) -> PlanWorth:
    return PlanWorth(Part.CHANGES, "EUR", lines, 0, Decimal(monthly), Decimal(amount))


def test_a_written_unit_cost_hides_no_change_of_units_that_is_left() -> None:
    left = less(total(2, 1, "39.00", "5.20"), done(1, "0", "0"))
    assert (left.lines, left.moving, left.writable) == (1, 1, 1)
    assert (left.monthly, left.amount) == (Decimal("39.00"), Decimal("5.20"))


def test_where_everything_is_written_nothing_moves() -> None:
    left = less(total(2, 2, "211.25", "35.17"), done(2, "211.25", "35.17"))
    assert (left.lines, left.moving, left.writable, left.monthly, left.amount) == (0, 0, 0, Decimal(0), Decimal(0))
