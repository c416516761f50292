"""The plan of one line: usage by day -> quantity -> level -> dated adjustments -> an outcome with its reasons.

This is the one place where the chain runs. Preview, apply, explanation and simulation all call it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.by_hand.edits import (
    Edit,
    edits_in,
    follows_from,
    none_reason,
    policy_of,
    settled_edit,
    standing,
    take_back_notes,
    taken_back,
    with_kept,
)
from trueup.core.contract import DAY, Contract, Customer, Line, Service, UnitRow, level_on, units_on
from trueup.core.dates.adjusting import Adjusted, LineUnits, PsaHabits, adjust, money_steps
from trueup.core.dates.line_life import ended_by, first_day, life_notes, not_begun
from trueup.core.dates.rule_change import first_billable_day, meaning_of
from trueup.core.dates.succession import NextLine
from trueup.core.dates.timing import LevelPath
from trueup.core.digest import Part, digest, psa_digest, usage_part
from trueup.core.expression import ExpressionError, parse
from trueup.core.late.catch_up import (
    after_posted,
    basis_of,
    caught_up_notes,
    owed_before,
    owed_in_posted,
    owed_notes,
    reckoned_from,
    reopened_days,
)
from trueup.core.late.owed import OwedPeriod
from trueup.core.money import per_month
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.period import BillingCalendar, calendar_of
from trueup.core.planning.misfit import fits_a_psa, misfit_of
from trueup.core.planning.usage_told import fully_known, moves_told, source_notes, usage_steps
from trueup.core.quantities.day_quantities import Quantities
from trueup.core.quantities.quantity import DayQuantity, Quantity
from trueup.core.quantities.wanted_days import wanted_by_day
from trueup.core.reason import Reason
from trueup.core.rule import Basis, DriftPolicy, Mode, Rule
from trueup.core.usage import ScopeUsage


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One line with everything around it. `sibling_rows` are the rows of another line of the same contract; `known` is
    None where no plan has agreed yet; `unsettled`: a write is unclear. `renews`: it goes on for one of an earlier
    contract, `next_line` where it goes on itself; `unclear_before`: earlier lines with rules of their own, not told
    apart. `payer` is a name. `appeared` is the usage day on which the line was first seen, where it was not there from
    the beginning. `corrections` are days of its usage that came late or again, `long_usage` its usage further back
    where one of them needs it, `unbilled` the days of its open catch-up entries, `missed` what is to be said of days
    that its sources missed. `stale_days` replaces the plan's number."""

    line: Line
    contract: Contract
    service: Service
    customer: Customer
    rows: tuple[UnitRow, ...] = ()
    sibling_rows: tuple[UnitRow, ...] = ()
    known: KnownUnits | None = None
    used_dates: frozenset[date] = frozenset()
    unsettled: bool = False
    renews: bool = False
    next_line: NextLine | None = None
    unclear_before: tuple[str, ...] = ()
    payer: str | None = None
    corrections: tuple[Reason, ...] = ()
    long_usage: ScopeUsage | None = None
    unbilled: tuple[tuple[date, date], ...] = ()
    missed: tuple[Reason, ...] = ()
    appeared: date | None = None
    stale_days: int | None = None


@dataclass(frozen=True, slots=True)
class PlanContext:
    """What holds for a whole plan: its usage day, the first day whose unit rows were read, how the PSA behaves, how
    old a last value may be, who writes, which metrics are guesses, and what people call them."""

    as_of: date
    first_day: date = date.min
    habits: PsaHabits = field(default_factory=PsaHabits)
    stale_days: int = 3
    mode: Mode = Mode.MANUAL
    drift: DriftPolicy = DriftPolicy.WAIT
    guessed_metrics: frozenset[str] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Worked:
    path: LevelPath
    adjusted: Adjusted
    latest: Quantity
    billing: BillingCalendar
    owed: tuple[OwedPeriod, ...] = ()
    reopened: tuple[tuple[date, date], ...] = ()
    basis: str = ""
    stands: bool = False


def _span(facts: LineFacts, rule: Rule, billing: BillingCalendar, context: PlanContext) -> date:
    """First day whose change may still be dated: from the cut-over on, no earlier than the period before, and on no day
    before the line's own first one. It lies ahead where the line or the cut-over does."""
    as_of = context.as_of
    cutover = first_billable_day(rule, facts.known, as_of)
    before = billing.period_of(billing.period_of(as_of).start - DAY).start
    begins = first_day(facts.contract, facts.rows, context.first_day, facts.appeared)
    return max(cutover, before, begins, context.first_day)


