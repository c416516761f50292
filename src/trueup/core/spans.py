"""Days in a row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise

from trueup.core.contract import DAY


def spans(days: Iterable[date]) -> tuple[tuple[date, date], ...]:
    """Days in any order as stretches without a gap, each as first and last."""
    ordered = sorted(set(days))
    breaks = [0, *(place for place, (a, b) in enumerate(pairwise(ordered), 1) if b != a + DAY), len(ordered)]
    return tuple((ordered[a], ordered[b - 1]) for a, b in pairwise(breaks)) if ordered else ()
