"""Ready to post? Which lines are undecided before a month is posted in the PSA, and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from trueup.app.clock import usage_day
from trueup.app.plans.browsing import PlanHead, head_of, with_rows
from trueup.app.workspace import Workspace
from trueup.core.period import Period, month_of
from trueup.store.journal import IntentState
from trueup.store.plan_projection import Part
from trueup.store.plan_rows import PlanWorth, RowFilter


@dataclass(frozen=True, slots=True)
class Readiness:
    """The answer for one month by the newest plan. `waiting` are lines that a person has to decide, `unwritten` changes
    that are not in the PSA yet, each by currency with their effect on the month; `written` of those are done since.
    `days_left` are days of the month that are not measured yet."""

    month: Period
    head: PlanHead | None
    waiting: tuple[PlanWorth, ...]
    unwritten: tuple[PlanWorth, ...]
    written: int
    days_left: int

    @property
    def undecided(self) -> int:
        """Lines that are not settled."""
        return sum(one.lines for one in (*self.waiting, *self.unwritten))

    @property
    def ready(self) -> bool:
        """Whether nothing is left to decide, write or measure."""
        return self.head is not None and not self.undecided and not self.days_left


def _readiness(ws: Workspace, day: date | None) -> Readiness:
    store = ws.store
    settings = store.settings.get()
    month = month_of(day or usage_day(ws.now(), settings))
    head = head_of(ws, None)
    measured = min(head.plan.as_of, month.end) if head is not None else month.start
    left = (month.end - measured).days
    if head is None:
        return Readiness(month, None, (), (), 0, left)
    with_rows(store, head.plan.id)
    with store.reading():
        worth = store.plan_rows.worth(head.plan.id, RowFilter((Part.WAITS, Part.CHANGES)), until=month.end)
        done = {one.line_id for one in store.journal.of_plan(head.plan.id) if one.state is IntentState.DONE}
        open_lines = {one.line_id for one in store.journal.of_plan(head.plan.id) if one.state is not IntentState.DONE}
        settled = sorted(done - open_lines)
        minus: tuple[PlanWorth, ...] = ()
        if settled:
            wanted = RowFilter((Part.WAITS, Part.CHANGES), lines=tuple(settled))
            minus = store.plan_rows.worth(head.plan.id, wanted, until=month.end)
    rest = [_less(one, minus) for one in worth]
    rest = [one for one in rest if one.lines]
    return Readiness(
        month,
        head,
        tuple(one for one in rest if one.part is Part.WAITS),
        tuple(one for one in rest if one.part is Part.CHANGES),
        sum(one.lines for one in minus),
        left,
    )


def _less(one: PlanWorth, minus: tuple[PlanWorth, ...]) -> PlanWorth:
    for other in minus:
        if (other.part, other.currency) == (one.part, one.currency):
            return PlanWorth(
                one.part,
                one.currency,
                one.lines - other.lines,
                one.customers,
                one.monthly - other.monthly,
                one.amount - other.amount,
            )
    return one


async def readiness(ws: Workspace, day: date | None = None) -> Readiness:
    """Whether the month that holds a day (this usage day's unless given) is ready to be posted."""
    return await ws.step(_readiness, ws, day)
