"""Words to set a scene with: a contract of Ateliers Morel in 2026, its unit rows, its usage by day, and a plan."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, Phase, settings

from trueup.core.contract import Contract, Customer, Line, PeriodType, Service, UnitRow
from trueup.core.dates.adjusting import PsaHabits
from trueup.core.outcome import Outcome
from trueup.core.period import BillingCalendar, calendar_of
from trueup.core.planning.line_plan import LineFacts, PlanContext, plan_line
from trueup.core.quantities.quantity import DayQuantity
from trueup.core.reason import Param
from trueup.core.rule import QuantityPolicy, Rule, RuleLevel, Timing, TimingPolicy
from trueup.core.usage import Coverage, DayUsage, MetricUsage, ScopeUsage

PROFILE = settings(
    deadline=None,
    phases=tuple(set(Phase) - {Phase.explain}),  # it traces every line for minutes once a case has failed
    derandomize=bool(os.environ.get("CI")),
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""One profile for every property of the planning core: the same examples in CI, no deadline."""

DESKTOP = "datto_rmm.desktop"
CUSTOMER = Customer("1", "Ateliers Morel")
SERVICE = Service("10", "Managed Workstation")
LINE = Line("1000", "100", "10", price=Decimal("12.00"))
AT_ONCE = TimingPolicy(decrease_settle_days=1)
MONTH_END = TimingPolicy(increase=Timing.NEXT_PERIOD, decrease=Timing.NEXT_PERIOD)


def day(text: str) -> date:
    """`11-12` is 12 November 2026; a text with a year is taken as it stands."""
    return date.fromisoformat(text if len(text) > 5 else f"2026-{text}")


def days(first: str, last: str) -> list[date]:
    start = day(first)
    return [start + timedelta(days=place) for place in range((day(last) - start).days + 1)]


def contract(
    start: str = "01-01", end: str | None = "12-31", period: PeriodType = PeriodType.MONTHLY, **changes: object
) -> Contract:
    made = Contract("100", "1", "Managed services", day(start), day(end) if end else None, period, currency="EUR")
    return replace(made, **changes)  # type: ignore[arg-type]


def row(first: str, last: str, units: int, posted: str | None = None) -> UnitRow:
    return UnitRow(day(first), day(last), units, posted=day(posted) if posted else None)


def autumn(units: int) -> tuple[UnitRow, ...]:
    """October (posted), November and December, one row each."""
    return (
        row("10-01", "10-31", units, posted="11-02"),
        row("11-01", "11-30", units),
        row("12-01", "12-31", units),
    )


def billing(of: Contract | None = None, rows: tuple[UnitRow, ...] = ()) -> BillingCalendar:
    return calendar_of(of or contract(), rows)


def measured(values: Mapping[date, int | str]) -> dict[date, DayQuantity]:
    return {on: DayQuantity(Decimal(value), Coverage.MEASURED) for on, value in values.items()}


def spread(*parts: tuple[str, str, int | str]) -> dict[date, int | str]:
    """Values by day from ranges: `("11-01", "11-11", 41)`."""
    return {on: value for first, last, value in parts for on in days(first, last)}


UNKNOWN = "unknown"


def seen(values: Mapping[date, int | str], metric: str = DESKTOP) -> ScopeUsage:
    """Usage of one metric: a number is measured, `~7` is a measured part of 7, `unknown` is a day without an answer."""
    found: list[DayUsage] = []
    for on, value in sorted(values.items()):
        text = str(value)
        if text == UNKNOWN:
            usage = MetricUsage(Decimal(0), Coverage.UNKNOWN)
        elif text.startswith("~"):
            usage = MetricUsage(Decimal(text[1:]), Coverage.PARTIAL)
        else:
            usage = MetricUsage(Decimal(text), Coverage.MEASURED)
        found.append(DayUsage(on, ((metric, usage),), f"items of {on} {text}"))
    return ScopeUsage(tuple(found), organizations=(("rmm", "morel"),))


def rule(
    timing: TimingPolicy | None = None, policy: QuantityPolicy | None = None, quantity: str = DESKTOP, **changes: object
) -> Rule:
    made = Rule(
        "r1",
        RuleLevel.SERVICE,
        "10",
        "10",
        quantity=quantity,
        policy=policy or QuantityPolicy(),
        timing=timing or TimingPolicy(),
        cutover=day("11-01"),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def line(rows: tuple[UnitRow, ...] | int = 41, of: Contract | None = None, **changes: object) -> LineFacts:
    """Line 1000 of Ateliers Morel; a number of units stands for the three rows of autumn."""
    found = autumn(rows) if isinstance(rows, int) else rows
    return replace(LineFacts(LINE, of or contract(), SERVICE, CUSTOMER, found), **changes)  # type: ignore[arg-type]


def planned(
    facts: LineFacts, usage: ScopeUsage, as_of: str, by: Rule | None = None, context: PlanContext | None = None
) -> Outcome:
    return plan_line(facts, by or rule(), usage, replace(context or PlanContext(day(as_of)), as_of=day(as_of)))


def sent(outcome: Outcome) -> list[tuple[str, int]]:
    """The adjustments as (`11-12`, +3)."""
    return [(f"{made.day:%m-%d}", made.change) for made in outcome.adjustments]


def codes(outcome: Outcome) -> list[str]:
    return [reason.code for reason in outcome.reasons]


def habits(posted_period: str = "unproven", same_day: str = "never") -> PlanContext:
    """A plan of 14 November for a PSA with these habits."""
    return PlanContext(day("11-14"), habits=PsaHabits(posted_period, same_day))


def notes(outcome: Outcome, code: str) -> list[Mapping[str, Param]]:
    """What the reasons of that code say."""
    return [reason.as_dict() for reason in outcome.reasons if reason.code == code]
