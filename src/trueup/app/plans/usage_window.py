"""How far back the usage has to be read that one line's rule looks at; most rules need a few weeks, some two years."""

from __future__ import annotations

from datetime import date, timedelta

from trueup.core.contract import DAY
from trueup.core.period import month_of
from trueup.core.rule import Basis, QuantityPolicy, Rule, Window

LONGEST_MONTH = 31


def first_usage_day(rule: Rule, first: date, months: int, stale_days: int) -> date:
    """The earliest usage day that can matter for changes dated from `first` on.

    `months` is the length of the line's billing period; an upper bound will do, because days that no window holds are
    not looked at. `stale_days` is how old a last value may be.
    """
    seen = first - DAY - timedelta(days=rule.timing.cutoff_days)
    return _window_start(rule.policy, seen, months) - timedelta(days=stale_days + 1)


def _window_start(policy: QuantityPolicy, seen: date, months: int) -> date:
    window = policy.window
    if window is Window.CALENDAR_MONTH_PREVIOUS:
        return month_of(month_of(seen).start - DAY).start
    if window is Window.BILLING_PERIOD_PREVIOUS:
        return seen - timedelta(days=2 * months * LONGEST_MONTH)
    if policy.basis is Basis.LAST:
        return seen
    if window is Window.BILLING_PERIOD_CURRENT:
        return seen - timedelta(days=months * LONGEST_MONTH)
    return month_of(seen).start
