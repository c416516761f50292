"""A date on which something took effect already takes nothing more: where the change goes, and what that costs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.core.situations import (
    AT_ONCE,
    LINE,
    MONTH_END,
    codes,
    contract,
    day,
    habits,
    line,
    notes,
    planned,
    row,
    rule,
    seen,
    sent,
    spread,
)

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.outcome import OutcomeStatus
from trueup.core.rule import UP_NOW_DOWN_NEXT, Timing, TimingPolicy

ROSE = (
    row("10-01", "10-31", 41, "11-02"),
    row("11-01", "11-11", 41),
    row("11-12", "11-30", 44),
    row("12-01", "12-31", 44),
)
MORE = seen(spread(("11-01", "11-11", 41), ("11-12", "11-14", 46)))


def test_a_date_already_used_moves_to_the_next_free_day_with_the_difference_in_cents():
    outcome = planned(line(ROSE, used_dates=frozenset({day("11-12")})), MORE, "11-14", rule(AT_ONCE))
    assert sent(outcome) == [("11-13", 2)]
    # 24 x 19 / 30 = 15.20 against 24 x 18 / 30 = 14.40
    assert notes(outcome, "note.date_moved") == [
        {"day": day("11-12"), "moved_to": day("11-13"), "change": 2, "difference": Decimal("0.80")}
    ]


def test_a_moved_date_of_a_line_without_a_price_differs_by_no_known_amount():
    unpriced = line(ROSE, used_dates=frozenset({day("11-12")}), line=replace(LINE, price=None))
    outcome = planned(unpriced, MORE, "11-14", rule(AT_ONCE))
    assert notes(outcome, "note.date_moved") == [
        {"day": day("11-12"), "moved_to": day("11-13"), "change": 2, "difference": None}
    ]


def test_a_date_that_moves_into_the_next_period_costs_the_whole_rest_of_its_own():
    usage = seen(spread(("11-01", "11-29", 41), ("11-30", "11-30", 43)))
    outcome = planned(line(used_dates=frozenset({day("11-30")})), usage, "11-30", rule(AT_ONCE))
    assert sent(outcome) == [("12-01", 2)]
    # 24 x 1 / 30 = 0.80 of November is not billed at all
    assert notes(outcome, "note.date_moved")[0]["difference"] == Decimal("0.80")


def test_units_that_somebody_raised_on_the_usage_day_itself_are_compared_too():
    rows = (row("11-01", "11-13", 41), row("11-14", "11-30", 45), row("12-01", "12-31", 45))
    usage = seen(spread(("11-01", "11-14", 41)))
    outcome = planned(line(rows), usage, "11-14", rule(AT_ONCE), habits(same_day="merged"))
    assert sent(outcome) == [("11-14", -4)]


def test_the_night_after_a_date_was_moved_asks_for_nothing_more():
    """The PSA shows 44 on the 12th and 46 from the 13th; 46 on the 12th was settled and is not sent again."""
    first = planned(line(ROSE, used_dates=frozenset({day("11-12")})), MORE, "11-14", rule(UP_NOW_DOWN_NEXT))
    known = KnownUnits(first.expected, day("11-01"), first.levels, first.decided_until)
    rows = (*ROSE[:2], row("11-12", "11-12", 44), row("11-13", "11-30", 46), row("12-01", "12-31", 46))
    usage = seen(spread(("11-01", "11-11", 41), ("11-12", "11-15", 46)))
    used = frozenset({day("11-12"), day("11-13")})
    again = planned(line(rows, known=known, used_dates=used), usage, "11-15", rule(UP_NOW_DOWN_NEXT))
    assert (sent(again), again.status) == ([], OutcomeStatus.NONE)


def test_a_date_that_somebody_else_used_is_taken_as_well():
    assert sent(planned(line(ROSE), MORE, "11-14", rule(AT_ONCE))) == [("11-13", 2)]


def test_two_days_in_a_row_that_are_taken():
    used = frozenset({day("11-12"), day("11-13")})
    assert sent(planned(line(ROSE, used_dates=used), MORE, "11-14", rule(AT_ONCE))) == [("11-14", 2)]


def test_a_psa_that_merges_changes_of_one_date_keeps_the_date():
    used = frozenset({day("11-12")})
    assert sent(planned(line(ROSE, used_dates=used), MORE, "11-14", rule(AT_ONCE), habits(same_day="merged"))) == [
        ("11-12", 2)
    ]


def test_a_date_reused_only_at_the_period_start_still_moves_inside_the_period():
    used = frozenset({day("11-12")})
    context = habits(same_day="reused_at_period_start")
    assert sent(planned(line(ROSE, used_dates=used), MORE, "11-14", rule(AT_ONCE), context)) == [("11-13", 2)]


@pytest.mark.parametrize(
    ("same_day", "expected"),
    [("never", [("11-02", 2)]), ("reused_at_period_start", [("11-01", 2)]), ("merged", [("11-01", 2)])],
)
def test_the_first_day_of_a_period_that_we_used_ourselves(same_day, expected):
    facts = line(used_dates=frozenset({day("11-01")}))
    usage = seen(spread(("11-01", "11-05", 43)))
    assert sent(planned(facts, usage, "11-05", rule(AT_ONCE), habits(same_day=same_day))) == expected


def test_the_first_day_of_a_period_is_not_taken_by_its_own_row():
    assert sent(planned(line(), seen(spread(("11-01", "11-05", 43))), "11-05", rule(AT_ONCE))) == [("11-01", 2)]


def test_a_period_bound_change_on_a_taken_date_waits():
    facts = line(used_dates=frozenset({day("12-01")}))
    outcome = planned(facts, seen(spread(("11-01", "11-30", 44))), "11-30", rule(MONTH_END))
    assert outcome.status is OutcomeStatus.HELD
    assert codes(outcome)[0] == "held.date_taken"
    assert outcome.releasable == (), "no word of a person makes the PSA take the date"


TAKEN = frozenset({day("11-12")})
ONE_MORE = seen(spread(("11-01", "11-11", 41), ("11-12", "11-14", 42)))


def test_whether_a_taken_date_moves_is_decided_by_the_timing_of_the_direction():
    """A rise of one unit is a rise: it moves where rises are billed at once, whatever is said of falls."""
    moves = planned(line(used_dates=TAKEN), ONE_MORE, "11-14", rule(UP_NOW_DOWN_NEXT))
    assert sent(moves) == [("11-13", 1)]
    down_now = TimingPolicy(increase=Timing.NEXT_PERIOD, decrease=Timing.USAGE_DAY, decrease_settle_days=1)
    fall = seen(spread(("11-01", "11-11", 41), ("11-12", "11-14", 40)))
    assert sent(planned(line(used_dates=TAKEN), fall, "11-14", rule(down_now))) == [("11-13", -1)]


def test_a_fall_that_waits_for_the_next_period_is_not_moved_by_a_timing_of_rises():
    usage = seen(spread(("11-01", "11-30", 38)))
    outcome = planned(line(used_dates=frozenset({day("12-01")})), usage, "11-30", rule(UP_NOW_DOWN_NEXT))
    assert codes(outcome)[0] == "held.date_taken"


def test_a_moved_change_meets_the_change_of_its_new_day_as_one_net_adjustment():
    usage = seen(spread(("11-01", "11-11", 41), ("11-12", "11-12", 46), ("11-13", "11-14", 49)))
    outcome = planned(line(ROSE, used_dates=frozenset({day("11-12")})), usage, "11-14", rule(AT_ONCE))
    assert sent(outcome) == [("11-13", 5)]


def test_a_change_never_moves_beyond_the_contracts_end():
    ends = contract(end="11-30")
    rows = (row("11-01", "11-29", 41), row("11-30", "11-30", 42))
    usage = seen(spread(("11-01", "11-29", 41), ("11-30", "11-30", 44)))
    outcome = planned(line(rows, ends, used_dates=frozenset({day("11-30")})), usage, "11-30", rule(AT_ONCE))
    assert all(made.day <= day("11-30") for made in outcome.adjustments)
    assert outcome.status is OutcomeStatus.HELD
