"""The script that pushes a product's usage: what it sends, without a hub."""

from __future__ import annotations

from datetime import date

from trueup_simulators.msp import Report
from trueup_simulators.pushing import events_of

DAY = date(2026, 11, 22)
REPORTS = (Report("Électricité Müller & Fils", 1, {"users": 4}), Report("Ashworth Ltd", 2, {"users": 0}))


def test_each_customer_is_one_event_and_the_last_names_all_of_them() -> None:
    *stated, end = events_of(DAY, REPORTS)
    data = [event["data"] for event in stated]
    assert [(one["organization"]["name"], one["counts"]) for one in data] == [
        ("Électricité Müller & Fils", {"users": 4}),
        ("Ashworth Ltd", {"users": 0}),
    ]
    assert data[0]["organization"]["key"] == "electricite-muller-fils"
    assert end["type"] == "trueup.usage.complete"
    assert [one["key"] for one in end["data"]["organizations"]] == ["electricite-muller-fils", "ashworth-ltd"]


def test_the_same_day_is_sent_under_the_same_ids_so_that_sending_again_is_harmless() -> None:
    ids = [event["id"] for event in events_of(DAY, REPORTS)]
    assert ids == [event["id"] for event in events_of(DAY, REPORTS)]
    assert len(set(ids)) == 3
