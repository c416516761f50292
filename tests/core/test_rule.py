"""Which rule governs a line, and which day a snapshot describes."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest
from tests.core.situations import day

from trueup.core.rule import PRESETS, Rule, RuleLevel, Timing, governing_rule
from trueup.core.settings import usage_day_of


def set_at(level: RuleLevel, target: str, service: str = "10", **more: object) -> Rule:
    return replace(Rule(f"{level}-{target}", level, service, target), **more)  # type: ignore[arg-type]


SERVICE = set_at(RuleLevel.SERVICE, "10")
CUSTOMER = set_at(RuleLevel.CUSTOMER, "1")
CONTRACT = set_at(RuleLevel.CONTRACT, "100")
LINE = set_at(RuleLevel.LINE, "1000")


def governs(*rules: Rule) -> Rule | None:
    return governing_rule(rules, service_id="10", customer_id="1", contract_id="100", line_id="1000")


def test_the_line_comes_before_the_contract_before_the_customer_before_the_service():
    assert governs(LINE, SERVICE, CONTRACT, CUSTOMER) == LINE
    assert governs(SERVICE, CONTRACT, CUSTOMER) == CONTRACT
    assert governs(CUSTOMER, SERVICE) == CUSTOMER
    assert governs(SERVICE) == SERVICE


def test_a_line_without_a_rule_is_never_touched():
    assert governs() is None
    assert governs(set_at(RuleLevel.SERVICE, "11", "11"), set_at(RuleLevel.LINE, "1001")) is None


def test_a_customers_rule_is_for_one_service_only():
    assert governs(set_at(RuleLevel.CUSTOMER, "1", "11"), SERVICE) == SERVICE


def test_an_exclusion_of_a_line_beats_the_rule_of_its_service():
    found = governs(SERVICE, replace(LINE, exclude=True))
    assert found is not None
    assert found.exclude


def test_of_two_versions_the_newer_one():
    assert governs(replace(SERVICE, version=2), SERVICE) == replace(SERVICE, version=2)


def test_an_id_of_another_kind_that_happens_to_be_equal_does_not_govern():
    assert governs(set_at(RuleLevel.CONTRACT, "1"), set_at(RuleLevel.CUSTOMER, "100")) is None


@pytest.mark.parametrize(
    ("at", "described"), [("05:59", "11-11"), ("06:00", "11-12"), ("00:00", "11-11"), ("23:59", "11-12")]
)
def test_a_snapshot_before_the_close_describes_the_day_that_ended(at, described):
    assert usage_day_of(day("11-12"), time.fromisoformat(at), time(6, 0)) == day(described)


def test_the_presets_are_what_the_documentation_calls_them():
    daily, month_end, mixed = PRESETS["prorate-daily"], PRESETS["month-end"], PRESETS["up-now-down-next"]
    assert (daily.increase, daily.decrease) == (Timing.USAGE_DAY, Timing.USAGE_DAY)
    assert (daily.increase_settle_days, daily.decrease_settle_days) == (1, 3)
    assert (month_end.increase, month_end.decrease, month_end.monthly_only) == (
        Timing.NEXT_PERIOD,
        Timing.NEXT_PERIOD,
        True,
    )
    assert (mixed.increase, mixed.decrease, mixed.monthly_only) == (Timing.USAGE_DAY, Timing.NEXT_PERIOD, False)
