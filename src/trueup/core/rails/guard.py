"""Guard rails: what must not be written without a person's word, each with its numbers (design section 7).

A rail turns a change into a held outcome that names the rail. Releasing is bound to line, target and date and
ends when one of them changes; there is no global force.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from trueup.core.money import per_month
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.rails.module_rail import ModuleTotal, module_rails
from trueup.core.rails.plan_rail import PlanHistory, plan_rail
from trueup.core.reason import Reason
from trueup.core.settings import Thresholds

__all__ = ["ModuleTotal", "RailFacts", "Release", "UnclearWrite", "apply_rails", "customer_rails", "hold", "line_rails"]


@dataclass(frozen=True, slots=True)
class Release:
    """A person's word that one held change may go: the rail by name, the line, its target units and its date."""

    rail: str
    line_id: str
    after: int
    effective: date


@dataclass(frozen=True, slots=True)
class UnclearWrite:
    """A change that was sent for a date without a clear answer."""

    day: date
    change: int


@dataclass(frozen=True, slots=True)
class RailFacts:
    """What the rails need to know beside the outcomes.

    `period_units`: units of each line when its period began, so that small steps cannot add up unseen.
    `customer_monthly`: recurring amount per month of each customer, by currency; `customer_began` the same when the
    lines' periods began. `uses`: which connections feed a
    line. `onboarding`: customers whose rises are not held. `line_thresholds`: a line's own numbers (its own, its
    service's), else the tenant's. `as_of`: the planned usage day. `prices`: price per unit and months of the
    billing period of each line that has one. `history`: what earlier plans did. `redefined`: lines that count by
    another definition than when they were last agreed with, and what was defined anew. `clashed`: lines whose last
    write got no clear answer and was then read back as neither done nor not done, with that write.
    """

    period_units: Mapping[str, int]
    customer_monthly: Mapping[tuple[str, str | None], Decimal]
    uses: Mapping[str, frozenset[str]]
    customer_began: Mapping[tuple[str, str | None], Decimal] = field(default_factory=dict)
    totals: tuple[ModuleTotal, ...] = ()
    releases: tuple[Release, ...] = ()
    onboarding: frozenset[str] = frozenset()
    line_thresholds: Mapping[str, Thresholds] | None = None
    lines_with_rules: int = 0
    as_of: date = date.min
    prices: Mapping[str, tuple[Decimal, int]] = field(default_factory=dict)
    history: PlanHistory = field(default_factory=PlanHistory)
    redefined: Mapping[str, str] = field(default_factory=dict)
    clashed: Mapping[str, UnclearWrite] = field(default_factory=dict)


def _change_of(outcome: Outcome) -> int:
    return sum(adjustment.change for adjustment in outcome.adjustments)


def _move_reasons(before: int, after: int, rules: Thresholds) -> Iterable[Reason]:
    if before == after:
        return
    if after == 0 and before > 0 and rules.line_to_zero:
        yield Reason.of("held.to_zero", before=before, after=after)
        return
    fall = before - after
    if fall > 0 and before >= rules.line_fall_base and Decimal(fall) > rules.line_fall_share * before:
        yield Reason.of("held.fall_more_than_half", before=before, after=after, share=rules.line_fall_share)
        return
    base = Decimal(before if before > 0 else abs(after))
    if abs(fall) > rules.line_move_units and Decimal(abs(fall)) > rules.line_move_share * base:
        yield Reason.of(
            "held.large_move", before=before, after=after, share=rules.line_move_share, units=rules.line_move_units
        )


def _amount_reasons(outcome: Outcome, before: int, after: int, facts: RailFacts, rules: Thresholds) -> Iterable[Reason]:
    """The line's rail in money: its recurring amount per month from `before` to `after` units."""
    priced = facts.prices.get(outcome.line_id)
    if rules.line_amount is None or priced is None:
        return
    price, months = priced
    move = per_month(price * (after - before), months)
    if abs(move) > rules.line_amount:
        yield Reason.of("held.line_amount", move=move, limit=rules.line_amount, currency=outcome.currency)


