"""Every usage day has exactly one moment, in every zone and on the days on which clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from trueup.core.schedule.nights import Schedule, UsageDays, night_of, outside, slot
from trueup.core.settings import usage_day_of

ZONES = [
    "Europe/Paris", "America/New_York", "America/Santiago", "Africa/Cairo", "Atlantic/Azores", "Australia/Lord_Howe",
    "Asia/Kolkata", "Pacific/Apia", "America/Havana", "Asia/Beirut", "UTC",
]  # fmt: skip
DAY = timedelta(days=1)
zones = st.sampled_from(ZONES)
minutes = st.integers(0, 24 * 60 - 1).map(lambda m: time(m // 60, m % 60))
closes = st.integers(0, 12 * 60).map(lambda m: time(m // 60, m % 60))
dates = st.dates(date(2024, 1, 1), date(2027, 12, 31))


def described(moment: datetime, days: UsageDays) -> date:
    """Written from the design's words, not from the windows: the day of a snapshot by the wall clock."""
    local = moment.astimezone(days.zone)
    return usage_day_of(local.date(), local.time(), days.close)


@given(at=minutes, own=zones, tenant=zones, close=closes, first=dates)
@example(at=time(2, 30), own="Europe/Paris", tenant="Europe/Paris", close=time(3), first=date(2026, 3, 26))
@example(at=time(0, 20), own="America/Santiago", tenant="America/Santiago", close=time(6), first=date(2026, 9, 3))
@example(at=time(0, 0), own="UTC", tenant="America/Santiago", close=time(0, 30), first=date(2024, 8, 30))
@example(at=time(4, 30), own="UTC", tenant="Europe/Paris", close=time(6), first=date(2026, 3, 26))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_usage_day_is_described_once_and_in_order(
    at: time, own: str, tenant: str, close: time, first: date
) -> None:
    schedule, days = Schedule(at, ZoneInfo(own)), UsageDays(ZoneInfo(tenant), close)
    moments = [slot(schedule, days, first + number * DAY) for number in range(9)]
    assert moments == sorted(set(moments))
    assert [described(moment, days) for moment in moments] == [first + number * DAY for number in range(9)]


@given(at=minutes, own=zones, tenant=zones, close=closes, day=dates, later=st.integers(0, 24 * 60))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_night_of_a_moment_is_the_last_one_that_came(
    at: time, own: str, tenant: str, close: time, day: date, later: int
) -> None:
    schedule, days = Schedule(at, ZoneInfo(own)), UsageDays(ZoneInfo(tenant), close)
    now = datetime.combine(day, time(0), UTC) + timedelta(minutes=later)
    night = night_of(schedule, days, now)
    assert slot(schedule, days, night) <= now < slot(schedule, days, night + DAY)


PARIS = UsageDays(ZoneInfo("Europe/Paris"), time(6))


@pytest.mark.parametrize(
    ("night", "moment"),
    [
        (date(2026, 3, 27), "2026-03-28T02:10+01:00"),
        (date(2026, 3, 28), "2026-03-29T03:10+02:00"),  # 02:10 does not come: the clock jumps from 02:00 to 03:00
        (date(2026, 3, 29), "2026-03-30T02:10+02:00"),
        (date(2026, 10, 24), "2026-10-25T02:10+02:00"),  # 02:10 comes twice: the first one
        (date(2026, 10, 25), "2026-10-26T02:10+01:00"),
    ],
)
def test_ten_past_two_in_paris_when_the_clocks_change(night: date, moment: str) -> None:
    schedule = Schedule(time(2, 10), ZoneInfo("Europe/Paris"))
    assert slot(schedule, PARIS, night) == datetime.fromisoformat(moment)


def test_a_time_that_jumps_over_the_close_is_taken_before_the_jump() -> None:
    days = UsageDays(ZoneInfo("Europe/Paris"), time(3))
    found = slot(Schedule(time(2, 30), ZoneInfo("Europe/Paris")), days, date(2026, 3, 28))
    assert found == datetime.fromisoformat("2026-03-29T01:30+01:00")


def test_a_time_in_the_evening_is_brought_to_the_night() -> None:
    schedule = Schedule(time(20, 10), ZoneInfo("Europe/Paris"))
    assert slot(schedule, PARIS, date(2026, 6, 14)) == datetime.fromisoformat("2026-06-15T00:00+02:00")
    assert len(list(outside(schedule, PARIS, date(2026, 6, 14), 10))) == 10


def test_a_zone_of_its_own_may_miss_the_window_in_summer_only() -> None:
    schedule = Schedule(time(4, 30), ZoneInfo("UTC"))
    missed = list(outside(schedule, PARIS, date(2026, 1, 1)))
    assert min(missed) == date(2026, 3, 28)
    assert max(missed) == date(2026, 10, 23)
    assert not list(outside(Schedule(time(3, 30), ZoneInfo("UTC")), PARIS, date(2026, 1, 1)))
