"""What a rule promised until a day is told two weeks before that day."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.core.situations import day, rule

from trueup.core.dates.ending import ending_soon
from trueup.core.reason import Reason
from trueup.core.rule import Override, QuantityPolicy, Rule


def _fixed(until: str, since: str | None = None) -> Rule:
    return rule(override=Override(20, "agreed", until=day(until), since=day(since) if since else None))


@pytest.mark.parametrize(
    ("today", "told"),
    [("11-15", False), ("11-16", True), ("11-30", True), ("12-01", False)],
    ids=["15 days", "14 days", "last day", "over"],
)
def test_an_override_is_told_of_in_its_last_two_weeks(today: str, told: bool) -> None:
    found = ending_soon((_fixed("11-30"),), day(today))
    assert [reason.code for reason in found] == ["rules.override_ends"] * told


def test_the_days_that_are_left_are_counted() -> None:
    (reason,) = ending_soon((_fixed("11-30"),), day("11-20"))
    assert reason == Reason.of("rules.override_ends", rule="r1", units=20, until=day("11-30"), days=10)


def test_an_override_that_has_not_begun_is_not_told_of() -> None:
    assert ending_soon((_fixed("11-30", since="11-25"),), day("11-20")) == ()


def test_dated_bounds_are_told_of_and_undated_ones_are_not() -> None:
    policy = QuantityPolicy(minimum=10, minimum_until=day("11-30"), maximum=50, maximum_until=day("11-25"))
    found = ending_soon((rule(policy=policy), rule(policy=QuantityPolicy(minimum=10))), day("11-20"))
    assert [(reason.code, reason.get("units"), reason.get("days")) for reason in found] == [
        ("rules.minimum_ends", 10, 10),
        ("rules.maximum_ends", 50, 5),
    ]
    assert ending_soon((rule(policy=QuantityPolicy(maximum_until=day("11-25"))),), day("11-20")) == ()


def test_a_rule_that_keeps_its_hands_off_promises_nothing() -> None:
    quiet = replace(_fixed("11-30"), exclude=True)
    assert ending_soon((quiet,), day("11-20")) == ()
    assert len(ending_soon((quiet, _fixed("11-30")), day("11-20"))) == 1, "and hides no other"