def line_rails(outcome: Outcome, facts: RailFacts, thresholds: Thresholds) -> tuple[Reason, ...]:
    """Rails of one line, against the units before this change and against those when the period began."""
    rules = (facts.line_thresholds or {}).get(outcome.line_id, thresholds)
    if outcome.before is None or outcome.after is None:
        return ()
    if outcome.customer_id in facts.onboarding and outcome.after > outcome.before:
        return ()
    before, after = outcome.before, outcome.after
    began = facts.period_units.get(outcome.line_id, before)
    further = began != before and (after - before) * (after - began) > 0
    units = tuple(_move_reasons(before, after, rules))
    if not units and further:
        units = tuple(_move_reasons(began, after, rules))
    money = tuple(_amount_reasons(outcome, before, after, facts, rules))
    if not money and further:
        money = tuple(_amount_reasons(outcome, began, after, facts, rules))
    return (*units, *money)


def customer_rails(
    outcomes: Iterable[Outcome], facts: RailFacts, thresholds: Thresholds
) -> Mapping[tuple[str, str | None], Reason]:
    """Customers whose recurring amount per month would move too far, by currency."""
    moves: dict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    for outcome in outcomes:
        if outcome.status is OutcomeStatus.CHANGE:
            moves[outcome.customer_id, outcome.currency] += outcome.recurring or Decimal(0)
    held: dict[tuple[str, str | None], Reason] = {}
    for key, move in moves.items():
        customer, currency = key
        now = facts.customer_monthly.get(key, Decimal(0))
        if customer in facts.onboarding and move > 0:
            continue
        began = facts.customer_began.get(key, now)
        for base, moved in ((now, move), (began, now + move - began)):
            same_way = moved * move > 0
            if same_way and _too_far(moved, base, thresholds):
                held[key] = Reason.of("held.customer_amount", now=base, move=moved, currency=currency)
                break
    return held


def _too_far(move: Decimal, base: Decimal, thresholds: Thresholds) -> bool:
    return abs(move) > thresholds.customer_amount and abs(move) > thresholds.customer_share * abs(base)


def _rail_name(reason: Reason) -> str:
    return reason.code.removeprefix("held.")


def _released(outcome: Outcome, reason: Reason, releases: frozenset[Release]) -> bool:
    if outcome.after is None or outcome.effective is None:
        return False
    return Release(_rail_name(reason), outcome.line_id, outcome.after, outcome.effective) in releases


def hold(outcome: Outcome, reasons: Iterable[Reason], releases: frozenset[Release]) -> Outcome:
    """The outcome held for those reasons that nobody has released; unchanged where all are released."""
    waiting = tuple(reason for reason in reasons if not _released(outcome, reason, releases))
    if not waiting:
        return outcome
    names = tuple(dict.fromkeys((*outcome.releasable, *(_rail_name(reason) for reason in waiting))))
    return replace(outcome, status=OutcomeStatus.HELD, reasons=(*waiting, *outcome.reasons), releasable=names)


def apply_rails(outcomes: tuple[Outcome, ...], facts: RailFacts, thresholds: Thresholds) -> tuple[Outcome, ...]:
    """All rails over a plan's outcomes; only changes can become held, everything else stays as it is."""
    releases = frozenset(facts.releases)
    customers = customer_rails(outcomes, facts, thresholds)
    modules = module_rails(facts.totals, thresholds)
    lines = facts.lines_with_rules or len(outcomes)
    crowd = plan_rail(outcomes, lines, facts.as_of, facts.history, thresholds)

    def reasons_for(outcome: Outcome) -> Iterable[Reason]:
        yield from line_rails(outcome, facts, thresholds)
        customer = customers.get((outcome.customer_id, outcome.currency))
        if customer is not None:
            yield customer
        rises = _change_of(outcome) > 0
        welcome = rises and outcome.customer_id in facts.onboarding
        for connection in sorted(facts.uses.get(outcome.line_id, frozenset())):
            module = modules.get((connection, rises))
            if module is not None and not welcome:
                yield module
        if crowd is not None:
            yield crowd
        redefined = facts.redefined.get(outcome.line_id)
        if redefined is not None:
            yield Reason.of("held.definition_changed", names=redefined)
        clash = facts.clashed.get(outcome.line_id)
        if clash is not None and not any(reason.code == "note.edit_taken_back" for reason in outcome.reasons):
            yield Reason.of("held.after_conflict", day=clash.day, change=clash.change)

    return _each_change(outcomes, lambda outcome: hold(outcome, tuple(reasons_for(outcome)), releases))


def _each_change(outcomes: tuple[Outcome, ...], treat: Callable[[Outcome], Outcome]) -> tuple[Outcome, ...]:
    return tuple(treat(outcome) if outcome.status is OutcomeStatus.CHANGE else outcome for outcome in outcomes)
