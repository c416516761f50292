"""What a rule promised until a day and soon does not any more: overrides and dated bounds, told two weeks ahead."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from trueup.core.reason import Reason
from trueup.core.rule import Rule

WARNED_DAYS = 14
"""How many days before its last day an override or a dated bound is told of (design section 5)."""


def ending_soon(rules: Iterable[Rule], today: date) -> tuple[Reason, ...]:
    """One reason for each override, minimum and maximum in force whose last day is near, rule by rule."""
    found: list[Reason] = []
    for rule in rules:
        if rule.exclude:
            continue
        fixed, policy = rule.override, rule.policy
        if fixed is not None and _near(fixed.until, today) and fixed.covers(today):
            found.append(_told("rules.override_ends", rule, fixed.units, fixed.until, today))
        if policy.minimum is not None and _near(policy.minimum_until, today):
            found.append(_told("rules.minimum_ends", rule, policy.minimum, policy.minimum_until, today))
        if policy.maximum is not None and _near(policy.maximum_until, today):
            found.append(_told("rules.maximum_ends", rule, policy.maximum, policy.maximum_until, today))
    return tuple(found)


def _near(until: date | None, today: date) -> bool:
    return until is not None and 0 <= (until - today).days <= WARNED_DAYS


def _told(code: str, rule: Rule, units: int, until: date | None, today: date) -> Reason:
    days = (until - today).days if until is not None else None
    return Reason.of(code, rule=rule.id, units=units, until=until, days=days)
