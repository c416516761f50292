"""The rail over a whole plan: too many of the lines change at once, or in all nights of the month together.

An opening plan is one whose changes are mostly dated on the first day of a billing period. Once six openings are on
record, an opening may change three times their median; until then `plan_opening_share`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.reason import Reason
from trueup.core.settings import Thresholds

OPENINGS = 6
"""How many openings have to be on record before their median counts."""

LATE_OPENING = 7
"""Until how many days after a period began a change on its first day still belongs to its opening."""

_TIMES_MEDIAN = 3


@dataclass(frozen=True, slots=True)
class PlanHistory:
    """What earlier plans did. `openings` are first days of periods, newest first, with the share of the lines that was
    changed on each; `changed` the lines that were changed inside the calendar month of the planned day, but for what
    its opening changed."""

    openings: tuple[tuple[date, Decimal], ...] = ()
    changed: frozenset[str] = frozenset()


def _changing(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    return tuple(outcome for outcome in outcomes if outcome.status is OutcomeStatus.CHANGE)


def _opening(outcome: Outcome, as_of: date) -> tuple[date, ...]:
    """First days of periods that an outcome changes, as far as they are to come or only just past."""
    return tuple(
        adjustment.day
        for adjustment in outcome.adjustments
        if adjustment.day == adjustment.period_start and (as_of - adjustment.day).days <= LATE_OPENING
    )


def opened_day(outcomes: Iterable[Outcome], as_of: date) -> date | None:
    """The first day of the period that these changes open: most of them are dated on the first day of a period.
    None on an ordinary night."""
    moving = [outcome for outcome in outcomes if outcome.adjustments]
    opening = [found for outcome in moving if (found := _opening(outcome, as_of))]
    if not opening or len(opening) * 2 <= len(moving):
        return None
    days = Counter(day for found in opening for day in found)
    return max(days, key=lambda day: (days[day], day))


def opening_share(history: PlanHistory, opened: date, thresholds: Thresholds) -> Decimal:
    """The share of the lines that a plan may change which opens the period of that day. It is never below that of an
    ordinary night."""
    shares = [share for day, share in history.openings if day < opened][:OPENINGS]
    if len(shares) < OPENINGS:
        return thresholds.plan_opening_share
    middle = sorted(shares)[OPENINGS // 2 - 1 : OPENINGS // 2 + 1]
    median = (middle[0] + middle[1]) / 2
    return max(_TIMES_MEDIAN * median, thresholds.plan_share)


def plan_rail(
    outcomes: Iterable[Outcome], lines: int, as_of: date, history: PlanHistory, thresholds: Thresholds
) -> Reason | None:
    """Why no line of this plan may go by itself; None where the plan is no crowd.

    The sum since the month began counts each line once, and leaves out what a period's opening changes.
    """
    changing = [outcome for outcome in outcomes if outcome.status is OutcomeStatus.CHANGE]
    opened = opened_day(changing, as_of)
    share = thresholds.plan_share if opened is None else opening_share(history, opened, thresholds)
    if len(changing) > thresholds.plan_base and Decimal(len(changing)) > share * lines:
        return Reason.of("held.plan_share", changing=len(changing), lines=lines, share=share)
    steps = {outcome.line_id for outcome in changing if not _opening(outcome, as_of)}
    together = len(steps | history.changed) if steps else 0
    if together > thresholds.plan_base and Decimal(together) > thresholds.plan_period_share * lines:
        share = thresholds.plan_period_share
        return Reason.of("held.plan_share", changing=together, lines=lines, share=share, earlier=len(history.changed))
    return None
