"""How long each kind of data is kept, in whole calendar months; None keeps it for good.

The audit trail, rules, mappings, writes and the plans behind them have no age here: they are the record itself
(docs/decisions/0177-how-long-data-are-kept.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from trueup.core.period import add_months


class Kept(StrEnum):
    """What has an age: `usage` (readings and items of past days, and what replaced them), `plans` (lines of plans that
    nothing was written of, and the items behind them), `simulations` that nobody put in force, `notices` that are over,
    `pushes` (events as modules sent them) and `runs` that wrote nothing."""

    USAGE = "usage"
    PLANS = "plans"
    SIMULATIONS = "simulations"
    NOTICES = "notices"
    PUSHES = "pushes"
    RUNS = "runs"


SHORTEST: Final[Mapping[Kept, int]] = {
    Kept.USAGE: 26,  # the period before a yearly one that is open, and the days that a decision may look back
    Kept.PLANS: 2,
    Kept.SIMULATIONS: 2,
    Kept.NOTICES: 2,
    Kept.PUSHES: 2,
    Kept.RUNS: 2,
}
LONGEST: Final = 1200


@dataclass(frozen=True, slots=True)
class Retention:
    """Months that each kind is kept after the one that is running; None: for good."""

    usage: int | None = None
    plans: int | None = 13
    simulations: int | None = 13
    notices: int | None = 13
    pushes: int | None = 13
    runs: int | None = 25

    def months(self, kind: Kept) -> int | None:
        """Months of one kind."""
        found: int | None = getattr(self, kind.value)
        return found


def oldest_kept(months: int, today: date) -> date:
    """The first day that is kept."""
    return add_months(today.replace(day=1), -months)
