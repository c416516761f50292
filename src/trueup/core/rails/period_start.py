"""What a line had when its billing period began, so that small steps inside the period cannot add up unseen.

The PSA's rows show the present state: a change that was written later and dated on the period's first day (or before)
has moved that day's units too. Such changes of ours are taken off again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from trueup.core.contract import UnitRow, units_on
from trueup.core.period import BillingCalendar


@dataclass(frozen=True, slots=True)
class WrittenChange:
    """A change of a line that Trueup has written: the day it is dated on, its units, and the day it was written."""

    day: date
    change: int
    written_on: date


def units_at_start(
    rows: tuple[UnitRow, ...], billing: BillingCalendar, as_of: date, written: Iterable[WrittenChange] = ()
) -> int | None:
    """Units with which the period of `as_of` began; None for a line that has no units yet."""
    if not rows:
        return None
    start = max(billing.period_of(as_of).start, rows[0].start)
    later = sum(one.change for one in written if one.day <= start < one.written_on)
    return units_on(rows, start) - later