def _work(
    facts: LineFacts,
    rule: Rule,
    daily: Mapping[date, DayQuantity],
    context: PlanContext,
    units: LineUnits,
    usage: ScopeUsage,
    follow: LevelPath | None = None,
    edits: tuple[Edit, ...] = (),
) -> _Worked:
    billing = calendar_of(facts.contract, facts.rows, facts.sibling_rows)
    first = _span(facts, rule, billing, context)
    days = wanted_by_day(rule, daily, billing, first, context.as_of, facts.stale_days or context.stale_days)
    stands_to = follows_from(facts.known, days.wanted, first, context.as_of)
    if stands_to is not None:
        first = max(first, min(stands_to, context.as_of))
        days = wanted_by_day(rule, daily, billing, first, context.as_of, facts.stale_days or context.stale_days)
    start = units.settled_on(first)
    owed: tuple[OwedPeriod, ...] = ()
    price = facts.line.price
    basis = basis_of(rule, usage)
    known = facts.known if units.agreed_until is not None and follow is None and stands_to is None else None
    since = reckoned_from(known, basis, facts.corrections, facts.contract.start, first)
    if since is not None and known is not None:  # a correction of days that cannot be dated any more
        before = wanted_by_day(rule, daily, billing, since, context.as_of, facts.stale_days or context.stale_days)
        long = before.path(rule.timing, billing, since, level_on(known.levels, since))
        start, owed = long.on(first), owed_before(long, known, first, billing, facts.corrections)
    path = days.path(rule.timing, billing, first, start) if follow is None else follow.after(first)
    path = not_begun(path, context.as_of)
    stands = stands_to is not None and stands_to > context.as_of
    path = taken_back(standing(context.as_of, units) if stands else path, facts.known, edits)
    if facts.next_line is not None and facts.next_line.line_id is not None and facts.contract.end is not None:
        path = ended_by(path, facts.contract.end)
    opens = first
    if context.habits.posted_period == "refuse":
        owed = (*owed, *owed_in_posted(path, units, billing, price, facts.corrections))
        opens = after_posted(facts.rows, first)
    units = replace(units, unbilled=reopened_days(facts.unbilled, facts.rows, opens))
    adjusted = adjust(path, units, facts.line.id, price, facts.contract, billing, rule.timing, context.habits)
    return _Worked(path, adjusted, days.wanted[context.as_of], billing, owed, units.unbilled, basis, stands)


def _blank(facts: LineFacts, rule: Rule, context: PlanContext) -> Outcome:
    return Outcome(
        line_id=facts.line.id,
        status=OutcomeStatus.NONE,
        customer_id=facts.customer.id,
        contract_id=facts.contract.id,
        service_id=facts.service.id,
        before=units_on(facts.rows, max(context.as_of, facts.contract.start)),
        after=None,
        effective=None,
        currency=facts.contract.currency,
        price=facts.line.price,
        period_months=int(facts.contract.period),
        first_time=facts.known is None or not facts.known.adopted,
        cutover=first_billable_day(rule, facts.known, context.as_of),
        meaning=meaning_of(rule),
        rule_cutover=rule.cutover,
        rule_id=rule.id,
        mode=(rule.mode or context.mode).value,
        customer_name=facts.customer.name,
        contract_name=facts.contract.name,
        service_name=facts.service.name,
    )


def _held(blank: Outcome, *reasons: Reason, status: OutcomeStatus = OutcomeStatus.HELD) -> Outcome:
    return replace(blank, status=status, reasons=reasons)


def _life_notes(facts: LineFacts) -> tuple[Reason, ...]:
    return life_notes(facts.contract, facts.next_line, facts.payer)


