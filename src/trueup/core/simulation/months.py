"""The months of a played line: its units and money under the simulated rule, beside those that were billed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from trueup.core.amounts import amount_of_days
from trueup.core.contract import DAY, UnitRow, units_on
from trueup.core.dates.timing import days_between
from trueup.core.outcome import Outcome
from trueup.core.period import Period, calendar_of, month_of
from trueup.core.planning.line_plan import LineFacts
from trueup.core.reason import Reason
from trueup.core.simulation.replay import can_be_said, waits_for_a_person
from trueup.core.simulation.simulation import SimulatedMonth
from trueup.core.usage import Coverage, ScopeUsage


@dataclass(frozen=True, slots=True)
class PlayedMonth:
    """What the plan at the end of a month said of a line, and the usage that it said it from."""

    outcome: Outcome
    usage: ScopeUsage


def months_between(first: date, last: date) -> Iterator[Period]:
    """Each calendar month from that of `first` to that of `last`, cut to these days."""
    day = first
    while day <= last:
        month = month_of(day)
        yield Period(day, min(month.end, last))
        day = month.end + DAY


def simulated_months(
    facts: LineFacts,
    billed: tuple[UnitRow, ...],
    played: tuple[UnitRow, ...],
    plans: Mapping[date, PlayedMonth],
    span: Period,
) -> tuple[SimulatedMonth, ...]:
    """A line's months in `span`, from its rows as they were billed and as played. `plans` are those at the
    end of each month, by its last day; a month that the contract does not reach is left out."""
    found: list[SimulatedMonth] = []
    for days in months_between(span.start, span.end):
        first, last = max(days.start, facts.contract.start), min(days.end, facts.contract.end or days.end)
        if first <= last:
            found.append(_month(facts, billed, played, plans.get(days.end), Period(first, last)))
    return tuple(found)


def _month(
    facts: LineFacts,
    billed: tuple[UnitRow, ...],
    played: tuple[UnitRow, ...],
    plan: PlayedMonth | None,
    days: Period,
) -> SimulatedMonth:
    price, billing = facts.line.price, calendar_of(facts.contract, billed, facts.sibling_rows)
    unsaid = _unsaid(billed, plan, days)
    at_todays_price = tuple(replace(row, amount=None) for row in billed)
    amounts = [amount_of_days(rows, price, billing, days.start, days.end) for rows in (at_todays_price, played)]
    return SimulatedMonth(
        month=days.start.replace(day=1),
        billed_units=units_on(billed, days.end),
        simulated_units=None if unsaid else units_on(played, days.end),
        billed=amounts[0],
        simulated=None if unsaid else amounts[1],
        unknown_days=days.days - (_measured(plan.usage, days) if plan else 0),
        reasons=unsaid or (_held(plan.outcome, days) if plan else ()),
    )


def _unsaid(billed: tuple[UnitRow, ...], plan: PlayedMonth | None, days: Period) -> tuple[Reason, ...]:
    """Why nothing can be said of the month; empty where something can."""
    if not any(row.start <= days.end and days.start <= row.end for row in billed):
        return (Reason.of("simulate.no_rows", first=days.start, last=days.end),)
    if plan is None:
        return (Reason.of("simulate.not_planned", day=days.end),)
    return () if can_be_said(plan.outcome) else plan.outcome.reasons


def _held(outcome: Outcome, days: Period) -> tuple[Reason, ...]:
    """The rails that held a change of these days."""
    mine = any(one.day <= days.end for one in outcome.adjustments)
    return tuple(one for one in outcome.reasons if _is_rail(one)) if waits_for_a_person(outcome) and mine else ()


def _is_rail(reason: Reason) -> bool:
    return reason.code.startswith(("held.", "drift."))


def _measured(usage: ScopeUsage, days: Period) -> int:
    known = {day.day for day in usage.days if day.coverage is Coverage.MEASURED}
    return sum(1 for day in days_between(days.start, days.end) if day in known)
