"""The overview: the newest plan in numbers, how each module stands, and what was billed and used from day to day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from trueup.app.clock import usage_day
from trueup.app.items.twice import TwiceReport, twice
from trueup.app.overview.steps import StepState, steps_of
from trueup.app.plans.deeds import deeds_of
from trueup.app.plans.heads import PlanHead, newest_plan
from trueup.app.plans.left import left_of
from trueup.app.plans.ready import Readiness, readiness
from trueup.app.schedule.states import ModuleState, module_states
from trueup.app.unbilled.finding import UnbilledReport, unbilled
from trueup.app.workspace import Workspace
from trueup.store.plan_totals import PlanTotal

TREND_DAYS: Final = 92
SERVICES_SHOWN: Final = 6


@dataclass(frozen=True, slots=True)
class DayFigure:
    """A figure of one usage day; None where no plan was made for it."""

    day: date
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Trend:
    """A figure from day to day, gaps included. `name` is a service's, or the currency of amounts."""

    name: str
    days: tuple[DayFigure, ...]

    @property
    def known(self) -> int:
        """For how many days there is a figure."""
        return sum(one.value is not None for one in self.days)

    @property
    def last(self) -> Decimal | None:
        """The newest figure."""
        return next((one.value for one in reversed(self.days) if one.value is not None), None)


@dataclass(frozen=True, slots=True)
class Overview:
    """`late` says that no plan was made for the newest complete usage day; `totals` leave out changes
    that are written. `recurring` are amounts a month of all lines
    that follow usage, by currency; `units` of the services with the most units."""

    steps: tuple[StepState, ...]
    head: PlanHead | None
    late: bool
    totals: tuple[PlanTotal, ...]
    ready: Readiness
    modules: tuple[ModuleState, ...]
    unbilled: UnbilledReport | None
    twice: TwiceReport
    recurring: tuple[Trend, ...]
    units: tuple[Trend, ...]


def _trend(name: str, values: Mapping[date, Decimal], first: date, last: date) -> Trend:
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return Trend(name, tuple(DayFigure(day, values.get(day)) for day in days))


def _recurring(rows: Sequence[tuple[str, date, PlanTotal]], own: str | None, last: date) -> tuple[Trend, ...]:
    found: dict[str, dict[date, Decimal]] = {}
    for _, day, total in rows:
        of_day = found.setdefault(total.currency or own or "", {})
        of_day[day] = of_day.get(day, Decimal(0)) + total.recurring
    first = min((day for _, day, _ in rows), default=last)
    return tuple(_trend(currency, values, first, last) for currency, values in sorted(found.items()))


def _units(rows: Sequence[tuple[str, date, PlanTotal]], last: date) -> tuple[Trend, ...]:
    found: dict[str, dict[date, Decimal]] = {}
    names: dict[str, str] = {}
    for _, day, total in rows:
        names[total.key] = total.name
        of_day = found.setdefault(total.key, {})
        of_day[day] = of_day.get(day, Decimal(0)) + total.units_before
    first = min((day for _, day, _ in rows), default=last)
    largest = sorted(found, key=lambda key: (-max(found[key].values()), names[key]))[:SERVICES_SHOWN]
    return tuple(_trend(names[key], found[key], first, last) for key in largest)


def _figures(
    ws: Workspace,
) -> tuple[tuple[StepState, ...], PlanHead | None, bool, tuple[PlanTotal, ...], tuple[Trend, ...], tuple[Trend, ...]]:
    store = ws.store
    steps = steps_of(ws)
    settings = store.settings.get()
    head = newest_plan(ws)
    if head is None:
        return steps, None, False, (), (), ()
    with store.reading():
        last = head.plan.as_of
        since = last - timedelta(days=TREND_DAYS)
        plans = store.plan_totals.over_time("plan", since, TREND_DAYS)
        services = store.plan_totals.over_time("service", since, TREND_DAYS)
        late = last < usage_day(ws.now(), settings) - timedelta(days=1)
        deeds, totals = deeds_of(store, head.plan.id), store.plan_totals.of(head.plan.id)
        totals = left_of(store, head.plan.id, deeds, totals)
    return steps, head, late, totals, _recurring(plans, settings.currency, last), _units(services, last)


async def overview(ws: Workspace) -> Overview:
    """What the first screen says. Reads the store only."""
    steps, head, late, totals, recurring, units = await ws.step(_figures, ws)
    return Overview(
        steps=steps,
        head=head,
        late=late,
        totals=totals,
        ready=await readiness(ws),
        modules=await module_states(ws),
        unbilled=await unbilled(ws) if head is not None else None,
        twice=await twice(ws),
        recurring=recurring,
        units=units,
    )
