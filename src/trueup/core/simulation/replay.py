"""A line played from plan to plan: what a PSA would show if every plan had been approved and written.

The plans themselves are made by `trueup.core.planning`; here is only what lies between two of them. A change that a
rail holds counts as released by the person whom it waits for, and is counted; what no release can let go stays as it
was (docs/decisions/0157-simulation.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.contract import UnitRow, shifted, units_on
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.planning.agreed import agreed_with

_STANDS = (OutcomeStatus.CHANGE, OutcomeStatus.NONE, OutcomeStatus.SCHEDULED)


@dataclass(frozen=True, slots=True)
class PlayedLines:
    """Unit rows and what is agreed with, by line, as the plans so far would have left them."""

    rows: Mapping[str, tuple[UnitRow, ...]]
    known: Mapping[str, KnownUnits] = field(default_factory=dict)


def at_the_start(rows: tuple[UnitRow, ...], first: date) -> tuple[UnitRow, ...]:
    """The rows as if nobody had changed units since `first`: later changes are what is simulated anew. Nothing is
    posted yet, and amounts are worked out by the PSA."""
    if not rows:
        return ()
    units = units_on(rows, max(first, min(row.start for row in rows)))
    return tuple(UnitRow(row.start, row.end, units) for row in sorted(rows, key=lambda row: row.start))


def waits_for_a_person(outcome: Outcome) -> bool:
    """Whether a change is held that a person may release."""
    held = outcome.status in (OutcomeStatus.HELD, OutcomeStatus.DRIFT)
    return held and bool(outcome.adjustments) and bool(outcome.releasable)


def can_be_said(outcome: Outcome) -> bool:
    """Whether the outcome says what the line's units are, a person's release given."""
    return outcome.status in _STANDS or waits_for_a_person(outcome)


def played_on(lines: PlayedLines, outcomes: tuple[Outcome, ...]) -> PlayedLines:
    """The lines after a plan: its changes written, its levels agreed with; a line that it cannot say stays as it is."""
    rows, known = dict(lines.rows), dict(lines.known)
    for outcome in outcomes:
        if not can_be_said(outcome):
            continue
        for adjustment in outcome.adjustments:
            line = adjustment.line_id
            rows[line] = shifted(rows.get(line, ()), adjustment.day, adjustment.change)
        written = replace(outcome, status=OutcomeStatus.CHANGE) if outcome.adjustments else outcome
        known[outcome.line_id] = agreed_with(known.get(outcome.line_id), written)
    return PlayedLines(rows, known)
