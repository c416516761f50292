"""A whole plan: every line planned alone, then what can only be seen together (ambiguity, guard rails, checksum)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from trueup.core.bonds import bonds_of, bound
from trueup.core.contract import units_on
from trueup.core.digest import digest
from trueup.core.guard import ModuleTotal, RailFacts, Release, apply_rails
from trueup.core.line_plan import LineFacts, PlanContext, plan_line
from trueup.core.mirroring import mirrored
from trueup.core.money import per_month
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.period import calendar_of
from trueup.core.reason import Reason
from trueup.core.rule import Rule
from trueup.core.settings import Thresholds
from trueup.core.undone import Undone, with_undone
from trueup.core.usage import ScopeUsage


@dataclass(frozen=True, slots=True)
class LineCase:
    """One line that a rule governs, with the usage of the rule's scope and the connections that it comes from."""

    facts: LineFacts
    rule: Rule
    usage: ScopeUsage
    connections: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """All that a plan is made from."""

    cases: tuple[LineCase, ...]
    context: PlanContext
    thresholds: Thresholds
    totals: tuple[ModuleTotal, ...] = ()
    releases: tuple[Release, ...] = ()
    onboarding: tuple[tuple[str, date], ...] = ()
    undone: Mapping[str, Undone] = field(default_factory=dict)


def _billed(case: LineCase, as_of: date) -> Iterable[tuple[str, tuple[str, str], str]]:
    """What a line bills: its service and its exclusive group, each organization of its scope, each metric of its
    expression. A line that is fixed at zero bills nothing, and a mirror only what the line that it copies bills."""
    fixed = case.rule.override
    if case.rule.mirror is not None or (fixed is not None and fixed.units == 0 and fixed.covers(as_of)):
        return
    places = [case.facts.service.id]
    if case.rule.exclusive:
        places.append(f"exclusive {case.rule.exclusive}")
    metrics = [name for day in case.usage.days[-1:] for name, _ in day.metrics]
    for organization in case.usage.organizations:
        for metric in metrics:
            for place in places:
                yield place, organization, metric


def _ambiguous(cases: Iterable[LineCase], as_of: date) -> Mapping[str, tuple[str, ...]]:
    """Lines of one service or exclusive group in force on the same day that share some usage, unless an allocation
    group shares it out among them: line id -> all candidates."""
    sharing: dict[tuple[str, tuple[str, str], str], dict[str, str]] = defaultdict(dict)
    for case in cases:
        if case.facts.contract.covers(as_of):
            line, share = case.facts.line.id, case.rule.share
            for usage in set(_billed(case, as_of)):
                sharing[usage][line] = f"group {share.group}" if share else line
    found: dict[str, set[str]] = defaultdict(set)
    for lines in sharing.values():
        if len(set(lines.values())) > 1:
            for line in lines:
                found[line].update(lines)
    return {line: tuple(sorted(others)) for line, others in found.items()}


def _named(cases: Iterable[LineCase], lines: Iterable[str]) -> str:
    """Candidates as a person looks for them: the contract's name, and the line's id."""
    names = {case.facts.line.id: case.facts.contract.name for case in cases}
    return ", ".join(f"{names[line]} [{line}]" for line in lines)


def _monthly(cases: Iterable[LineCase], units: Mapping[str, int]) -> Mapping[tuple[str, str | None], Decimal]:
    """Recurring amount per month of each customer, by currency, for the given units of each line."""
    totals: dict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    for case in cases:
        facts = case.facts
        if facts.line.price is None:
            continue
        months = calendar_of(facts.contract, facts.rows, facts.sibling_rows).months or int(facts.contract.period)
        amount = per_month(facts.line.price * units.get(facts.line.id, 0), months)
        totals[facts.customer.id, facts.contract.currency] += amount
    return totals


def _period_units(cases: Iterable[LineCase], as_of: date) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for case in cases:
        facts = case.facts
        renewed = facts.renews or facts.next_line is not None
        if renewed and not facts.contract.covers(as_of):
            continue  # of a renewed line only the contract in force counts
        if facts.rows:
            period = calendar_of(facts.contract, facts.rows, facts.sibling_rows).period_of(as_of)
            found[facts.line.id] = units_on(facts.rows, max(period.start, facts.rows[0].start))
    return found


def _opens_period(outcomes: Iterable[Outcome]) -> bool:
    changing = [outcome for outcome in outcomes if outcome.status is OutcomeStatus.CHANGE]
    opening = sum(
        1
        for outcome in changing
        if any(adjustment.day == adjustment.period_start for adjustment in outcome.adjustments)
    )
    return opening * 2 > len(changing)


def plan_outcomes(facts: PlanFacts) -> tuple[Outcome, ...]:
    """One outcome for each case, in the order of the cases."""
    as_of = facts.context.as_of
    ambiguous = _ambiguous(facts.cases, as_of)
    outcomes: list[Outcome] = []
    for case in facts.cases:
        outcome = plan_line(case.facts, case.rule, case.usage, facts.context)
        candidates = ambiguous.get(case.facts.line.id)
        if candidates and outcome.status in (OutcomeStatus.CHANGE, OutcomeStatus.NONE, OutcomeStatus.SCHEDULED):
            reason = Reason.of(
                "held.ambiguous", lines=", ".join(candidates), candidates=_named(facts.cases, candidates)
            )
            outcome = replace(
                outcome, status=OutcomeStatus.HELD, reasons=(reason,), adjustments=(), expected=(), releasable=()
            )
        outcomes.append(outcome)
    planned, copies = mirrored(facts.cases, outcomes, facts.context)
    rules = {case.facts.line.id: case.rule for case in facts.cases}
    railed = with_undone(planned, facts.undone, rules, facts.releases, as_of, lambda some: behind_rails(some, facts))
    now = {case.facts.line.id: units_on(case.facts.rows, as_of) for case in facts.cases}
    whole = bound(railed, bonds_of(facts.cases, copies, as_of), now, facts.releases)
    return tuple(sealed(outcome) for outcome in whole)


def behind_rails(outcomes: tuple[Outcome, ...], facts: PlanFacts) -> tuple[Outcome, ...]:
    """Outcomes of lines behind every guard rail, in their order; `facts` are those of all lines that a rule governs."""
    as_of = facts.context.as_of
    began = _period_units(facts.cases, as_of)
    now = {case.facts.line.id: units_on(case.facts.rows, as_of) for case in facts.cases}
    rails = RailFacts(
        period_units=began,
        customer_monthly=_monthly(facts.cases, now),
        customer_began=_monthly(facts.cases, began),
        uses={case.facts.line.id: case.connections for case in facts.cases},
        totals=facts.totals,
        releases=facts.releases,
        onboarding=frozenset(customer for customer, until in facts.onboarding if as_of <= until),
        lines_with_rules=len(facts.cases),
        period_opens=_opens_period(outcomes),
    )
    return apply_rails(outcomes, rails, facts.thresholds)


def sealed(outcome: Outcome) -> Outcome:
    """The digest closed over the final status, so that a release shows."""
    return replace(outcome, digest=digest(outcome.digest, outcome.status.value, list(outcome.releasable)))


def checksum_of(outcomes: Iterable[Outcome], as_of: date) -> str:
    """The plan's checksum: over the digests of its outcomes, whatever their order."""
    return digest(as_of, sorted(f"{outcome.line_id}:{outcome.digest}" for outcome in outcomes))
