"""An unclear write is settled by looking at what the PSA shows."""

from __future__ import annotations

import pytest
from tests.core.situations import autumn, day, row

from trueup.core.contract import UnitStep, shifted, steps_of
from trueup.core.dates.read_back import Shown, expected_after, shown_by

DAY = day("11-12")
BEFORE = steps_of(autumn(41))
AFTER = expected_after(autumn(41), DAY, 3)


def split(first: int, second: int, later: int | None = None):
    return (
        row("10-01", "10-31", 41, "11-02"),
        row("11-01", "11-11", first),
        row("11-12", "11-30", second),
        row("12-01", "12-31", second if later is None else later),
    )


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        (autumn(41), Shown.BEFORE),
        (split(41, 41), Shown.BEFORE),
        (split(41, 44), Shown.AFTER),
        (split(40, 44), Shown.AFTER),  # what happened before the day of the change says nothing about it
        (split(41, 42), Shown.OTHER),
        (split(41, 44, 41), Shown.OTHER),  # only half of it
        (split(41, 41, 44), Shown.OTHER),
        (split(41, 47), Shown.OTHER),  # twice
    ],
)
def test_three_units_more_from_12_november(rows, shown):
    assert shown_by(rows, DAY, BEFORE, AFTER) is shown


def test_a_change_on_the_last_day_that_the_rows_cover_is_seen():
    last, rows = day("11-30"), (row("11-01", "11-30", 41),)
    after = expected_after(rows, last, 2)
    changed = (row("11-01", "11-29", 41), row("11-30", "11-30", 43))
    assert shown_by(changed, last, steps_of(rows), after) is Shown.AFTER
    assert shown_by(rows, last, steps_of(rows), after) is Shown.BEFORE


def test_a_step_planned_by_hand_for_later_is_asked_of_the_row_of_its_own_day():
    rows = (row("11-01", "11-30", 41), row("12-01", "12-31", 50))
    after = expected_after(rows, DAY, 2)
    changed = (row("11-01", "11-11", 41), row("11-12", "11-30", 43), row("12-01", "12-31", 52))
    assert shown_by(changed, DAY, steps_of(rows), after) is Shown.AFTER
    assert shown_by(rows, DAY, steps_of(rows), after) is Shown.BEFORE


def test_the_expected_steps_after_a_change():
    assert expected_after(autumn(41), DAY, 3) == (UnitStep(day("10-01"), 41), UnitStep(DAY, 44))
    assert expected_after((), DAY, 2) == (UnitStep(DAY, 2),)


def test_in_a_posted_period_the_later_open_rows_tell():
    posted = (row("11-01", "11-30", 41, "11-02"), row("12-01", "12-31", 41))
    before, after = steps_of(posted), expected_after(posted, DAY, 3)
    assert shown_by(posted, DAY, before, after) is Shown.BEFORE
    assert shown_by((posted[0], row("12-01", "12-31", 44)), DAY, before, after) is Shown.AFTER
    assert shown_by((posted[0], row("12-01", "12-31", 43)), DAY, before, after) is Shown.OTHER


def test_a_row_laid_over_a_posted_one_does_not_settle_by_itself():
    posted = (row("11-01", "11-30", 41, "11-02"), row("12-01", "12-31", 41))
    before, after = steps_of(posted), expected_after(posted, DAY, 3)
    laid = row("11-12", "11-30", 44)
    assert shown_by((posted[0], laid, row("12-01", "12-31", 44)), DAY, before, after) is Shown.AFTER
    assert shown_by((posted[0], laid), DAY, before, after) is Shown.NOTHING


def test_where_every_row_is_posted_nothing_can_be_said():
    posted = (row("11-01", "11-30", 41, "11-02"),)
    assert shown_by(posted, DAY, steps_of(posted), expected_after(posted, DAY, 3)) is Shown.NOTHING


def test_rows_that_all_end_before_the_change_say_nothing():
    assert shown_by(autumn(41)[:1], DAY, BEFORE, AFTER) is Shown.NOTHING


def test_a_line_without_rows_that_still_has_none():
    assert shown_by((), DAY, (), expected_after((), DAY, 2)) is Shown.BEFORE


def test_a_line_without_rows_that_has_one_now():
    after = expected_after((), DAY, 2)
    assert shown_by((row("11-12", "11-30", 2), row("12-01", "12-31", 2)), DAY, (), after) is Shown.AFTER
    assert shown_by((row("11-12", "11-30", 1),), DAY, (), after) is Shown.OTHER


def test_a_line_that_had_rows_and_shows_none_is_not_settled():
    assert shown_by((), DAY, BEFORE, AFTER) is Shown.NOTHING


def test_a_later_step_that_is_gone_is_something_else():
    rows = (row("11-01", "11-19", 41), row("11-20", "11-30", 39))
    before, after = steps_of(rows), steps_of(shifted(rows, DAY, 3))
    assert after == (UnitStep(day("11-01"), 41), UnitStep(DAY, 44), UnitStep(day("11-20"), 42))
    assert shown_by((row("11-01", "11-11", 41), row("11-12", "11-30", 44)), DAY, before, after) is Shown.OTHER
