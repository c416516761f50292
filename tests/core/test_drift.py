"""Edits by hand between two runs: adopted where they are what we want, else they wait; never overwritten in silence."""

from __future__ import annotations

from tests.core.situations import AT_ONCE, autumn, codes, day, line, planned, row, rule, seen, sent, spread

from trueup.core.by_hand.drift import KnownUnits, drift_in
from trueup.core.contract import UnitStep
from trueup.core.outcome import OutcomeStatus

UP = seen(spread(("11-01", "11-11", 41), ("11-12", "11-14", 44)))


def agreed(*steps: tuple[str, int], until: str = "11-11") -> KnownUnits:
    made = tuple(UnitStep(day(on), units) for on, units in steps)
    return KnownUnits(made, day("11-01"), made, day(until))


AT_41 = agreed(("10-01", 41))


def edited(first_half: int, second_half: int):
    return (
        row("10-01", "10-31", 41, "11-02"),
        row("11-01", "11-11", first_half),
        row("11-12", "11-30", second_half),
        row("12-01", "12-31", second_half),
    )


def shown(known: KnownUnits, rows) -> dict[str, object]:
    found = drift_in(known, rows)
    assert found is not None
    return dict(found.as_dict())


def test_units_that_nobody_touched_are_no_drift():
    assert drift_in(AT_41, autumn(41)) is None


def test_a_row_that_was_split_without_a_change_of_units_is_no_drift():
    assert drift_in(AT_41, edited(41, 41)) is None


def test_an_edit_is_named_with_its_day_and_both_counts():
    assert shown(AT_41, edited(41, 42)) == {"day": day("11-12"), "known": 41, "found": 42, "difference": 1}


def test_an_edit_below_ours_is_seen_as_well():
    assert shown(AT_41, edited(40, 40))["difference"] == -1


def test_a_change_of_ours_that_is_gone_is_an_edit():
    known = agreed(("10-01", 41), ("11-12", 44))
    assert shown(known, autumn(41)) == {"day": day("11-12"), "known": 44, "found": 41, "difference": -3}


def test_rows_that_are_posted_are_not_compared():
    assert drift_in(AT_41, (row("10-01", "10-31", 99, "11-02"), *autumn(41)[1:])) is None


def test_a_change_laid_over_a_posted_row_is_no_edit():
    """Some PSAs show a change inside a posted period as one more row over the posted one."""
    known = agreed(("10-01", 41), ("12-01", 44))
    posted = (row("11-01", "11-30", 41, "11-02"), row("11-12", "11-30", 44), row("12-01", "12-31", 44))
    assert drift_in(known, posted) is None
    assert shown(known, (*posted[:2], row("12-01", "12-31", 45)))["found"] == 45


def test_days_before_the_first_known_one_are_not_compared():
    known = agreed(("11-01", 41))
    assert drift_in(known, (row("10-01", "10-31", 7), *autumn(41)[1:])) is None


def test_units_on_a_line_that_we_knew_without_rows_are_an_edit():
    known = KnownUnits((), day("11-01"))
    assert shown(known, autumn(3)[1:])["found"] == 3
    assert drift_in(known, autumn(0)[1:]) is None
    assert drift_in(known, ()) is None


def test_a_row_that_was_removed_in_the_middle_is_an_edit():
    rows = (autumn(41)[0], autumn(41)[2])
    assert shown(AT_41, rows) == {"day": day("11-01"), "known": 41, "found": 0, "difference": -41}


def test_a_line_whose_rows_were_all_removed_is_an_edit():
    outcome = planned(line((), known=AT_41), UP, "11-14", rule(AT_ONCE))
    assert outcome.status is OutcomeStatus.DRIFT


def test_an_edit_equal_to_what_we_want_is_adopted():
    outcome = planned(line(edited(41, 44), known=AT_41), UP, "11-14", rule(AT_ONCE))
    assert (outcome.status, sent(outcome), codes(outcome)) == (OutcomeStatus.NONE, [], ["none.adopted_edit"])


def test_another_edit_waits_and_shows_what_we_would_have_sent():
    outcome = planned(line(edited(41, 42), known=AT_41), UP, "11-14", rule(AT_ONCE))
    assert outcome.status is OutcomeStatus.DRIFT
    assert outcome.reasons[0].get("found") == 42
    assert outcome.releasable == ("drift",)
    assert sum(change for _, change in sent(outcome)) == 2


def test_an_edit_on_a_quiet_line_waits_too():
    quiet = seen(spread(("11-01", "11-14", 41)))
    outcome = planned(line(edited(41, 45), known=AT_41), quiet, "11-14", rule(AT_ONCE))
    assert outcome.status is OutcomeStatus.DRIFT
    assert sum(change for _, change in sent(outcome)) == -4


def test_a_line_that_is_taken_over_for_the_first_time_has_no_drift():
    outcome = planned(line(edited(41, 42)), UP, "11-14", rule(AT_ONCE))
    assert outcome.first_time
    assert outcome.status is OutcomeStatus.CHANGE
