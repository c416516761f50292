"""The next attempt: one a night, more inside the day where waiting helps, and never against the vendor's word."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trueup.core.schedule.next_attempt import STUBBORN, Attempt, Next, Why, next_attempt
from trueup.core.schedule.nights import Schedule, UsageDays, slot
from trueup.core.schedule.plan_time import Asked, plan_is_due
from trueup.core.usage import Coverage, FailureCategory

ZONE = ZoneInfo("Europe/Paris")
DAYS = UsageDays(ZONE, time(6))
SCHEDULE = Schedule(time(2, 10), ZONE)
NIGHT = date(2026, 6, 14)
START = slot(SCHEDULE, DAYS, NIGHT)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def failed(after: timedelta, category: FailureCategory, wait: int | None = None) -> Attempt:
    return Attempt(START + after, Coverage.UNKNOWN, category, wait)


def asked(*attempts: Attempt, schedule: Schedule = SCHEDULE) -> Next | None:
    now = max((one.at for one in attempts), default=START)
    return next_attempt(schedule, DAYS, attempts, now)


def test_nothing_was_tried_so_the_nights_own_moment_is_due() -> None:
    assert next_attempt(SCHEDULE, DAYS, (), START + 5 * HOUR) == Next(START, NIGHT, Why.NIGHT)


def test_a_schedule_that_is_off_has_no_next_attempt() -> None:
    assert next_attempt(Schedule(time(2, 10), ZONE, on=False), DAYS, (), START) is None


def test_a_night_that_was_measured_is_over_whoever_asked() -> None:
    found = asked(Attempt(START + 3 * HOUR, Coverage.MEASURED))
    assert found == Next(START + DAY, NIGHT + DAY, Why.NIGHT)


def test_what_a_person_collected_the_evening_before_is_not_the_nights() -> None:
    found = next_attempt(SCHEDULE, DAYS, [Attempt(START - 3 * HOUR, Coverage.MEASURED)], START)
    assert found == Next(START, NIGHT, Why.NIGHT)


@pytest.mark.parametrize("category", sorted(STUBBORN))
def test_what_a_person_must_mend_is_not_asked_again_within_the_hour(category: FailureCategory) -> None:
    first, second = failed(timedelta(), category), failed(HOUR, category)
    assert asked(first) == Next(START + HOUR, NIGHT, Why.RETRY)
    assert asked(first, second) == Next(START + 3 * HOUR, NIGHT, Why.RETRY)


def test_an_unreachable_module_is_asked_soon_and_then_less_often() -> None:
    tried: list[Attempt] = []
    waits: list[timedelta] = []
    at = timedelta()
    for _ in range(5):
        tried.append(failed(at, FailureCategory.UNREACHABLE))
        found = asked(*tried)
        assert found is not None
        waits.append(found.at - tried[-1].at)
        at += waits[-1]
    assert waits == [5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE, 60 * MINUTE]


def test_the_vendor_says_how_long_to_wait_and_is_obeyed() -> None:
    found = asked(failed(timedelta(), FailureCategory.RATE_LIMITED, 5400))
    assert found == Next(START + timedelta(seconds=5400), NIGHT, Why.RETRY)


def test_before_the_day_closes_there_is_one_last_attempt() -> None:
    before_close = slot(Schedule(time(5, 50), ZONE), DAYS, NIGHT)
    late = [failed(3 * HOUR + offset * MINUTE, FailureCategory.UNREACHABLE) for offset in (0, 2, 4, 6)]
    assert asked(*late) == Next(before_close, NIGHT, Why.RETRY)
    told = failed(3 * HOUR, FailureCategory.RATE_LIMITED, 7200)
    assert asked(told) == Next(told.at + timedelta(seconds=7200), NIGHT, Why.RETRY)


def test_a_partial_answer_is_asked_for_twice_more_and_then_stands() -> None:
    tried = [Attempt(START, Coverage.PARTIAL)]
    assert asked(*tried) == Next(START + 30 * MINUTE, NIGHT, Why.RETRY)
    tried.append(Attempt(START + 30 * MINUTE, Coverage.PARTIAL))
    assert asked(*tried) == Next(START + 90 * MINUTE, NIGHT, Why.RETRY)
    tried.append(Attempt(START + 90 * MINUTE, Coverage.PARTIAL))
    assert asked(*tried) == Next(START + DAY, NIGHT + DAY, Why.NIGHT)


def test_a_wait_that_reaches_the_next_night_ends_with_it() -> None:
    late = failed(23 * HOUR, FailureCategory.RATE_LIMITED, 7200)
    assert asked(late) == Next(START + DAY, NIGHT + DAY, Why.NIGHT)


ends = st.one_of(
    st.just((Coverage.MEASURED, None)),
    st.just((Coverage.PARTIAL, None)),
    st.sampled_from(sorted(FailureCategory)).map(lambda category: (Coverage.UNKNOWN, category)),
)


@given(
    zone=st.sampled_from(["Europe/Paris", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "UTC"]),
    at=st.integers(0, 1439).map(lambda m: time(m // 60, m % 60)),
    first=st.sampled_from(
        [date(2026, 3, 7), date(2026, 3, 27), date(2026, 4, 3), date(2026, 9, 4), date(2026, 10, 23)]
    ),
    script=st.lists(ends, min_size=60, max_size=60),
    down=st.integers(0, 40),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_worker_that_runs_never_makes_two_nights_of_one_and_never_none(
    zone: str, at: time, first: date, script: list[tuple[Coverage, FailureCategory | None]], down: int
) -> None:
    schedule, days = Schedule(at, ZoneInfo(zone)), UsageDays(ZoneInfo(zone), time(6))
    now = slot(schedule, days, first)
    last = slot(schedule, days, first + 4 * DAY)
    attempts: list[Attempt] = []
    nights: dict[date, list[Coverage]] = {}
    for coverage, category in script:
        found = next_attempt(schedule, days, attempts, now)
        assert found is not None
        assert found.at >= (attempts[-1].at if attempts else now)
        now = max(now, found.at) + timedelta(minutes=down if found.why is Why.NIGHT else 0)
        if now >= last:
            break
        assert Coverage.MEASURED not in nights.setdefault(found.night, [])
        nights[found.night].append(coverage)
        attempts.append(Attempt(now, coverage, category, 60))
        now += timedelta(seconds=1)
    reached = sorted(nights)
    assert reached == [first + number * DAY for number in range(len(reached))]
    assert max(len(found) for found in nights.values()) <= 40


def test_the_plan_waits_for_every_module_of_the_night_but_not_beyond_its_close() -> None:
    now, closes = datetime(2026, 6, 15, 1, tzinfo=UTC), datetime(2026, 6, 15, 4, tzinfo=UTC)
    there, failing, later = Asked(True, now), Asked(True), Asked(False)
    assert plan_is_due([there, failing], None, closes, now)
    assert not plan_is_due([there, later], None, closes, now)
    assert plan_is_due([there, later], None, closes, closes)
    assert not plan_is_due([], None, closes, closes)


def test_a_module_that_delivers_after_all_is_planned_again_only_before_the_close() -> None:
    planned, closes = datetime(2026, 6, 15, 1, tzinfo=UTC), datetime(2026, 6, 15, 4, tzinfo=UTC)
    before, after = Asked(True, planned - MINUTE), Asked(True, planned + HOUR)
    assert not plan_is_due([before], planned, closes, planned + HOUR)
    assert plan_is_due([before, after], planned, closes, planned + 2 * HOUR)
    assert not plan_is_due([before, after], planned, closes, closes + MINUTE)
