"""Metrics that a person defined: sums over billing types, or counts over item attributes."""

from __future__ import annotations

from collections.abc import Collection as Names

from trueup.core.expression import Expression


def is_over_items(expression: Expression, metrics: Names[str]) -> bool:
    """Whether an expression speaks of items (`category in ("Desktop", "Laptop")`) and not of metrics.

    `metrics` are the keys of all billing types and defined metrics; one of them in the expression makes it a sum.
    """
    return not any(name in metrics or "." in name for name in expression.names)
