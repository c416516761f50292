"""Taking back what a run wrote: the opposite of each change, on the earliest day that the PSA still takes.

An adjustment cannot be deleted, only countered. The opposite stands on the same date where this PSA takes a second
change there, else on the next free day; days that are posted keep what was billed, and what that costs is said.
See docs/decisions/0075-undo-is-a-plan.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from trueup.core.contract import DAY, UnitRow, UnitStep, level_on, units_on
from trueup.core.dates.adjusting import Adjusted, LineUnits, adjust, money_steps
from trueup.core.dates.read_back import Shown, shown_by
from trueup.core.dates.timing import LevelPath
from trueup.core.digest import digest, psa_digest
from trueup.core.money import per_month, prorated
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.period import BillingCalendar, calendar_of
from trueup.core.planning.line_plan import LineFacts, PlanContext
from trueup.core.reason import Reason
from trueup.core.rule import Mode, TimingPolicy

EDITED = "undo_edited"
"""Name under which a person releases the undo of a line that somebody else changed after the run."""


@dataclass(frozen=True, slots=True)
class Written:
    """One change of a run that is done and still in force: its number in the journal, its date, its units."""

    intent: int
    day: date
    change: int


@dataclass(frozen=True, slots=True)
class UndoCase:
    """One line of a run to take back.

    `before` are the steps that the PSA showed before the run's first change, `shown` those after our newest change of
    the line, whichever run made it. `later_run` is a run that changed the line afterwards and is still in force;
    `half_undone` says that an earlier undo was written in part.
    """

    facts: LineFacts
    run: str
    written: tuple[Written, ...]
    before: tuple[UnitStep, ...]
    shown: tuple[UnitStep, ...]
    later_run: str | None = None
    half_undone: bool = False
    read_only: bool = False


def money_between(change: int, price: Decimal, first: date, last: date, billing: BillingCalendar) -> Decimal:
    """What a change bills on the days `first` .. `last`, both inclusive, each period's part rounded to the cent."""
    total, day = Decimal(0), first
    while day <= last:
        period = billing.period_of(day)
        total += prorated(change, price, day, period)
        if last < period.end:
            total -= prorated(change, price, last + DAY, period)
        day = period.end + DAY
    return total


def _blank(case: UndoCase, context: PlanContext) -> Outcome:
    facts = case.facts
    return Outcome(
        line_id=facts.line.id,
        status=OutcomeStatus.HELD,
        customer_id=facts.customer.id,
        contract_id=facts.contract.id,
        service_id=facts.service.id,
        before=units_on(facts.rows, context.as_of),
        after=None,
        effective=None,
        currency=facts.contract.currency,
        price=facts.line.price,
        period_months=int(facts.contract.period),
        cutover=facts.known.cutover if facts.known else None,
        meaning=facts.known.meaning if facts.known else "",
        rule_cutover=facts.known.rule_cutover if facts.known else None,
        mode=(Mode.READ_ONLY if case.read_only else Mode.MANUAL).value,  # an undo never goes by itself
        customer_name=facts.customer.name,
        contract_name=facts.contract.name,
        service_name=facts.service.name,
    )


def _closed_until(rows: tuple[UnitRow, ...], context: PlanContext) -> date | None:
    """The last day that cannot be changed any more: before what was read, or posted by a PSA that is not known to bill
    a change there; None where every day of the rows may be changed."""
    closed = min(row.start for row in rows) - DAY if rows else None
    if context.habits.posted_period != "proration_item":
        posted = [row.end for row in rows if row.posted is not None]
        closed = max([*posted, *([closed] if closed else [])], default=None)
    return closed


def _cost(case: UndoCase, billing: BillingCalendar, last: date) -> Decimal | None:
    """What the run's changes of the line bill up to `last`."""
    price = case.facts.line.price
    if price is None:
        return None
    parts = (money_between(one.change, price, one.day, last, billing) for one in case.written if one.day <= last)
    return sum(parts, Decimal(0))


def _kept(case: UndoCase, closed: date, billing: BillingCalendar) -> tuple[Reason, ...]:
    """What stays billed on days that cannot be changed any more, one note for each change."""
    price = case.facts.line.price
    return tuple(
        Reason.of(
            "note.undo_closed",
            day=one.day,
            until=closed,
            change=one.change,
            amount=None if price is None else money_between(one.change, price, one.day, closed, billing),
        )
        for one in case.written
        if one.day <= closed
    )


def _opposite(case: UndoCase, closed: date | None) -> LevelPath:
    """The units of the rows with the run's changes taken out again, from the first day that may be changed."""
    first_open = closed + DAY if closed else date.min
    moves: dict[date, int] = {}
    for one in case.written:
        day = max(one.day, first_open)
        moves[day] = moves.get(day, 0) - one.change
    first = min(moves)
    days = {*moves, *(row.start for row in case.facts.rows if row.start > first)}
    steps = tuple(
        UnitStep(day, units_on(case.facts.rows, day) + sum(change for on, change in moves.items() if on <= day))
        for day in sorted(days)
    )
    return LevelPath(first, steps, steps[-1].start)


