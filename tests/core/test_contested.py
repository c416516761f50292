"""When a line is contested: departures within a window of nights, counted once each, until a person claims it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from tests.core.situations import day, line, planned, seen, spread

from trueup.core.by_hand.contested import ContestFacts, LineContest, held_if_contested, looks_like_icb, remembered
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.reason import Reason
from trueup.core.settings import BesideSettings

TWO_OF_SEVEN = BesideSettings()
WANTED = seen(spread(("11-01", "11-30", 44)))


def changing(as_of: str) -> Outcome:
    """A plan that wants 44 where the PSA has 41."""
    return planned(line(41), WANTED, as_of)


def edited(memory: LineContest, agreed: str, found: int = 41, counted: str | None = None) -> ContestFacts:
    drift = Reason.of("drift.edited", day=day("11-12"), known=44, found=found, difference=found - 44)
    return ContestFacts(memory, drift, agreed, counted)


def after(nights: list[tuple[str, str, int]], wanted: BesideSettings = TWO_OF_SEVEN) -> LineContest:
    """The memory after nights of (day, what was agreed then, units found)."""
    memory = LineContest()
    for on, agreed, found in nights:
        memory = remembered(changing(on), edited(memory, agreed, found), day(on), wanted)
    return memory


def test_the_second_departure_makes_a_line_contested() -> None:
    assert after([("11-13", "a", 41)]).since is None
    assert after([("11-13", "a", 41), ("11-14", "b", 41)]).since == day("11-14")


def test_an_edit_that_stands_unanswered_is_one_departure() -> None:
    assert after([("11-13", "a", 41), ("11-14", "a", 41), ("11-15", "a", 41)]).since is None


def test_another_edit_on_top_is_another_departure() -> None:
    assert after([("11-13", "a", 41), ("11-14", "a", 40)]).since == day("11-14")


def test_two_plans_of_one_night_count_once() -> None:
    assert after([("11-13", "a", 41), ("11-13", "b", 41)]).since is None


def test_departures_further_apart_than_the_window_are_no_fight() -> None:
    assert after([("11-13", "a", 41), ("11-20", "b", 41)]).since is None
    assert after([("11-13", "a", 41), ("11-19", "b", 41)]).since == day("11-19")


def test_how_many_nights_of_how_many_is_a_setting() -> None:
    three = BesideSettings(contest_nights=3, contest_window=3)
    nights = [("11-13", "a", 41), ("11-14", "b", 41), ("11-15", "c", 41)]
    assert after(nights[:2], three).since is None
    assert after(nights, three).since == day("11-15")
    assert after([*nights[:2], ("11-16", "c", 41)], three).since is None


def test_an_edit_that_usage_wants_too_is_no_departure() -> None:
    right = planned(line(44), WANTED, "11-13")
    assert remembered(right, edited(LineContest(), "a"), day("11-13"), TWO_OF_SEVEN) == LineContest()


def test_a_contested_line_stays_so_long_after_the_window() -> None:
    memory = after([("11-13", "a", 41), ("11-14", "b", 41)])
    later = remembered(changing("11-30"), ContestFacts(memory), day("11-30"), TWO_OF_SEVEN)
    assert later.since == day("11-14")
    assert later.departures == memory.departures


def test_the_edit_that_stands_when_a_line_is_claimed_is_not_counted_again() -> None:
    memory = after([("11-13", "a", 41), ("11-14", "b", 41)])
    claimed = LineContest(claimed=memory.departures[-1])
    again = remembered(changing("11-15"), edited(claimed, "b"), day("11-15"), TWO_OF_SEVEN)
    assert again.departures == ()
    new = remembered(changing("11-15"), edited(claimed, "c"), day("11-15"), TWO_OF_SEVEN)
    assert [one.night for one in new.departures] == [day("11-15")]
    assert new.since is None


def test_a_contested_line_is_held_and_cannot_be_released() -> None:
    memory = after([("11-13", "a", 41), ("11-14", "b", 41)])
    held = held_if_contested(changing("11-15"), ContestFacts(memory), day("11-15"), TWO_OF_SEVEN)
    assert held.status is OutcomeStatus.HELD
    assert held.reasons[0] == Reason.of("held.contested", nights=2, window=7, known=44, found=41)
    assert (held.releasable, bool(held.adjustments)) == ((), True)


def test_a_line_that_icb_keeps_writing_is_held_with_the_billing_type_that_it_counts() -> None:
    memory = after([("11-13", "a", 41)])
    one = replace(memory, departures=tuple(replace(each, counted="m.desktop") for each in memory.departures))
    tonight = edited(one, "b", 40, counted="m.desktop")
    held = held_if_contested(changing("11-14"), tonight, day("11-14"), TWO_OF_SEVEN)
    numbers = {"nights": 2, "window": 7, "known": 44, "found": 40}
    assert held.reasons[0] == Reason.of("held.contested_icb", counted="m.desktop", **numbers)
    assert held.reasons[1:] == changing("11-14").reasons
    assert (held.status, held.releasable) == (OutcomeStatus.HELD, ())


def test_a_line_of_which_nothing_is_remembered_is_not_contested() -> None:
    assert held_if_contested(changing("11-14"), None, day("11-14"), TWO_OF_SEVEN) == changing("11-14")
    first = edited(LineContest(), "a")
    assert held_if_contested(changing("11-14"), first, day("11-14"), TWO_OF_SEVEN) == changing("11-14")


def test_a_contested_line_whose_units_are_right_is_right() -> None:
    memory = after([("11-13", "a", 41), ("11-14", "b", 41)])
    right = planned(line(44), WANTED, "11-15")
    assert held_if_contested(right, ContestFacts(memory), day("11-15"), TWO_OF_SEVEN) == right


def test_it_looks_like_icb_when_every_departure_shows_the_same_billing_type() -> None:
    memory = after([("11-13", "a", 41), ("11-14", "b", 41)])
    both = tuple(replace(one, counted="m.desktop") for one in memory.departures)
    assert looks_like_icb(replace(memory, departures=both)) == "m.desktop"
    assert looks_like_icb(replace(memory, departures=(both[0], replace(both[1], counted="m.laptop")))) is None
    assert looks_like_icb(replace(memory, departures=(both[0], memory.departures[1]))) is None


def test_what_is_remembered_never_outgrows_the_window() -> None:
    memory = LineContest()
    start = date(2026, 11, 1)
    for place in range(29):
        night = start + timedelta(days=place)
        outcome = planned(line(41), WANTED, night.isoformat())
        memory = remembered(outcome, edited(memory, str(place)), night, TWO_OF_SEVEN)
    assert len(memory.departures) == 7
