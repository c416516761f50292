"""No sequence of small steps inside one period passes a rail that one big step would not pass."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from tests.core.situations import PROFILE, day, row

from trueup.core.contract import Contract, PeriodType
from trueup.core.outcome import Adjustment, Outcome, OutcomeStatus
from trueup.core.period import calendar_of
from trueup.core.rails.guard import RailFacts, apply_rails
from trueup.core.rails.period_start import WrittenChange, units_at_start
from trueup.core.settings import Thresholds

NOV_12 = day("11-12")
RULES = Thresholds(plan_base=10**6, line_amount=Decimal(250))
PRICE = Decimal("7.50")


def step(before: int, after: int, line: str = "1000", customer: str = "1") -> Outcome:
    return Outcome(
        line,
        OutcomeStatus.CHANGE,
        customer,
        "100",
        "10",
        before,
        after,
        NOV_12,
        adjustments=(Adjustment(line, NOV_12, after - before),),
        currency="EUR",
        recurring=PRICE * (after - before),
    )


def passes(outcomes: tuple[Outcome, ...], began: dict[str, int], now: dict[str, int]) -> bool:
    """Whether all of these go, for lines of one customer that has nothing else."""
    facts = RailFacts(
        period_units=began,
        customer_monthly={("1", "EUR"): PRICE * sum(now.values())},
        customer_began={("1", "EUR"): PRICE * sum(began.values())},
        uses={},
        prices=dict.fromkeys(began, (PRICE, 1)),
    )
    found = apply_rails(outcomes, facts, RULES)
    return all(outcome.status is OutcomeStatus.CHANGE for outcome in found)


@PROFILE
@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 2), st.integers(-12, 12)), min_size=1, max_size=12),
)
def test_what_small_steps_reach_one_step_would_have_reached(start: list[int], steps: list[tuple[int, int]]) -> None:
    began = {str(place): units for place, units in enumerate(start)}
    now = dict(began)
    for place, change in steps:
        line = str(place % len(start))
        after = max(now[line] + change, 0)
        if after != now[line] and passes((step(now[line], after, line),), began, now):
            now[line] = after
    moved = tuple(step(began[line], now[line], line) for line in began if now[line] != began[line])
    assert passes(moved, began, began), (began, now)


CONTRACT = Contract("100", "1", "C", day("01-01"), day("12-31"), PeriodType.MONTHLY, currency="EUR")


def began_with(rows: tuple[object, ...], *written: WrittenChange) -> int | None:
    return units_at_start(rows, calendar_of(CONTRACT, rows, ()), NOV_12, written)  # type: ignore[arg-type]


ROWS = (row("11-01", "11-30", 16), row("12-01", "12-31", 16))


def test_a_step_dated_on_the_first_day_of_the_period_is_a_step_of_it():
    rise = WrittenChange(day("11-01"), 6, day("11-05"))
    assert began_with(ROWS) == 16
    assert began_with(ROWS, rise) == 10
    assert began_with(ROWS, rise, WrittenChange(day("10-31"), 3, day("11-06"))) == 7


def test_what_opened_the_period_is_what_it_began_with():
    assert began_with(ROWS, WrittenChange(day("11-01"), 6, day("10-31"))) == 16
    assert began_with(ROWS, WrittenChange(day("11-01"), 6, day("11-01"))) == 16
    assert began_with(ROWS, WrittenChange(day("11-08"), 6, day("11-08"))) == 16


def test_a_line_without_units_has_no_beginning():
    assert began_with(()) is None


def test_small_steps_on_the_first_day_of_the_period_add_up():
    began = began_with(ROWS, WrittenChange(day("11-01"), 6, day("11-05")))
    assert began is not None
    known = RailFacts({"1000": began}, {}, {})
    (found,) = apply_rails((step(16, 17),), known, replace(RULES, line_amount=None))
    assert found.releasable == ("large_move",)  # 10 to 17 since the period began