def _levels(facts: LineFacts, adjusted: Adjusted) -> tuple[tuple[UnitStep, ...], date | None]:
    """The settled levels of the line with the undo in them, so that the next plan takes it for ours."""
    known = facts.known
    if known is None or known.until is None or not known.levels:
        return (), None
    days = {step.start for step in known.levels}
    days |= {made.day for made in adjusted.adjustments if made.day > known.levels[0].start}
    steps = tuple(
        UnitStep(
            day,
            level_on(known.levels, day) + sum(made.change for made in adjusted.adjustments if made.day <= day),
        )
        for day in sorted(days)
    )
    return steps, known.until


def _stopped(case: UndoCase, context: PlanContext, billing: BillingCalendar) -> Reason | None:
    """What no person can release: the line has to be settled, or a later run taken back, first."""
    facts = case.facts
    day = case.written[0].day if case.written else context.as_of
    if facts.unsettled:
        return Reason.of("held.unsettled")
    if case.half_undone:
        return Reason.of("held.undo_half_done", run=case.run, day=day)
    if case.later_run is not None:
        cost = _cost(case, billing, billing.period_of(context.as_of).end)
        return Reason.of("held.undo_later_run", run=case.run, later=case.later_run, day=day, amount=cost)
    end = facts.contract.end
    if end is not None and end < context.as_of:
        return Reason.of("held.undo_contract_ended", end=end, day=day, amount=_cost(case, billing, end))
    return None


def plan_undo(case: UndoCase, context: PlanContext) -> Outcome:
    """What the undo plan says about one line, before guard rails. Problems are outcomes, never exceptions."""
    outcome = _decided(case, context)
    facts = case.facts
    psa = psa_digest(facts.line, facts.contract, facts.rows)
    inputs = digest(
        psa,
        "undo",
        case.run,
        [one.intent for one in case.written],
        outcome.status.value,
        [[made.day, made.change, made.amount] for made in outcome.adjustments],
    )
    return replace(outcome, psa_digest=psa, digest=inputs)


def waiting_where_edited(outcome: Outcome) -> Outcome:
    """The outcome behind the guard rails, held where somebody else changed the line after the run."""
    if outcome.status is OutcomeStatus.CHANGE and EDITED in outcome.releasable:
        return replace(outcome, status=OutcomeStatus.HELD)
    return outcome


def _decided(case: UndoCase, context: PlanContext) -> Outcome:
    facts, blank = case.facts, _blank(case, context)
    billing = calendar_of(facts.contract, facts.rows, facts.sibling_rows)
    stopped = _stopped(case, context, billing)
    if stopped is not None:
        return replace(blank, reasons=(stopped,))
    first = min(one.day for one in case.written)
    shown = shown_by(facts.rows, first, case.before, case.shown)
    if shown is Shown.BEFORE:
        return replace(
            blank, status=OutcomeStatus.NONE, reasons=(Reason.of("none.undone_by_hand", run=case.run, day=first),)
        )
    closed = _closed_until(facts.rows, context)
    kept = () if closed is None else _kept(case, closed, billing)
    path = _opposite(case, closed)
    adjusted = adjust(
        path,
        LineUnits(facts.rows, used_dates=facts.used_dates),
        facts.line.id,
        facts.line.price,
        facts.contract,
        billing,
        TimingPolicy(),
        context.habits,
    )
    outcome = _with_changes(blank, facts, billing, adjusted)
    notes = (*adjusted.notes, *kept)
    if adjusted.holds or not adjusted.adjustments:
        cost = _cost(case, billing, billing.period_of(context.as_of).end)
        nothing = Reason.of("held.undo_no_open_day", run=case.run, day=first, amount=cost)
        return replace(outcome, reasons=(*(adjusted.holds or (nothing,)), *notes))
    if shown is Shown.OTHER:
        last = max(made.day for made in adjusted.adjustments)
        edited = Reason.of(
            "held.undo_edited",
            run=case.run,
            day=last,
            expected=level_on(case.shown, last),
            found=units_on(facts.rows, last),
        )
        return replace(
            outcome, status=OutcomeStatus.CHANGE, reasons=(edited, *notes), releasable=(EDITED,)
        )  # held by `waiting_where_edited`, behind the rails
    change = sum(made.change for made in adjusted.adjustments)
    taken = Reason.of("change.undo", run=case.run, change=change, day=first)
    return replace(outcome, status=OutcomeStatus.CHANGE, reasons=(taken, *notes))


def _with_changes(blank: Outcome, facts: LineFacts, billing: BillingCalendar, adjusted: Adjusted) -> Outcome:
    made = adjusted.adjustments
    if not made:
        return blank
    change = sum(one.change for one in made)
    after = units_on(facts.rows, made[-1].day) + change
    levels, until = _levels(facts, adjusted)
    months = billing.months or int(facts.contract.period)
    priced = facts.line.price is not None
    return replace(
        blank,
        before=after - change,
        after=after,
        effective=made[0].day,
        adjustments=made,
        expected=adjusted.expected,
        levels=levels,
        decided_until=until,
        amount=sum((one.amount or Decimal(0) for one in made), Decimal(0)) if priced else None,
        recurring=per_month(sum((one.recurring or Decimal(0) for one in made), Decimal(0)), months) if priced else None,
        steps=money_steps(adjusted),
    )
