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


def _levels(rows: tuple[UnitRow, ...], day: date) -> list[tuple[date, int]]:
    """Units of the open rows that a change on `day` touches, each on the first day that it touches."""
    return [(max(row.start, day), row.units) for row in open_rows(rows) if row.end >= day]


def _fits(levels: list[tuple[date, int]], steps: tuple[UnitStep, ...]) -> bool:
    return all(level_on(steps, day) == units for day, units in levels)


def shown_by(rows: tuple[UnitRow, ...], day: date, before: tuple[UnitStep, ...], after: tuple[UnitStep, ...]) -> Shown:
    """Compare fresh rows with the steps noted before the write and those expected after it, from `day` on.

    Posted rows are left out, because the PSA does not rewrite them. A line without any row shows `before` when it
    had none before.
    """
    levels = _levels(rows, day)
    if not levels:
        return Shown.BEFORE if not before and not rows else Shown.NOTHING
    if _fits(levels, after):
        return Shown.AFTER
    return Shown.BEFORE if _fits(levels, before) else Shown.OTHER


def expected_after(rows: tuple[UnitRow, ...], day: date, change: int) -> tuple[UnitStep, ...]:
    """Steps that the PSA should show after one change."""
    return steps_of(shifted(rows, day, change)) if rows else (UnitStep(day, change),)
