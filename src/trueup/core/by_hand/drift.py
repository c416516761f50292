"""Edits that somebody else made between two runs: found by comparing the PSA's units with what was last agreed.

A person's edit is never overwritten in silence (design law 5): equal to what we want it is adopted, else it waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trueup.core.contract import DAY, UnitRow, UnitStep, level_on, open_rows
from trueup.core.reason import Reason


@dataclass(frozen=True, slots=True)
class Terms:
    """By what levels were settled from a day on: the rule and its scope (a digest), and the price of a unit."""

    start: date
    basis: str
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class KnownUnits:
    """What Trueup last agreed with on a line.

    `steps` are the units that the PSA showed (or was to show) then, as dates from which they hold. `levels` are the
    levels that usage called for and that were settled, up to `until`; they differ from `steps` only where the PSA
    could not follow (a posted period, a date already taken). They reach back further than a plan does, with the
    `terms` that they were settled by, so that a later correction of such a day can be reckoned
    (`trueup.core.late.catch_up`). `cutover` is the first day that may be billed.
    `adopted` is false while the line's very first change is still to come and no person has seen it. `meaning` and
    `rule_cutover` are those of the rule that was agreed under (see `trueup.core.dates.rule_change`). `kept` and
    `take_back` are what was decided about an edit (see `trueup.core.by_hand.edits`).
    """

    steps: tuple[UnitStep, ...]
    cutover: date
    levels: tuple[UnitStep, ...] = ()
    until: date | None = None
    adopted: bool = True
    meaning: str = ""
    rule_cutover: date | None = None
    terms: tuple[Terms, ...] = ()
    kept: int | None = None
    take_back: UnitStep | None = None


def drift_in(known: KnownUnits, rows: tuple[UnitRow, ...]) -> Reason | None:
    """The first day on which the PSA's open rows differ from what was agreed, with both units; None if they agree.

    Posted rows are left out: the PSA does not rewrite them. Days before the first known step are not compared.
    """
    if not known.steps:
        used = [row for row in open_rows(rows) if row.units]
        return _reason(used[0].start, 0, used[0].units) if used else None
    start = known.steps[0].start
    removed = _removed(known, rows, start)
    if removed is not None:
        return removed
    for row in open_rows(rows):
        if row.end < start:
            continue
        days = {max(row.start, start), *(step.start for step in known.steps if row.covers(step.start))}
        for day in sorted(days):
            if level_on(known.steps, day) != row.units:
                return _reason(day, level_on(known.steps, day), row.units)
    return None


def _removed(known: KnownUnits, rows: tuple[UnitRow, ...], start: date) -> Reason | None:
    """Units that were agreed on days for which the PSA shows no row any more, where it shows some before or after."""
    if not rows:
        last = known.steps[-1]
        return _reason(last.start, last.units, 0) if last.units else None
    covered = min(row.start for row in rows)
    for row in sorted(rows, key=lambda row: row.start):
        gap = max(covered, start)
        if row.start > gap and level_on(known.steps, gap):
            return _reason(gap, level_on(known.steps, gap), 0)
        covered = max(covered, row.end + DAY)
    return None


def _reason(day: date, known: int, found: int) -> Reason:
    return Reason.of("drift.edited", day=day, known=known, found=found, difference=found - known)
