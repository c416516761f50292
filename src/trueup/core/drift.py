"""Edits that somebody else made between two runs: found by comparing the PSA's units with what was last agreed.

A person's edit is never overwritten in silence (design law 5): equal to what we want it is adopted, else it waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from trueup.core.contract import UnitRow, UnitStep, level_on
from trueup.core.reason import Reason


@dataclass(frozen=True, slots=True)
class KnownUnits:
    """What Trueup last agreed with on a line.

    `steps` are the units that the PSA showed (or was to show) then, as dates from which they hold. `levels` are the
    levels that usage called for and that were settled, up to `until`; they differ from `steps` only where the PSA
    could not follow (a posted period, a date already taken). `cutover` is the first day that may be billed.
    """

    steps: tuple[UnitStep, ...]
    cutover: date
    levels: tuple[UnitStep, ...] = ()
    until: date | None = None


def drift_in(known: KnownUnits, rows: tuple[UnitRow, ...]) -> Reason | None:
    """The first day on which the PSA's open rows differ from what was agreed, with both units; None if they agree.

    Posted rows are left out: the PSA does not rewrite them. Days before the first known step are not compared.
    """
    if not known.steps:
        open_rows = [row for row in rows if row.posted is None and row.units]
        return _reason(open_rows[0].start, 0, open_rows[0].units) if open_rows else None
    start = known.steps[0].start
    for row in sorted(rows, key=lambda row: row.start):
        if row.posted is not None or row.end < start:
            continue
        days = {max(row.start, start), *(step.start for step in known.steps if row.covers(step.start))}
        for day in sorted(days):
            if level_on(known.steps, day) != row.units:
                return _reason(day, level_on(known.steps, day), row.units)
    return None


def _reason(day: date, known: int, found: int) -> Reason:
    return Reason.of("drift.edited", day=day, known=known, found=found, difference=found - known)
