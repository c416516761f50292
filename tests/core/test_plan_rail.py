"""The rail over a whole plan: an ordinary night, an opening, and the ordinary nights of a month together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.core.rail_situations import change, facts, opening
from tests.core.situations import day

from trueup.core.outcome import OutcomeStatus
from trueup.core.rails.guard import apply_rails
from trueup.core.rails.plan_rail import PlanHistory
from trueup.core.settings import Thresholds


def crowd(
    changing: int, lines: int, rules: Thresholds | None = None, *, opens: bool = False, **known: object
) -> set[str]:
    outcomes = tuple(change(100, 101, str(place)) for place in range(changing))
    outcomes = tuple(opening(outcome) if opens else outcome for outcome in outcomes)
    told = {"as_of": day("11-30"), "lines_with_rules": lines, **known}
    found = apply_rails(outcomes, facts(**told), rules or Thresholds())
    return {name for outcome in found for name in (outcome.releasable or ("free",))}


@pytest.mark.parametrize(
    ("changing", "lines", "opens", "expected"),
    [
        (11, 110, False, "free"),  # exactly 10 %
        (11, 109, False, "plan_share"),
        (10, 10, False, "free"),  # ten lines are no crowd
        (11, 11, False, "plan_share"),
        (40, 100, True, "free"),  # 40 % when a period opens
        (41, 100, True, "plan_share"),
        (41, 100, False, "plan_share"),
    ],
)
def test_a_crowd_of_lines_waits(changing, lines, opens, expected):
    assert crowd(changing, lines, opens=opens) == {expected}


def shares(*texts: str, last: str = "11-01") -> PlanHistory:
    """Openings on record, the newest on that day, each with the share of the lines that it changed."""
    newest = day(last)
    return PlanHistory(tuple((newest - timedelta(days=31 * n), Decimal(text)) for n, text in enumerate(texts)))


SIX = shares("0.05", "0.02", "0.90", "0.04", "0.03", "0.06")
"""Their median is (0.04 + 0.05) / 2 = 0.045, three times that is 0.135; a month gone wrong does not move it much."""


@pytest.mark.parametrize(
    ("changing", "history", "expected"),
    [
        (27, SIX, "free"),  # 27 of 200 is exactly 13.5 %
        (28, SIX, "plan_share"),
        (80, shares("0.05", "0.02", "0.90", "0.04", "0.03"), "free"),  # five on record: still 40 %
        (81, shares("0.05", "0.02", "0.90", "0.04", "0.03"), "plan_share"),
        (20, shares("0.01", "0.01", "0.01", "0.01", "0.01", "0.01"), "free"),  # never below an ordinary night
        (21, shares("0.01", "0.01", "0.01", "0.01", "0.01", "0.01"), "plan_share"),
        (80, shares("0.05", "0.02", "0.90", "0.04", "0.03", "0.06", last="12-01"), "free"),  # the opening at work
    ],
)
def test_an_opening_is_measured_by_the_last_six(changing, history, expected):
    assert crowd(changing, 200, opens=True, history=history) == {expected}


def test_a_first_day_long_past_is_no_opening():
    outcomes = tuple(opening(change(100, 101, str(place)), day("11-01")) for place in range(21))
    on_the_8th = apply_rails(outcomes, facts(as_of=day("11-08"), lines_with_rules=100), Thresholds())
    on_the_9th = apply_rails(outcomes, facts(as_of=day("11-09"), lines_with_rules=100), Thresholds())
    assert {outcome.status.value for outcome in on_the_8th} == {"change"}  # 21 % of an opening
    assert {outcome.status.value for outcome in on_the_9th} == {"held"}


@pytest.mark.parametrize(
    ("earlier", "changing", "expected"),
    [
        (36, 4, "free"),  # 40 of 100 lines since the month began
        (36, 5, "plan_share"),
        (40, 0, "free"),
        (7, 3, "free"),
    ],
)
def test_the_ordinary_nights_of_a_month_add_up(earlier, changing, expected):
    before = PlanHistory(changed=frozenset(f"earlier-{n}" for n in range(earlier)))
    found = crowd(changing, 100, history=before)
    assert found == ({expected} if changing else set())


def test_a_line_that_changes_twice_in_a_month_counts_once():
    before = PlanHistory(changed=frozenset(str(n) for n in range(36)))
    assert crowd(8, 100, history=before) == {"free"}  # all eight are among the 36


def test_an_opening_is_no_step_of_the_month_that_ends():
    before = PlanHistory(changed=frozenset(f"earlier-{n}" for n in range(40)))
    assert crowd(30, 100, opens=True, history=before) == {"free"}


def test_the_size_of_a_crowd_can_be_set_to_nothing():
    assert crowd(2, 4, Thresholds(plan_base=0)) == {"plan_share"}


def test_only_changes_are_counted_and_only_changes_are_held():
    quiet = tuple(replace(change(5, 5, f"q{place}"), status=OutcomeStatus.NONE, adjustments=()) for place in range(200))
    outcomes = (*quiet, *(change(100, 101, str(place)) for place in range(11)))
    found = apply_rails(outcomes, facts(), Thresholds())
    assert {outcome.status for outcome in found[:200]} == {OutcomeStatus.NONE}
    assert {outcome.status for outcome in found[200:]} == {OutcomeStatus.CHANGE}  # 11 of 211
