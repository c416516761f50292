"""Ready to post? Which lines are undecided before a month is posted in the PSA, and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from trueup.app.clock import usage_day
from trueup.app.plans.deeds import PlanDeeds, deeds_of
from trueup.app.plans.heads import PlanHead, newest_plan
from trueup.app.workspace import Workspace
from trueup.core.period import Period, month_of
from trueup.core.settings import TenantSettings
from trueup.store.plan_projection import Part
from trueup.store.plan_rows import PlanWorth, RowFilter
from trueup.store.plan_totals import PlanDue


@dataclass(frozen=True, slots=True)
class Readiness:
    """The answer for one month by the newest plan. `waiting` are lines that a person has to decide, `unwritten` changes
    that are not in the PSA yet, each by currency with their effect on the month; `written` of those are done since.
    `days_left` are days of the month that are not measured yet."""

    month: Period
    head: PlanHead | None
    waiting: tuple[PlanDue, ...]
    unwritten: tuple[PlanDue, ...]
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


def readiness_of(
    ws: Workspace, head: PlanHead | None, deeds: PlanDeeds, settings: TenantSettings, day: date | None = None
) -> Readiness:
    """The answer by a plan whose rows are at hand, and by what was done with it; a part of a step."""
    month = month_of(day or usage_day(ws.now(), settings))
    if head is None:
        return Readiness(month, None, (), (), 0, (month.end - month.start).days)
    left = (month.end - min(head.plan.as_of, month.end)).days
    finished, store = deeds.finished(), ws.store
    done: tuple[PlanWorth, ...] = ()
    if finished:
        wanted = RowFilter((Part.WAITS, Part.CHANGES), lines=finished)
        done = store.plan_rows.worth(head.plan.id, wanted, until=month.end)
    rest = [left_of for one in store.plan_totals.due(head.plan.id, month.end) if (left_of := _less(one, done)).lines]
    return Readiness(
        month,
        head,
        tuple(one for one in rest if one.part is Part.WAITS),
        tuple(one for one in rest if one.part is Part.CHANGES),
        sum(one.lines for one in done),
        left,
    )


def _readiness(ws: Workspace, day: date | None) -> Readiness:
    head = newest_plan(ws)
    with ws.store.reading():
        deeds = PlanDeeds((), ()) if head is None else deeds_of(ws.store, head.plan.id)
        return readiness_of(ws, head, deeds, ws.store.settings.get(), day)


def _less(one: PlanDue, done: tuple[PlanWorth, ...]) -> PlanDue:
    for other in done:
        if (other.part, other.currency) == (one.part, one.currency):
            return PlanDue(
                one.part,
                one.currency,
                one.lines - other.lines,
                one.monthly - other.monthly,
                one.amount - other.amount,
            )
    return one


async def readiness(ws: Workspace, day: date | None = None) -> Readiness:
    """Whether the month that holds a day (this usage day's unless given) is ready to be posted."""
    return await ws.step(_readiness, ws, day)