def _concluded(
    blank: Outcome, facts: LineFacts, worked: _Worked, usage: ScopeUsage, rule: Rule, edits: tuple[Edit, ...]
) -> Outcome:
    adjusted = worked.adjusted
    after = worked.path.steps[-1].units
    months = worked.billing.months or int(facts.contract.period)
    change = sum(adjustment.change for adjustment in adjusted.adjustments)
    full = sum((adjustment.recurring or Decimal(0) for adjustment in adjusted.adjustments), Decimal(0))
    amount = sum((adjustment.amount or Decimal(0) for adjustment in adjusted.adjustments), Decimal(0))
    moved = bool(adjusted.adjustments)
    first = adjusted.adjustments[0] if moved else None
    before = blank.before if not moved else after - change
    outcome = replace(
        blank,
        before=before,
        after=after,
        period_months=months,
        effective=first.day if first else None,
        adjustments=adjusted.adjustments,
        expected=adjusted.expected,
        levels=worked.path.steps,
        decided_until=worked.path.decided_until,
        recurring=per_month(full, months) if moved and facts.line.price is not None else None,
        amount=amount if moved and facts.line.price is not None else None,
        steps=(*usage_steps(rule, usage, worked.latest.source_day), *worked.latest.steps, *money_steps(adjusted)),
        basis=worked.basis,
        owed=worked.owed,
        reopened=worked.reopened,
    )
    waiting = worked.stands or (bool(worked.path.pending) and not moved)
    outcome = with_kept(outcome, facts.known, worked.path.first, waiting=waiting)
    notes = (
        *adjusted.notes,
        *caught_up_notes((one.day for one in outcome.adjustments), facts.corrections),
        *owed_notes(outcome.owed, outcome.reopened),
        *source_notes(usage),
        *facts.missed,
        *_life_notes(facts),
    )
    differs = moved or bool(worked.path.pending) or (bool(edits) and edits[-1].day > worked.path.decided_until)
    if edits and rule.drift is not DriftPolicy.TAKE_BACK and differs:
        names = ("drift",) if moved else ()
        return replace(outcome, status=OutcomeStatus.DRIFT, reasons=(edits[0].reason, *notes), releasable=names)
    if moved and adjusted.holds:
        return replace(
            outcome, status=OutcomeStatus.HELD, reasons=(*adjusted.holds, *notes), releasable=_names(adjusted)
        )
    if moved:
        word = "change.increase" if change > 0 else "change.decrease" if change < 0 else "change.dates"
        back = take_back_notes(edits)
        return replace(outcome, status=OutcomeStatus.CHANGE, reasons=(Reason.of(word, change=change), *back, *notes))
    if adjusted.holds:
        return replace(outcome, status=OutcomeStatus.HELD, reasons=(*adjusted.holds, *notes))
    if worked.path.pending:
        held = worked.path.pending[0].code.startswith("held.")
        status = OutcomeStatus.HELD if held else OutcomeStatus.SCHEDULED
        return replace(outcome, status=status, reasons=(*worked.path.pending, *notes))
    nothing = none_reason(after, edits, outcome.kept)
    if nothing.code == "none.right" and not fully_known(usage):
        nothing = Reason.of("none.keeps", units=after)
    return replace(outcome, status=OutcomeStatus.NONE, reasons=(nothing, *notes))


_RELEASABLE_HOLDS = ("held.posted_unproven", "held.period_assumed", "held.future_steps")


def _names(adjusted: Adjusted) -> tuple[str, ...]:
    """Names of the holds if a person may release all of them, else none."""
    codes = [hold.code for hold in adjusted.holds]
    if any(code not in _RELEASABLE_HOLDS for code in codes):
        return ()
    return tuple(dict.fromkeys(code.removeprefix("held.") for code in codes))


def _before_usage(facts: LineFacts, usage: ScopeUsage, context: PlanContext) -> tuple[Reason, OutcomeStatus] | None:
    """What stops a line before its quantity is looked at."""
    if usage.unmapped:
        return Reason.of("unmapped.module", modules=", ".join(usage.unmapped)), OutcomeStatus.UNMAPPED
    if context.as_of < facts.contract.start and not facts.renews:
        return Reason.of("held.contract_not_started", start=facts.contract.start), OutcomeStatus.HELD
    if facts.unclear_before:
        lines = ", ".join(facts.unclear_before)
        return Reason.of("held.renewal_unclear", lines=lines, contract=facts.contract.name), OutcomeStatus.HELD
    if facts.unsettled:
        return Reason.of("held.unsettled"), OutcomeStatus.HELD
    return None


def _ended(
    facts: LineFacts,
    rule: Rule,
    usage: ScopeUsage,
    daily: Mapping[date, DayQuantity],
    context: PlanContext,
    blank: Outcome,
) -> Outcome:
    """A line whose contract is over: nothing can be dated on it any more, and its final usage is shown.

    It is done with where the line of the next contract goes on and no change of its own days is missing.
    """
    end = facts.contract.end or context.as_of
    known = facts.known
    units = LineUnits(facts.rows, known.levels if known else (), known.until if known else None, facts.used_dates)
    final = _work(facts, rule, daily, replace(context, as_of=end), units, usage)
    level = units_on(facts.rows, end)
    wanted = final.path.on(end) if final.path.first <= end else level
    shown = replace(
        blank,
        before=level,
        after=None if final.latest.units is None or not fits_a_psa(wanted) else wanted,
        steps=(*usage_steps(rule, usage, final.latest.source_day), *final.latest.steps),
    )
    missing = sum(one.change for one in final.adjusted.adjustments if one.day <= end)
    next_line = facts.next_line
    if next_line is not None and next_line.line_id is not None and not missing:
        reason = Reason.of("none.renewed", contract=next_line.contract_name, line=next_line.line_id, end=end)
        return replace(shown, status=OutcomeStatus.NONE, after=level, reasons=(reason, *_life_notes(facts)))
    ended = Reason.of("held.contract_ended", end=end, units=level, wanted=final.latest.units)
    return _held(shown, ended, *_life_notes(facts))


