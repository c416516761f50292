"""What becomes of units that a person edited in the PSA: every edit since the line was agreed with, and the policy.

`wait` holds the line for a person, `keep` lets the edit stand until usage changes, `take_back` plans the change back
to what usage says, `adopt` fixes the line at the edited units (docs/decisions/0076-edits-by-hand.md). Edits that are
equal to what usage says are agreed with, whatever the policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from trueup.core.by_hand.drift import KnownUnits, drift_in
from trueup.core.contract import DAY, UnitRow, UnitStep, level_on, open_rows, steps_of, units_on
from trueup.core.dates.adjusting import LineUnits
from trueup.core.dates.timing import LevelPath
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.quantities.quantity import Quantity
from trueup.core.reason import Reason
from trueup.core.rule import DriftPolicy, Override, Rule


@dataclass(frozen=True, slots=True)
class Edit:
    """From `day` on the PSA shows `found` units where `known` were agreed."""

    day: date
    known: int
    found: int

    @property
    def reason(self) -> Reason:
        """The edit in words."""
        return Reason.of(
            "drift.edited", day=self.day, known=self.known, found=self.found, difference=self.found - self.known
        )


def edits_in(known: KnownUnits, rows: tuple[UnitRow, ...]) -> tuple[Edit, ...]:
    """Every day from which the open rows differ from what was agreed by another number than before, in order."""
    first = drift_in(known, rows)
    if first is None:
        return ()
    day, was, found = first.get("day"), first.get("known"), first.get("found")
    if not isinstance(day, date) or not isinstance(was, int) or not isinstance(found, int):
        return ()
    edits = [Edit(day, was, found)]
    shown = open_rows(rows)
    days = {row.start for row in shown} | {
        step.start for step in known.steps if any(row.covers(step.start) for row in shown)
    }
    apart = found - was
    for later in sorted(one for one in days if one > day):
        known_then, found_then = level_on(known.steps, later), units_on(rows, later)
        if found_then - known_then != apart:
            apart = found_then - known_then
            edits.append(Edit(later, known_then, found_then))
    return tuple(edits)


def policy_of(known: KnownUnits | None, edits: tuple[Edit, ...], rule: Rule, tenant: DriftPolicy) -> DriftPolicy:
    """The policy for these edits: a person's decision about just these, else the rule's or the tenant's choice.

    A line that shares a quantity with others, or copies another line, cannot keep a number of its own: there it waits.
    """
    if known is not None and edits and known.take_back == UnitStep(edits[-1].day, edits[-1].found):
        return DriftPolicy.TAKE_BACK
    chosen = rule.drift or tenant
    bound = rule.share is not None or rule.mirror is not None
    return DriftPolicy.WAIT if bound and chosen in (DriftPolicy.KEEP, DriftPolicy.ADOPT) else chosen


def follows_from(known: KnownUnits | None, wanted: Mapping[date, Quantity], first: date, as_of: date) -> date | None:
    """The first of the newest days on which usage asks for something else than when the edit was kept; the day after
    `as_of` where it does not, so that a dip that is over changes nothing. None where no edit is kept."""
    if known is None or known.kept is None:
        return None
    start = as_of + DAY
    for day in sorted((day for day in wanted if first <= day <= as_of), reverse=True):
        if wanted[day].units == known.kept:
            break
        if wanted[day].units is not None:
            start = day
    return start


def with_kept(outcome: Outcome, known: KnownUnits | None, first: date, *, waiting: bool) -> Outcome:
    """The outcome of a line with a kept edit: it goes on while it waits; else usage counts again, from `first` on."""
    if known is None or known.kept is None:
        return outcome
    if waiting:
        return replace(outcome, kept=known.kept)
    return replace(outcome, cutover=max(first, outcome.cutover or first))


def taken_back(path: LevelPath, known: KnownUnits | None, edits: tuple[Edit, ...]) -> LevelPath:
    """The path through the last edited day, so that an edit that lies ahead is taken back too; steps that were agreed
    for later days stay."""
    if known is None or not edits or edits[-1].day <= path.decided_until:
        return path
    base, until = level_on(known.steps, path.decided_until), edits[-1].day
    ahead = tuple(
        UnitStep(step.start, path.steps[-1].units + step.units - base)
        for step in known.steps
        if path.decided_until < step.start <= until
    )
    return LevelPath(path.first, (*path.steps, *ahead), until, path.pending)


def standing(as_of: date, units: LineUnits) -> LevelPath:
    """The path of a line whose edit stands: as the PSA has it, until usage changes."""
    return LevelPath(as_of, (UnitStep(as_of, units.on(as_of)),), as_of)


def take_back_notes(edits: tuple[Edit, ...]) -> tuple[Reason, ...]:
    """That edits are planned back, each with its day and both counts."""
    return tuple(Reason.of("note.edit_taken_back", day=one.day, known=one.known, found=one.found) for one in edits)


def none_reason(after: int, edits: tuple[Edit, ...], kept: int | None) -> Reason:
    """Why nothing is to do: an edit that is kept, one that is what usage says, or a line that is right."""
    if kept is not None:
        return Reason.of("none.edit_stands", units=after, wanted=kept)
    if edits:
        return Reason.of("none.adopted_edit", found=edits[0].found)
    return Reason.of("none.right", units=after)


def settled_edit(
    blank: Outcome,
    rows: tuple[UnitRow, ...],
    edits: tuple[Edit, ...],
    policy: DriftPolicy,
    wanted: int | None,
    as_of: date,
    *,
    moved: bool,
) -> Outcome | None:
    """The outcome where the policy lets the edit be: kept, or to become an override. `moved` says that usage (`wanted`)
    asks for something else now.

    None for the other policies, where nobody knows what usage says, and where an edit has steps ahead that one fixed
    number cannot hold.
    """
    if not edits or wanted is None or not (moved or edits[-1].day > as_of):
        return None
    shown = steps_of(rows)
    last = edits[-1]
    outcome = replace(
        blank,
        status=OutcomeStatus.NONE,
        after=units_on(rows, as_of),
        expected=shown,
        levels=shown,
        decided_until=as_of,
        cutover=as_of,
    )
    if policy is DriftPolicy.KEEP:
        kept = Reason.of("none.edit_kept", day=edits[0].day, found=last.found, known=last.known, wanted=wanted)
        return replace(outcome, kept=wanted, reasons=(kept,))
    if policy is DriftPolicy.ADOPT and all(step.start <= as_of for step in shown):
        fixed = Override(last.found, f"edited in the PSA on {edits[0].day}", since=as_of)
        adopted = Reason.of("none.edit_adopted", day=edits[0].day, found=last.found, wanted=wanted)
        return replace(outcome, override=fixed, reasons=(adopted,))
    return None
