"""Settling an unclear write by looking: do the PSA's rows show the units before it, after it, or something else?"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from trueup.core.contract import UnitRow, UnitStep, level_on, open_rows, shifted, steps_of


class Shown(StrEnum):
    """What the rows show. `nothing` means that no open row could tell (all posted)."""

    BEFORE = "before"
    AFTER = "after"
    OTHER = "other"
    NOTHING = "nothing"


def _fits(rows: list[UnitRow], day: date, steps: tuple[UnitStep, ...]) -> bool:
    """Whether each row shows the steps' units, on the first day that the change touches and wherever they step."""
    return all(
        level_on(steps, at) == row.units
        for row in rows
        for at in (max(row.start, day), *(step.start for step in steps if step.start > day and row.covers(step.start)))
    )


def shown_by(rows: tuple[UnitRow, ...], day: date, before: tuple[UnitStep, ...], after: tuple[UnitStep, ...]) -> Shown:
    """Compare fresh rows with the steps noted before the write and those expected after it, from `day` on.

    Posted rows are left out, because the PSA does not rewrite them. A line without any row shows `before` when it
    had none before.
    """
    touched = [row for row in open_rows(rows) if row.end >= day]
    if not touched:
        return Shown.BEFORE if not before and not rows else Shown.NOTHING
    if _fits(touched, day, after):
        return Shown.AFTER
    return Shown.BEFORE if _fits(touched, day, before) else Shown.OTHER


def expected_after(rows: tuple[UnitRow, ...], day: date, change: int) -> tuple[UnitStep, ...]:
    """Steps that the PSA should show after one change."""
    return steps_of(shifted(rows, day, change)) if rows else (UnitStep(day, change),)
