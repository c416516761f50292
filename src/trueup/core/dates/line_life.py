"""The days of a line's life: from when on it can have units, until when, and where its contract goes on.

A change belongs to the line that is in force on its date: what takes effect after a renewed contract's end is left
to the line of the new contract, and that line is planned before its first day, for a decision that falls before it.
"""

from __future__ import annotations

from datetime import date

from trueup.core.contract import Contract, UnitRow
from trueup.core.dates.succession import NextLine
from trueup.core.dates.timing import LevelPath
from trueup.core.reason import Reason


def first_day(contract: Contract, rows: tuple[UnitRow, ...], first_read: date, appeared: date | None) -> date:
    """The first day on which a line can have units: its contract's, or a later one on which the service was added.

    Rows that begin later than the first day that was read show a service that came later than its contract. A line
    without rows says nothing; then it is the usage day on which it was first seen, `appeared`, where that is known.
    """
    if not rows and appeared is not None:
        return max(contract.start, appeared)
    begins = min((row.start for row in rows), default=contract.start)
    return begins if begins > max(first_read, contract.start) else contract.start


def ended_by(path: LevelPath, end: date) -> LevelPath:
    """The path without what lies after a contract's end, because the line of the next contract takes that."""
    steps = tuple(step for step in path.steps if step.start <= end)
    waiting = tuple(reason for reason in path.pending if not _later(reason, end))
    return LevelPath(path.first, steps or path.steps[:1], min(path.decided_until, end), waiting)


def _later(reason: Reason, end: date) -> bool:
    day = reason.get("day")
    return isinstance(day, date) and day > end


def not_begun(path: LevelPath, as_of: date) -> LevelPath:
    """The path of a line whose first day is still to come: what is seen now counts from that day on at the earliest."""
    if path.first <= as_of:
        return path
    waiting = tuple(
        Reason.of("scheduled.line_begins", wanted=reason.get("wanted"), level=reason.get("level"), day=path.first)
        if reason.code.startswith("scheduled.")
        else reason
        for reason in path.pending
    )
    return LevelPath(path.first, path.steps, max(as_of, path.steps[-1].start), waiting)


def life_notes(contract: Contract, next_line: NextLine | None, payer: str | None) -> tuple[Reason, ...]:
    """What to know of a line's contract: inactive and still billed, billed to another, and where it goes on."""
    notes: list[Reason] = []
    if not contract.active:
        notes.append(Reason.of("note.contract_inactive", contract=contract.name))
    if contract.payer_id is not None and contract.payer_id != contract.customer_id:
        notes.append(Reason.of("note.billed_to", payer=payer or contract.payer_id))
    if next_line is not None:
        code = "note.goes_on" if next_line.line_id is not None else "note.not_renewed"
        notes.append(Reason.of(code, contract=next_line.contract_name, day=next_line.start, line=next_line.line_id))
    return tuple(notes)
