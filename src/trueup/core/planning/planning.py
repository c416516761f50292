"""A whole plan: every line planned alone, then what can only be seen together (ambiguity, guard rails, checksum)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from trueup.core.by_hand.contested import ContestFacts, held_if_contested
from trueup.core.contract import units_on
from trueup.core.counting.shared_usage import Claim, meeting
from trueup.core.digest import digest
from trueup.core.money import per_month
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.period import calendar_of
from trueup.core.planning.bonds import bonds_of, bound
from trueup.core.planning.line_plan import LineFacts, PlanContext, plan_line
from trueup.core.quantities.mirroring import copies_of, mirrored
from trueup.core.rails.adoption import with_choices
from trueup.core.rails.guard import RailFacts, Release, UnclearWrite, apply_rails
from trueup.core.rails.module_rail import ModuleTotal
from trueup.core.rails.period_start import WrittenChange, units_at_start
from trueup.core.rails.plan_rail import PlanHistory
from trueup.core.rails.thresholds import RailChoices
from trueup.core.rails.two_persons import second_approval
from trueup.core.reason import Reason
from trueup.core.rule import Rule
from trueup.core.settings import BesideSettings, Thresholds
from trueup.core.undo.undone import Undone, with_undone
from trueup.core.usage import ScopeUsage


@dataclass(frozen=True, slots=True)
class LineCase:
    """One line that a rule governs, with the usage of the rule's scope and the connections that it comes from.
    `counts_by` are the definitions that its quantity rests on, by name and digest. `copies` are the lines that a mirror
    may copy in turn: the one of its rule, and those that go on for it."""

    facts: LineFacts
    rule: Rule
    usage: ScopeUsage
    connections: frozenset[str] = frozenset()
    counts_by: tuple[tuple[str, str], ...] = ()
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """All that a plan is made from. `thresholds` are the tenant's base, `choices` what was set over it; `written` are
    the changes of each line that Trueup has written; `agreed` is what each line counted by when it was last agreed
    with (name and digest of each definition); `clashed` the lines whose last write nobody found done or not done;
    `currency` is the tenant's."""

    cases: tuple[LineCase, ...]
    context: PlanContext
    thresholds: Thresholds
    totals: tuple[ModuleTotal, ...] = ()
    releases: tuple[Release, ...] = ()
    onboarding: tuple[tuple[str, date], ...] = ()
    undone: Mapping[str, Undone] = field(default_factory=dict)
    contests: Mapping[str, ContestFacts] = field(default_factory=dict)
    beside: BesideSettings = field(default_factory=BesideSettings)
    choices: RailChoices = field(default_factory=RailChoices)
    written: Mapping[str, tuple[WrittenChange, ...]] = field(default_factory=dict)
    history: PlanHistory = field(default_factory=PlanHistory)
    agreed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    clashed: Mapping[str, UnclearWrite] = field(default_factory=dict)
    currency: str | None = None


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
    sharing: dict[tuple[str, tuple[str, str], str], dict[str, Claim]] = defaultdict(dict)
    for case in cases:
        if case.facts.contract.covers(as_of):
            line, share = case.facts.line.id, case.rule.share
            for usage in set(_billed(case, as_of)):
                sharing[usage][line] = Claim(f"group {share.group}" if share else line, case.usage)
    found: dict[str, set[str]] = defaultdict(set)
    for (_, organization, _), claims in sharing.items():
        for line, others in meeting(organization, claims).items():
            found[line].update(others)
    return {line: tuple(sorted(others)) for line, others in found.items()}


def _named(cases: Iterable[LineCase], lines: Iterable[str]) -> str:
    """Candidates as a person looks for them: the contract's name, and the line's id."""
    names = {case.facts.line.id: case.facts.contract.name for case in cases}
    return ", ".join(f"{names[line]} [{line}]" for line in lines)


def _monthly(
    cases: Iterable[LineCase], units: Mapping[str, int], prices: Mapping[str, tuple[Decimal, int]]
) -> Mapping[tuple[str, str | None], Decimal]:
    """Recurring amount per month of each customer, by currency, for the given units of each line."""
    totals: dict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    for case in cases:
        line = case.facts.line.id
        if line in prices:
            price, months = prices[line]
            amount = per_month(price * units.get(line, 0), months)
            totals[case.facts.customer.id, case.facts.contract.currency] += amount
    return totals


def _period_units(facts: PlanFacts) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for case in facts.cases:
        line = case.facts
        renewed = line.renews or line.next_line is not None
        if renewed and not line.contract.covers(facts.context.as_of):
            continue  # of a renewed line only the contract in force counts
        billing = calendar_of(line.contract, line.rows, line.sibling_rows)
        written = facts.written.get(line.line.id, ())
        began = units_at_start(line.rows, billing, facts.context.as_of, written)
        if began is not None:
            found[line.line.id] = began
    return found


