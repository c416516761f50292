"""How long before a period begins it is usually approved and posted, told by the marks on unit rows.

A decision for the next period that falls after its posting finds a posted row, which is never rewritten. Such a rule
wants `cutoff_days` (design section 6).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trueup.core.contract import Contract, UnitRow
from trueup.core.period import calendar_of
from trueup.core.rule import Rule, Timing

BOUND = (Timing.NEXT_PERIOD, Timing.NEXT_MONTH)


@dataclass(frozen=True, slots=True)
class PostedEarly:
    """Of `posted` periods, `early` were posted before the decision about them; `cutoff_days` would have come first."""

    posted: int
    early: int
    cutoff_days: int


def is_bound(rule: Rule) -> bool:
    """Whether a rule decides for a period or month before that begins."""
    return not rule.exclude and (rule.timing.increase in BOUND or rule.timing.decrease in BOUND)


def posted_early(lines: Iterable[tuple[Rule, Contract, tuple[UnitRow, ...]]]) -> PostedEarly | None:
    """What the posted rows of lines with such rules say; None where no period of theirs is posted.

    A decision is written in the night after its usage day, so on the morning of the period's first day, or as many
    days before as `cutoff_days` says. A period that was posted on that very day was posted after it.
    """
    leads = [(lead, rule.timing.cutoff_days) for rule, contract, rows in lines for lead in _leads(rule, contract, rows)]
    if not leads:
        return None
    early = [lead for lead, cutoff in leads if lead > cutoff]
    return PostedEarly(len(leads), len(early), max(early, default=0))


def _leads(rule: Rule, contract: Contract, rows: tuple[UnitRow, ...]) -> list[int]:
    """Days from posting to the first day of each posted period that the rule decides about before it begins.

    A month inside a quarter or year lies in a row that was posted long before, whatever the cut-off: it says nothing.
    """
    billing = calendar_of(contract, rows)
    by_period = Timing.NEXT_PERIOD in (rule.timing.increase, rule.timing.decrease)
    return [
        (row.start - row.posted).days
        for row in rows
        if row.posted is not None
        and row.start > contract.start
        and billing.period_of(row.start).start == row.start
        and (by_period or row.start.day == 1)
    ]
