"""Edits by hand one by one: which there are, which policy holds for them, and when usage counts again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.core.situations import AT_ONCE, autumn, codes, day, line, planned, row, rule, seen, spread

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.by_hand.edits import (
    Edit,
    edits_in,
    follows_from,
    none_reason,
    policy_of,
    settled_edit,
    standing,
    take_back_notes,
    taken_back,
)
from trueup.core.contract import UnitStep
from trueup.core.dates.adjusting import LineUnits
from trueup.core.dates.timing import LevelPath
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.quantities.quantity import Quantity
from trueup.core.rule import DriftPolicy, Override


def step(on: str, units: int) -> UnitStep:
    return UnitStep(day(on), units)


AT_41 = KnownUnits((step("10-01", 41),), day("11-01"))
EDIT = Edit(day("11-12"), 41, 43)


def november(*parts: tuple[str, str, int]):
    return (row("10-01", "10-31", 41, "11-02"), *(row(first, last, units) for first, last, units in parts))


def told(known: KnownUnits, *parts: tuple[str, str, int]) -> list[tuple[str, int, int]]:
    return [(f"{one.day:%m-%d}", one.known, one.found) for one in edits_in(known, november(*parts))]


def test_one_edit_over_several_rows_is_one() -> None:
    assert told(AT_41, ("11-01", "11-11", 41), ("11-12", "11-30", 43), ("12-01", "12-31", 43)) == [("11-12", 41, 43)]


def test_an_edit_on_top_of_another_is_a_second_one() -> None:
    found = told(AT_41, ("11-01", "11-11", 41), ("11-12", "11-19", 43), ("11-20", "12-31", 40))
    assert found == [("11-12", 41, 43), ("11-20", 41, 40)]


def test_the_day_on_which_an_edit_ends_is_told_as_well() -> None:
    found = told(AT_41, ("11-01", "11-11", 41), ("11-12", "11-19", 43), ("11-20", "12-31", 41))
    assert found == [("11-12", 41, 43), ("11-20", 41, 41)]


def test_our_own_step_in_between_is_no_edit_of_theirs() -> None:
    """They added two on the 12th; our three more of the 15th stand on top, so the difference stays the same."""
    known = KnownUnits((step("10-01", 41), step("11-15", 44)), day("11-01"))
    assert told(known, ("11-01", "11-11", 41), ("11-12", "11-14", 43), ("11-15", "12-31", 46)) == [("11-12", 41, 43)]


def test_our_step_that_is_missing_shows_as_the_difference_changing() -> None:
    known = KnownUnits((step("10-01", 41), step("11-15", 44)), day("11-01"))
    assert told(known, ("11-01", "11-11", 41), ("11-12", "12-31", 43)) == [("11-12", 41, 43), ("11-15", 44, 43)]


def test_units_as_agreed_are_no_edit() -> None:
    assert edits_in(AT_41, autumn(41)) == ()


@pytest.mark.parametrize("chosen", list(DriftPolicy))
def test_the_rule_comes_before_the_tenant(chosen: DriftPolicy) -> None:
    assert policy_of(AT_41, (EDIT,), rule(), chosen) is chosen
    assert policy_of(AT_41, (EDIT,), rule(drift=chosen), DriftPolicy.WAIT) is chosen


def test_a_line_that_copies_another_cannot_keep_a_number_of_its_own() -> None:
    copying = rule(mirror="1001", quantity=None)
    found = {chosen: policy_of(AT_41, (EDIT,), copying, chosen) for chosen in DriftPolicy}
    assert found == {
        DriftPolicy.WAIT: DriftPolicy.WAIT,
        DriftPolicy.KEEP: DriftPolicy.WAIT,
        DriftPolicy.ADOPT: DriftPolicy.WAIT,
        DriftPolicy.TAKE_BACK: DriftPolicy.TAKE_BACK,
    }


def test_a_persons_word_to_take_back_is_for_just_this_edit() -> None:
    word = replace(AT_41, take_back=step("11-12", 43))
    assert policy_of(word, (EDIT,), rule(), DriftPolicy.KEEP) is DriftPolicy.TAKE_BACK
    another = (EDIT, Edit(day("11-20"), 41, 40))
    assert policy_of(word, another, rule(), DriftPolicy.KEEP) is DriftPolicy.KEEP
    assert policy_of(word, (), rule(), DriftPolicy.KEEP) is DriftPolicy.KEEP


def wanted(*units: int | None) -> dict:
    """Usage day by day from 10 November."""
    return {day(f"11-{10 + place}"): Quantity(value, (), ()) for place, value in enumerate(units)}


KEPT = replace(AT_41, kept=44)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ((44, 44, 44), "11-13"),  # as when the edit was kept: it stands
        ((44, 44, 45), "11-12"),
        ((44, 45, 46), "11-11"),
        ((45, 44, 44), "11-13"),  # a dip that is over changes nothing
        ((45, 44, 45), "11-12"),
        ((45, 45, 45), "11-10"),
        ((44, 45, None), "11-11"),  # not known is neither the one nor the other
        ((44, None, 45), "11-12"),
    ],
)
def test_usage_counts_again_from_the_first_day_that_asks_for_something_else(
    usage: tuple[int | None, ...], expected: str
) -> None:
    assert follows_from(KEPT, wanted(*usage), day("11-10"), day("11-12")) == day(expected)


def test_without_a_kept_edit_there_is_nothing_to_follow() -> None:
    assert follows_from(AT_41, wanted(45), day("11-10"), day("11-12")) is None
    assert follows_from(None, wanted(45), day("11-10"), day("11-12")) is None


PATH = LevelPath(day("11-01"), (step("11-01", 41),), day("11-14"))


def test_an_edit_that_lies_ahead_is_taken_back_on_its_day() -> None:
    ahead = taken_back(PATH, AT_41, (Edit(day("11-20"), 41, 43),))
    assert (ahead.decided_until, ahead.steps) == (day("11-20"), PATH.steps)


def test_a_step_agreed_for_later_stays_when_an_edit_behind_it_is_taken_back() -> None:
    known = KnownUnits((step("10-01", 41), step("11-18", 44)), day("11-01"))
    ahead = taken_back(PATH, known, (Edit(day("11-20"), 44, 50),))
    assert ahead.steps == (step("11-01", 41), step("11-18", 44))


def test_an_edit_of_the_past_needs_no_longer_path() -> None:
    assert taken_back(PATH, AT_41, (EDIT,)) is PATH


def test_an_edit_that_stands_is_the_path_itself() -> None:
    rows = november(("11-01", "11-11", 41), ("11-12", "12-31", 43))
    assert standing(day("11-14"), LineUnits(rows)).steps == (step("11-14", 43),)


SHOWN = november(("11-01", "11-11", 41), ("11-12", "12-31", 43))


def blank() -> Outcome:
    usage = seen(spread(("11-01", "11-14", 44)))
    return planned(line(autumn(41)), usage, "11-14", rule(AT_ONCE))


def settled(policy: DriftPolicy, wants: int | None = 44, rows=SHOWN, edit: Edit = EDIT, moved: bool = True):
    return settled_edit(blank(), rows, (edit,), policy, wants, day("11-14"), moved=moved)


def test_a_kept_edit_is_agreed_with_and_remembers_what_usage_said_then() -> None:
    outcome = settled(DriftPolicy.KEEP)
    assert outcome is not None
    assert (outcome.status, outcome.after, outcome.kept) == (OutcomeStatus.NONE, 43, 44)
    assert codes(outcome) == ["none.edit_kept"]
    assert outcome.expected == outcome.levels == (step("10-01", 41), step("11-12", 43))


def test_an_adopted_edit_becomes_an_override_from_today() -> None:
    outcome = settled(DriftPolicy.ADOPT)
    assert outcome is not None
    assert outcome.override == Override(43, "edited in the PSA on 2026-11-12", since=day("11-14"))
    assert codes(outcome) == ["none.edit_adopted"]


def test_an_edit_with_steps_ahead_is_not_adopted_as_one_number() -> None:
    ahead = november(("11-01", "11-11", 41), ("11-12", "11-30", 43), ("12-01", "12-31", 45))
    assert settled(DriftPolicy.ADOPT, rows=ahead) is None
    assert settled(DriftPolicy.KEEP, rows=ahead) is not None


@pytest.mark.parametrize("policy", [DriftPolicy.WAIT, DriftPolicy.TAKE_BACK])
def test_the_other_policies_settle_nothing(policy: DriftPolicy) -> None:
    assert settled(policy) is None


def test_while_nobody_knows_what_usage_says_nothing_is_settled() -> None:
    assert settled(DriftPolicy.KEEP, wants=None) is None


def test_an_edit_that_usage_agrees_with_needs_no_policy() -> None:
    assert settled(DriftPolicy.KEEP, moved=False) is None
    assert settled(DriftPolicy.KEEP, moved=False, edit=Edit(day("11-20"), 41, 43)) is not None


def test_why_nothing_is_to_do_names_the_edit() -> None:
    assert none_reason(43, (EDIT,), 44).as_dict() == {"units": 43, "wanted": 44}
    assert none_reason(43, (EDIT,), None).as_dict() == {"found": 43}
    assert none_reason(43, (), None).code == "none.right"


def test_each_edit_taken_back_is_noted_with_both_counts() -> None:
    (note,) = take_back_notes((EDIT,))
    assert (note.code, note.as_dict()) == ("note.edit_taken_back", {"day": day("11-12"), "known": 41, "found": 43})
