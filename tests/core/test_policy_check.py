"""Nonsense in a rule is refused with its own code; the sensible neighbour of each refusal is accepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from trueup.core.quantities.policy_check import faults_of, policy_faults
from trueup.core.rule import (
    MONTH_END,
    PRESETS,
    PRORATE_DAILY,
    Basis,
    Override,
    QuantityPolicy,
    Rounding,
    Rule,
    RuleLevel,
    Timing,
    TimingPolicy,
    Window,
)
from trueup.core.usage import MetricKind

AVERAGE = QuantityPolicy(basis=Basis.AVERAGE, rounding=Rounding.NEAREST, rounding_chosen=True)
TOTAL = {"backup.bytes": MetricKind.PERIOD_TOTAL}


def codes(policy: QuantityPolicy, timing: TimingPolicy = PRORATE_DAILY, **more: object) -> list[str]:
    return [fault.code for fault in policy_faults(policy, timing, **more)]  # type: ignore[arg-type]


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_preset_with_the_default_quantity_means_something(preset: str) -> None:
    assert codes(QuantityPolicy(), PRESETS[preset]) == []


REFUSED = [
    (AVERAGE, PRORATE_DAILY, "policy.average_on_usage_day"),
    (AVERAGE, TimingPolicy(Timing.NEXT_PERIOD, Timing.USAGE_DAY), "policy.average_on_usage_day"),
    (AVERAGE, TimingPolicy(Timing.PERIOD_START, Timing.NEXT_PERIOD), "policy.average_from_period_start"),
    (replace(AVERAGE, rounding_chosen=False), MONTH_END, "policy.average_needs_rounding"),
    (QuantityPolicy(basis=Basis.DAY), PRORATE_DAILY, "policy.day_needed"),
    (QuantityPolicy(basis=Basis.DAY, day=0), PRORATE_DAILY, "policy.day_range"),
    (QuantityPolicy(basis=Basis.DAY, day=32), PRORATE_DAILY, "policy.day_range"),
    (QuantityPolicy(day=15), PRORATE_DAILY, "policy.day_without_basis"),
    (QuantityPolicy(included=Decimal(-1)), PRORATE_DAILY, "policy.negative"),
    (QuantityPolicy(minimum=-1), PRORATE_DAILY, "policy.negative"),
    (QuantityPolicy(multiplier=Decimal(0)), PRORATE_DAILY, "policy.multiplier"),
    (QuantityPolicy(multiplier=Decimal(-1)), PRORATE_DAILY, "policy.multiplier"),
    (QuantityPolicy(pack_size=0), PRORATE_DAILY, "policy.size_range"),
    (QuantityPolicy(round_to_multiple=0), PRORATE_DAILY, "policy.size_range"),
    (QuantityPolicy(pack_size=10, round_to_multiple=10), PRORATE_DAILY, "policy.pack_and_multiple"),
    (QuantityPolicy(minimum=6, maximum=5), PRORATE_DAILY, "policy.minimum_above_maximum"),
    (QuantityPolicy(minimum_from=date(2026, 1, 1)), PRORATE_DAILY, "policy.dates_without_bound"),
    (
        QuantityPolicy(maximum=3, maximum_from=date(2026, 2, 1), maximum_until=date(2026, 1, 1)),
        PRORATE_DAILY,
        "policy.dates_reversed",
    ),
    (QuantityPolicy(only_if_used=True), PRORATE_DAILY, "policy.only_if_used_without_minimum"),
    (QuantityPolicy(), TimingPolicy(increase_settle_days=0), "policy.settle_range"),
    (QuantityPolicy(), TimingPolicy(cutoff_days=-1), "policy.negative"),
    (QuantityPolicy(), TimingPolicy(cutoff_days=5), "policy.cutoff_without_period"),
]


@pytest.mark.parametrize(("policy", "timing", "code"), REFUSED)
def test_nonsense_has_its_own_code(policy: QuantityPolicy, timing: TimingPolicy, code: str) -> None:
    assert codes(policy, timing) == [code]


ACCEPTED = [
    (AVERAGE, MONTH_END),
    (replace(AVERAGE, window=Window.BILLING_PERIOD_PREVIOUS), TimingPolicy(Timing.PERIOD_START, Timing.NEXT_PERIOD)),
    (QuantityPolicy(basis=Basis.DAY, day=31), PRORATE_DAILY),
    (QuantityPolicy(minimum=5, maximum=5), PRORATE_DAILY),
    (QuantityPolicy(minimum=5, only_if_used=True), PRORATE_DAILY),
    (QuantityPolicy(basis=Basis.PEAK, pack_size=10, included=Decimal("2.5")), PRORATE_DAILY),
    (QuantityPolicy(), replace(MONTH_END, cutoff_days=5)),
]


@pytest.mark.parametrize(("policy", "timing"), ACCEPTED)
def test_its_sensible_neighbour_is_accepted(policy: QuantityPolicy, timing: TimingPolicy) -> None:
    assert codes(policy, timing) == []


def test_a_minimum_may_exceed_a_maximum_of_another_time() -> None:
    earlier = QuantityPolicy(minimum=10, minimum_from=date(2026, 7, 1), maximum=5, maximum_until=date(2026, 6, 30))
    assert codes(earlier) == []
    touching = replace(earlier, maximum_until=date(2026, 7, 1))
    assert codes(touching) == ["policy.minimum_above_maximum"]


def test_a_one_time_metric_never_drives_recurring_units() -> None:
    found = policy_faults(
        QuantityPolicy(), PRORATE_DAILY, kinds={"a.setup": MetricKind.ONE_TIME, "a.b": MetricKind.LEVEL}
    )
    assert [(fault.code, fault.get("metrics")) for fault in found] == [("policy.one_time_metric", "a.setup")]


def test_a_total_that_starts_again_counts_only_when_its_window_is_complete() -> None:
    assert codes(QuantityPolicy(), kinds=TOTAL) == ["policy.period_total_window"]
    previous = QuantityPolicy(window=Window.CALENDAR_MONTH_PREVIOUS)
    assert codes(previous, kinds=TOTAL) == []
    assert codes(replace(previous, basis=Basis.FIRST), kinds=TOTAL) == ["policy.period_total_basis"]


def test_an_override_needs_units_dates_and_a_reason_that_make_sense() -> None:
    wrong = Override(-1, "", until=date(2026, 1, 1), since=date(2026, 2, 1))
    assert codes(QuantityPolicy(), override=wrong) == [
        "policy.negative",
        "policy.override_needs_reason",
        "policy.dates_reversed",
    ]
    assert codes(QuantityPolicy(), override=Override(0, "agreed")) == []


def test_an_excluding_rule_has_nothing_to_refuse() -> None:
    rule = Rule("r", RuleLevel.SERVICE, "1", "1", policy=QuantityPolicy(minimum=6, maximum=5), exclude=True)
    assert faults_of(rule, {}, ()) == ()
    assert [fault.code for fault in faults_of(replace(rule, exclude=False), {}, ())] == ["policy.minimum_above_maximum"]