def _decide(
    facts: LineFacts, rule: Rule, usage: ScopeUsage, context: PlanContext, blank: Outcome, follow: LevelPath | None
) -> Outcome:
    stopped = _before_usage(facts, usage, context)
    if stopped is not None:
        shown = () if usage.unmapped else usage_steps(rule, usage, None)
        return _held(replace(blank, steps=shown), stopped[0], *_life_notes(facts), status=stopped[1])
    try:
        daily = Quantities(parse(rule.quantity)).by_day(facts.long_usage or usage)
    except ExpressionError as error:
        reason = Reason.of("held.expression", error=error.code, position=error.position, text=rule.quantity)
        return _held(blank, reason)
    if facts.contract.end is not None and facts.contract.end < context.as_of:
        return _ended(facts, rule, usage, daily, context, blank)
    edits = edits_in(facts.known, facts.rows) if facts.known else ()
    policy = policy_of(facts.known, edits, rule, context.drift)
    agreed = facts.known if not edits else None
    settled = (agreed.levels, agreed.until) if agreed else ((), None)
    units = LineUnits(facts.rows, *settled, facts.used_dates)
    back = edits if policy is DriftPolicy.TAKE_BACK else ()
    worked = _work(facts, rule, daily, context, units, usage, follow, back)
    months = worked.billing.months or int(facts.contract.period)
    misfit = misfit_of(rule.timing, months, worked.path.steps)
    if misfit is not None:
        return _held(blank, misfit)
    problem = worked.latest.problem or Reason.of("held.unmeasured")
    too_much = problem.code == "held.group_excess"  # earlier days of the group wait too, so that it is seen
    if worked.latest.units is None and (too_much or not worked.adjusted.adjustments):
        waits = problem.code.startswith("scheduled.") or (
            rule.policy.basis is Basis.AVERAGE
            and problem.code == "held.too_few_days"
            and worked.billing.period_of(context.as_of).end != context.as_of
        )
        status = OutcomeStatus.SCHEDULED if waits else OutcomeStatus.HELD
        return _held(blank, problem, *source_notes(usage), *facts.missed, status=status)
    moved = bool(worked.adjusted.adjustments or worked.path.pending)
    let_be = settled_edit(blank, facts.rows, edits, policy, worked.latest.units, context.as_of, moved=moved)
    return let_be or _concluded(blank, facts, worked, usage, replace(rule, drift=policy), edits)


def plan_line(
    facts: LineFacts, rule: Rule, usage: ScopeUsage, context: PlanContext, follow: LevelPath | None = None
) -> Outcome:
    """What the plan says about one line, before guard rails. Problems are outcomes, never exceptions.

    `follow` are the levels of the line that this one mirrors; they stand in for levels of its own.
    """
    blank = _blank(facts, rule, context)
    outcome = _decide(facts, rule, usage, context, blank, follow)
    if outcome.adjustments:
        steps = moves_told(outcome.steps, usage, outcome.adjustments[0].day, context.labels)
        outcome = replace(outcome, steps=steps)
    falls = any(adjustment.change < 0 for adjustment in outcome.adjustments)
    if usage.left and (falls or outcome.status is OutcomeStatus.SCHEDULED):
        left = Reason.of("held.customer_left", organizations=", ".join(usage.left))
        outcome = replace(
            outcome,
            status=OutcomeStatus.HELD,
            reasons=(left, *outcome.reasons),
            releasable=(*outcome.releasable, "customer_left"),
        )
    guessed = any(name in context.guessed_metrics for day in usage.days[-1:] for name, _ in day.metrics)
    psa = psa_digest(facts.line, facts.contract, facts.rows)
    inputs: tuple[Part, ...] = (
        psa,
        rule.id,
        rule.version,
        outcome.status.value,
        usage_part(usage.days),
        [[adjustment.day, adjustment.change, adjustment.amount] for adjustment in outcome.adjustments],
        [[one.period_start, one.unit_days, one.amount] for one in outcome.owed],
        [list(span) for span in outcome.reopened],
    )
    return replace(outcome, guessed=guessed, psa_digest=psa, digest=digest(*inputs))
