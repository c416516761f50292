"""The usage day that gave a line its quantity, as its steps tell."""

from __future__ import annotations

from datetime import date

from trueup.core.outcome import Outcome


def source_day_of(outcome: Outcome) -> date | None:
    """That day; None for an average, for units that a person fixed, and where nothing was counted."""
    for step in outcome.steps:
        day = step.get("day")
        if step.code in ("step.metric", "step.expression") and isinstance(day, date):
            return day
    return None
