"""Words to set a scene for the guard rails with: a change of a line, and what the rails know beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from tests.core.situations import day

from trueup.core.outcome import Adjustment, Outcome, OutcomeStatus
from trueup.core.rails.guard import RailFacts
from trueup.core.settings import Thresholds

NOV_12, DEC_1 = day("11-12"), day("12-01")
NO_CROWD = Thresholds(plan_base=10**6)


def change(
    before: int, after: int, line: str = "1000", *, customer: str = "1", recurring: str = "0", currency: str = "EUR"
) -> Outcome:
    made = Adjustment(line, NOV_12, after - before, period_start=day("11-01"))
    return Outcome(
        line,
        OutcomeStatus.CHANGE,
        customer,
        "100",
        "10",
        before,
        after,
        NOV_12,
        adjustments=(made,),
        currency=currency,
        recurring=Decimal(recurring),
    )


def facts(**known: object) -> RailFacts:
    return replace(RailFacts({}, {}, {}), **known)  # type: ignore[arg-type]


def opening(outcome: Outcome, first: date = DEC_1) -> Outcome:
    """The change dated on the first day of a period."""
    (made,) = outcome.adjustments
    return replace(outcome, effective=first, adjustments=(replace(made, day=first, period_start=first),))
