"""After an undo the same change is not written again in silence: the line waits as `held.undone`.

The hold is bound to the line and to the units that usage wanted; it ends when usage asks for other units, and a person
lets it go by releasing `undone`, by excluding the line, or by fixing its units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.rails.guard import Release
from trueup.core.reason import Reason
from trueup.core.rule import Rule

RAIL = "undone"


@dataclass(frozen=True, slots=True)
class Undone:
    """A change that a person took back: the units that the undone run had led to and from which day; who took it back
    on which day and why, and the plan that did it."""

    line_id: str
    units: int
    day: date
    run: str
    plan: str
    person: str
    on: date
    reason: str = ""


def writes_again(undone: Undone, outcome: Outcome) -> bool:
    """Whether the outcome would write what was taken back: the same units, on whichever day by now."""
    return bool(outcome.adjustments) and outcome.after == undone.units


def is_over(undone: Undone, outcome: Outcome) -> bool:
    """Whether usage has moved on: the line is right as it is, or asks for other units. What is not known, waits on."""
    if outcome.status is OutcomeStatus.NONE:
        return True
    return bool(outcome.adjustments) and outcome.after != undone.units


def undone_reason(undone: Undone) -> Reason:
    """Why the line waits: which units, who took them back, when, and why."""
    return Reason.of(
        "held.undone",
        units=undone.units,
        day=undone.day,
        run=undone.run,
        person=undone.person,
        on=undone.on,
        reason=undone.reason or None,
    )


def _released(outcome: Outcome, releases: frozenset[Release]) -> bool:
    if outcome.after is None or outcome.effective is None:
        return False
    return Release(RAIL, outcome.line_id, outcome.after, outcome.effective) in releases


def _waits(undone: Undone | None, outcome: Outcome, rule: Rule | None, releases: frozenset[Release], day: date) -> bool:
    if undone is None or not writes_again(undone, outcome):
        return False
    fixed = rule is not None and rule.override is not None and rule.override.covers(day)
    return not fixed and not _released(outcome, releases)


def _waiting(outcome: Outcome, undone: Undone) -> Outcome:
    """The outcome held. One that waits for what nobody can release stays so; else `undone` is one more name."""
    reasons = (undone_reason(undone), *outcome.reasons)
    if outcome.status is OutcomeStatus.CHANGE:
        return replace(outcome, status=OutcomeStatus.HELD, reasons=reasons, releasable=(RAIL,))
    names = (*outcome.releasable, RAIL) if outcome.releasable else ()
    return replace(outcome, reasons=reasons, releasable=names)


def with_undone(
    outcomes: tuple[Outcome, ...],
    undone: Mapping[str, Undone],
    rules: Mapping[str, Rule],
    releases: tuple[Release, ...],
    as_of: date,
    railed: Callable[[tuple[Outcome, ...]], tuple[Outcome, ...]],
) -> tuple[Outcome, ...]:
    """Outcomes behind the guard rails (`railed`), those that would write again what was undone held.

    The two are railed apart: what waits anyway is no crowd that holds the rest. `rules` are the lines' rules.
    """
    given = frozenset(releases)
    again = {
        outcome.line_id
        for outcome in outcomes
        if _waits(undone.get(outcome.line_id), outcome, rules.get(outcome.line_id), given, as_of)
    }
    if not again:
        return railed(outcomes)
    others = iter(railed(tuple(outcome for outcome in outcomes if outcome.line_id not in again)))
    waiting = iter(railed(tuple(outcome for outcome in outcomes if outcome.line_id in again)))
    return tuple(
        _waiting(next(waiting), undone[outcome.line_id]) if outcome.line_id in again else next(others)
        for outcome in outcomes
    )
