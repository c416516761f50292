"""Metrics that are worked out from others, and what their coverage is worth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from trueup.core.expression import Expression, ExpressionError, is_non_decreasing_in
from trueup.core.usage import Coverage, MetricUsage


def worked_out(derived: Expression, parts: Mapping[str, MetricUsage], day: date) -> MetricUsage:
    """A defined metric from its parts. One that has no value, or a part that may shrink it, leaves it unknown."""
    try:
        found = derived.evaluate({name: part.value for name, part in parts.items()}, today=day)
    except ExpressionError:
        return MetricUsage(Decimal(0), Coverage.UNKNOWN)
    if isinstance(found, bool):
        found = Decimal(found)
    if not isinstance(found, Decimal):
        return MetricUsage(Decimal(0), Coverage.UNKNOWN)
    worst = Coverage.MEASURED
    for name, part in parts.items():
        worst = weaker(worst, part.coverage)
        if part.coverage is Coverage.PARTIAL and not is_non_decreasing_in(derived, name):
            worst = Coverage.UNKNOWN
    return MetricUsage(found, worst)


_STRENGTH = {Coverage.MEASURED: 2, Coverage.PARTIAL: 1, Coverage.UNKNOWN: 0}


def weaker(one: Coverage, other: Coverage) -> Coverage:
    """The coverage of two from which less may be concluded."""
    return one if _STRENGTH[one] <= _STRENGTH[other] else other