def _prices(cases: Iterable[LineCase]) -> Mapping[str, tuple[Decimal, int]]:
    """Price per unit and months of the period of each line that has a price."""
    return {
        case.facts.line.id: (
            case.facts.line.price,
            calendar_of(case.facts.contract, case.facts.rows, case.facts.sibling_rows).months
            or int(case.facts.contract.period),
        )
        for case in cases
        if case.facts.line.price is not None
    }


def _line_thresholds(facts: PlanFacts, tenant: Thresholds) -> Mapping[str, Thresholds]:
    """Thresholds of the lines that have some of their own, or of their service."""
    found: dict[str, Thresholds] = {}
    for case in facts.cases:
        own = facts.choices.of_line(tenant, case.facts.service.id, case.facts.line.id)
        if own is not tenant:
            found[case.facts.line.id] = own
    return found


def _redefined(facts: PlanFacts) -> Mapping[str, str]:
    """Lines that count by another definition than when they were last agreed with: line -> what was defined anew."""
    found: dict[str, str] = {}
    for case in facts.cases:
        before = facts.agreed.get(case.facts.line.id, {})
        names = [name for name, digest in case.counts_by if before.get(name, digest) != digest]
        if names:
            found[case.facts.line.id] = ", ".join(names)
    return found


def _for_two(outcome: Outcome, facts: PlanFacts, rails: RailFacts) -> Outcome:
    """The outcome marked where two persons have to approve it."""
    limits = facts.choices.second_approval_above()
    if not limits:
        return outcome
    priced = rails.prices.get(outcome.line_id)
    since: Decimal | None = None
    if priced is not None and outcome.before is not None and outcome.after is not None:
        began = rails.period_units.get(outcome.line_id, outcome.before)
        since = per_month(priced[0] * (outcome.after - began), priced[1])
    reason = second_approval(outcome, limits, facts.currency, since)
    return outcome if reason is None else replace(outcome, reasons=(*outcome.reasons, reason))


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
    planned = mirrored(facts.cases, outcomes, facts.context)
    planned = tuple(held_if_contested(one, facts.contests.get(one.line_id), as_of, facts.beside) for one in planned)
    rules = {case.facts.line.id: case.rule for case in facts.cases}
    railed = with_undone(planned, facts.undone, rules, facts.releases, as_of, lambda some: behind_rails(some, facts))
    return tuple(sealed(with_choices(outcome)) for outcome in together(railed, facts))


def together(
    outcomes: tuple[Outcome, ...], facts: PlanFacts, among: frozenset[str] | None = None
) -> tuple[Outcome, ...]:
    """Outcomes of lines with every change held that may not go alone; `facts` are those of all lines with a rule.

    A plan that is about some lines only (an undo) asks `among` these alone.
    """
    as_of = facts.context.as_of
    now = {case.facts.line.id: units_on(case.facts.rows, as_of) for case in facts.cases}
    bonds = bonds_of(facts.cases, copies_of(facts.cases, as_of), as_of)
    if among is not None:
        bonds = tuple(bond.among(among) for bond in bonds)
    return bound(outcomes, bonds, now, facts.releases)


def behind_rails(outcomes: tuple[Outcome, ...], facts: PlanFacts) -> tuple[Outcome, ...]:
    """Outcomes of lines behind every guard rail, in their order; `facts` are those of all lines that a rule governs."""
    as_of = facts.context.as_of
    began = _period_units(facts)
    prices = _prices(facts.cases)
    tenant = facts.choices.of_tenant(facts.thresholds)
    now = {case.facts.line.id: units_on(case.facts.rows, as_of) for case in facts.cases}
    rails = RailFacts(
        period_units=began,
        customer_monthly=_monthly(facts.cases, now, prices),
        customer_began=_monthly(facts.cases, began, prices),
        uses={case.facts.line.id: case.connections for case in facts.cases},
        totals=facts.totals,
        releases=facts.releases,
        onboarding=frozenset(customer for customer, until in facts.onboarding if as_of <= until),
        line_thresholds=_line_thresholds(facts, tenant),
        lines_with_rules=len(facts.cases),
        as_of=as_of,
        prices=prices,
        history=facts.history,
        redefined=_redefined(facts),
        clashed=facts.clashed,
    )
    counts_by = {case.facts.line.id: case.counts_by for case in facts.cases}
    return tuple(
        replace(_for_two(outcome, facts, rails), counts_by=counts_by.get(outcome.line_id, ()))
        for outcome in apply_rails(outcomes, rails, tenant)
    )


def sealed(outcome: Outcome) -> Outcome:
    """The digest closed over the final status, so that a release shows."""
    return replace(outcome, digest=digest(outcome.digest, outcome.status.value, list(outcome.releasable)))


def with_evidence(outcome: Outcome, evidence: str) -> Outcome:
    """An outcome bound to the items behind it: their digest is part of its own."""
    return replace(outcome, evidence=evidence, digest=digest(outcome.digest, evidence))


def checksum_of(outcomes: Iterable[Outcome], as_of: date) -> str:
    """The plan's checksum: over the digests of its outcomes, whatever their order."""
    return digest(as_of, sorted(f"{outcome.line_id}:{outcome.digest}" for outcome in outcomes))
