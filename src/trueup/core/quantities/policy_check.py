"""Nonsense in a rule, refused when it is saved: a table of checks, each with its own code and numbers.

A rule that passes means something on every day. What each basis, window and timing means together stands in the guide
on rules; the checks here refuse the combinations that mean nothing, or that would write and take back every night.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from trueup.core.reason import Reason
from trueup.core.rule import Basis, Override, QuantityPolicy, Rule, Timing, TimingPolicy, Window
from trueup.core.usage import MetricKind

LONGEST_MONTH = 31

_CURRENT = (Window.CALENDAR_MONTH_CURRENT, Window.BILLING_PERIOD_CURRENT)
_BOUND = (Timing.NEXT_PERIOD, Timing.NEXT_MONTH)


@dataclass(frozen=True, slots=True)
class PolicyCase:
    """What the checks look at. `kinds` holds the billing types behind the rule's quantity, by key."""

    policy: QuantityPolicy
    timing: TimingPolicy
    override: Override | None
    kinds: Mapping[str, MetricKind]

    @property
    def timings(self) -> tuple[Timing, Timing]:
        """Both directions."""
        return self.timing.increase, self.timing.decrease

    def named(self, kind: MetricKind) -> str:
        """The billing types of one kind, joined for a sentence; empty where there is none."""
        return ", ".join(sorted(key for key, found in self.kinds.items() if found is kind))


Check = Callable[[PolicyCase], Iterator[Reason]]


def _average(case: PolicyCase) -> Iterator[Reason]:
    """An average moves a little every day of its window, so it needs a day on which it is decided, and a rounding."""
    if case.policy.basis is not Basis.AVERAGE:
        return
    if Timing.USAGE_DAY in case.timings:
        yield Reason.of("policy.average_on_usage_day")
    if Timing.PERIOD_START in case.timings and case.policy.window in _CURRENT:
        yield Reason.of("policy.average_from_period_start")
    if not case.policy.rounding_chosen:
        yield Reason.of("policy.average_needs_rounding")


def _metric_kinds(case: PolicyCase) -> Iterator[Reason]:
    once = case.named(MetricKind.ONE_TIME)
    if once:
        yield Reason.of("policy.one_time_metric", metrics=once)
    totals = case.named(MetricKind.PERIOD_TOTAL)
    if totals and case.policy.window in _CURRENT:
        yield Reason.of("policy.period_total_window", metrics=totals, window=case.policy.window.value)
    if totals and case.policy.basis not in (Basis.LAST, Basis.PEAK):
        yield Reason.of("policy.period_total_basis", metrics=totals, basis=case.policy.basis.value)


def _day_number(case: PolicyCase) -> Iterator[Reason]:
    number = case.policy.day
    if case.policy.basis is Basis.DAY:
        if number is None:
            yield Reason.of("policy.day_needed")
        elif not 1 <= number <= LONGEST_MONTH:
            yield Reason.of("policy.day_range", day=number)
    elif number is not None:
        yield Reason.of("policy.day_without_basis", day=number, basis=case.policy.basis.value)


def _numbers(case: PolicyCase) -> Iterator[Reason]:
    policy = case.policy
    if policy.included < 0:
        yield Reason.of("policy.negative", part="included", value=policy.included)
    if policy.multiplier <= 0:
        yield Reason.of("policy.multiplier", value=policy.multiplier)
    for part, bound in (("minimum", policy.minimum), ("maximum", policy.maximum)):
        if bound is not None and bound < 0:
            yield Reason.of("policy.negative", part=part, value=bound)
    for part, size in (("round_to_multiple", policy.round_to_multiple), ("pack_size", policy.pack_size)):
        if size is not None and size < 1:
            yield Reason.of("policy.size_range", part=part, value=size)
    if policy.round_to_multiple is not None and policy.pack_size is not None:
        yield Reason.of("policy.pack_and_multiple", pack=policy.pack_size, multiple=policy.round_to_multiple)


def _ordered(since: date | None, until: date | None) -> bool:
    return since is None or until is None or since <= until


def _overlap(policy: QuantityPolicy) -> bool:
    return _ordered(policy.minimum_from, policy.maximum_until) and _ordered(policy.maximum_from, policy.minimum_until)


def _bounds(case: PolicyCase) -> Iterator[Reason]:
    policy = case.policy
    for part, bound, since, until in (
        ("minimum", policy.minimum, policy.minimum_from, policy.minimum_until),
        ("maximum", policy.maximum, policy.maximum_from, policy.maximum_until),
    ):
        if bound is None and (since is not None or until is not None):
            yield Reason.of("policy.dates_without_bound", part=part)
        if not _ordered(since, until):
            yield Reason.of("policy.dates_reversed", part=part, since=since, until=until)
    low, high = policy.minimum, policy.maximum
    if low is not None and high is not None and low > high and _overlap(policy):
        yield Reason.of("policy.minimum_above_maximum", minimum=low, maximum=high)
    if policy.only_if_used and low is None:
        yield Reason.of("policy.only_if_used_without_minimum")


def _timing(case: PolicyCase) -> Iterator[Reason]:
    timing = case.timing
    for part, days in (("increase", timing.increase_settle_days), ("decrease", timing.decrease_settle_days)):
        if days < 1:
            yield Reason.of("policy.settle_range", part=part, days=days)
    if timing.cutoff_days < 0:
        yield Reason.of("policy.negative", part="cutoff_days", value=timing.cutoff_days)
    if timing.cutoff_days > 0 and not set(case.timings) & set(_BOUND):
        yield Reason.of("policy.cutoff_without_period", days=timing.cutoff_days)


def _override(case: PolicyCase) -> Iterator[Reason]:
    fixed = case.override
    if fixed is None:
        return
    if fixed.units < 0:
        yield Reason.of("policy.negative", part="override", value=fixed.units)
    if not fixed.reason.strip():
        yield Reason.of("policy.override_needs_reason")
    if not _ordered(fixed.since, fixed.until):
        yield Reason.of("policy.dates_reversed", part="override", since=fixed.since, until=fixed.until)


CHECKS: tuple[Check, ...] = (_average, _metric_kinds, _day_number, _numbers, _bounds, _timing, _override)
"""The table, in the order in which a person is told."""


def policy_faults(
    policy: QuantityPolicy,
    timing: TimingPolicy,
    override: Override | None = None,
    kinds: Mapping[str, MetricKind] | None = None,
) -> tuple[Reason, ...]:
    """Everything that makes no sense about a rule; empty where it may be saved.

    `kinds` names the billing types behind the quantity (user-defined metrics opened up) with their kinds.
    """
    case = PolicyCase(policy, timing, override, kinds or {})
    return tuple(fault for check in CHECKS for fault in check(case))


def faults_of(rule: Rule, kinds: Mapping[str, MetricKind], names: Iterable[str]) -> tuple[Reason, ...]:
    """The same for a rule; `names` are the billing types behind its quantity. An excluding rule has no nonsense."""
    if rule.exclude:
        return ()
    used = {name: kinds.get(name, MetricKind.LEVEL) for name in names}
    return policy_faults(rule.policy, rule.timing, rule.override, used)
