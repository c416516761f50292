"""The first change of a line that a rule newly takes over: what a person may choose, and what each choice would mean.

`follow` takes what usage says; `offset` keeps the difference between the PSA and usage for good; `minimum` never goes
below what the PSA has; `exclude` keeps hands off. See docs/decisions/0071-adoption.md.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from trueup.core.outcome import EntryKind, Outcome, OutcomeStatus
from trueup.core.reason import Reason

CODE = "note.adoption"


class Adoption(StrEnum):
    """What a person chooses for a line that a rule takes over."""

    FOLLOW = "follow"
    OFFSET = "offset"
    MINIMUM = "minimum"
    EXCLUDE = "exclude"


def may_be_adopted(outcome: Outcome) -> bool:
    """Whether a choice is due: the line's first change by its rule, alone or held by a rail."""
    waits = outcome.status in (OutcomeStatus.CHANGE, OutcomeStatus.HELD)
    moved = bool(outcome.adjustments) and outcome.before is not None and outcome.after is not None
    return outcome.kind is EntryKind.LINE and outcome.first_time and waits and moved


def with_choices(outcome: Outcome) -> Outcome:
    """The outcome marked as the line's first change, with what each choice would make of its units."""
    if not may_be_adopted(outcome):
        return outcome
    before, after = outcome.before or 0, outcome.after or 0
    note = Reason.of(CODE, follow=after, keep=before, offset=before - after, minimum=max(before, after))
    return replace(outcome, reasons=(*outcome.reasons, note))
