"""What is agreed with on a line once an outcome stands: whatever differs from it later is an edit by somebody else."""

from __future__ import annotations

from datetime import date

from trueup.core.by_hand.drift import KnownUnits, Terms
from trueup.core.late.catch_up import settled
from trueup.core.outcome import Outcome, OutcomeStatus


def agreed_with(before: KnownUnits | None, outcome: Outcome) -> KnownUnits:
    """The line as it is (or will be) after the outcome; `before` is what was agreed with until now."""
    terms = Terms(outcome.decided_until or date.min, outcome.basis, outcome.price)
    levels, by = settled(before, outcome.levels, outcome.decided_until, terms, outcome.owed)
    return KnownUnits(
        outcome.expected,
        outcome.cutover or outcome.decided_until or date.min,
        levels,
        outcome.decided_until,
        not outcome.first_time or outcome.status is not OutcomeStatus.SCHEDULED,
        outcome.meaning,
        outcome.rule_cutover,
        by,
        kept=outcome.kept,
    )
