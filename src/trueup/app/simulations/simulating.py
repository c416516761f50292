"""Rules tried on past months: the plans that would have been made, beside what the PSA billed.

Each month is planned on its last day by the code that makes plans (`Assembly`, `plan_outcomes`), with the tried rules
in the place of the saved ones, and what a plan says is played into the next. Usage comes from the store, unit rows from
the PSA, which keeps those of past periods; nothing is written there.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from trueup.app.connections.known_psa import lines_known
from trueup.app.counting.item_metrics import wrong
from trueup.app.errors import failed
from trueup.app.plans.assembling import Assembly, Memory, PlanDays, UsageSide, plan_days
from trueup.app.plans.planning import newest_day, usage_side
from trueup.app.plans.renewals import RenewalsSeen, renewals_seen
from trueup.app.rulebook.drafting import drafted, looked_up, refuse_counted_twice
from trueup.app.rulebook.rule_draft import RuleDraft
from trueup.app.usage.source_age import oldest_age
from trueup.app.workspace import Workspace
from trueup.core.contract import DAY, Line, PsaSnapshot, UnitRow
from trueup.core.period import Period, add_months, month_of
from trueup.core.planning.planning import LineCase, PlanFacts, plan_outcomes
from trueup.core.quantities.allocation import AllocationGroup
from trueup.core.rails.thresholds import RailChoices, ThresholdLevel
from trueup.core.reason import Reason
from trueup.core.rule import Rule
from trueup.core.settings import TenantSettings
from trueup.core.simulation.months import PlayedMonth, months_between, simulated_months
from trueup.core.simulation.replay import PlayedLines, at_the_start, played_on
from trueup.core.simulation.simulation import SimulatedLine, Simulation
from trueup.store.tenant_store import TenantStore

USUAL_MONTHS: Final = 3
"""How many whole months are looked at where nobody says which."""

MOST_MONTHS: Final = 24

_SETTLING: Final = timedelta(days=31)
"""How long after the last month its last changes may need to stand before they are dated."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """The tried rules and what they stand in for, before the PSA is asked."""

    rules: tuple[Rule, ...]
    in_force: tuple[Rule, ...]
    services: frozenset[str]
    settings: TenantSettings
    span: Period
    as_of: date
    usage_first: date
    lines: tuple[Line, ...]


def rules_of_services(rules: Iterable[Rule], services: frozenset[str]) -> tuple[Rule, ...]:
    """The rules in force for some services, by id: what a simulation of one of them rests on."""
    return tuple(sorted((one for one in rules if one.service_id in services), key=lambda one: one.id))


def services_around(rules: Iterable[Rule], tried: Iterable[Rule]) -> frozenset[str]:
    """The services of the tried rules, and those whose lines copy theirs or are exclusive with them."""
    mine = list(tried)
    found = {one.service_id for one in mine}
    exclusive = {one.exclusive for one in mine if one.exclusive}
    for rule in rules:
        if rule.exclusive in exclusive or (rule.mirror is not None and rule.mirror.service_id in found):
            found.add(rule.service_id)
    return frozenset(found)


def _span(as_of: date, first: date | None, last: date | None) -> Period:
    """The days of the months asked for: whole ones, and of the present month what has been."""
    until = month_of(last).start if last else add_months(month_of(as_of).start, -1)
    since = month_of(first).start if first else add_months(until, 1 - USUAL_MONTHS)
    if until > as_of:
        raise wrong("simulate.month_to_come", month=until, newest=as_of)
    if since > until:
        raise wrong("simulate.months_backwards", first=since, last=until)
    months = (until.year - since.year) * 12 + until.month - since.month + 1
    if months > MOST_MONTHS:
        raise wrong("simulate.too_many_months", months=months, most=MOST_MONTHS)
    return Period(since, min(month_of(until).end, as_of))


def _tried(ws: Workspace, draft: RuleDraft) -> Rule:
    made = drafted(ws, draft)
    refuse_counted_twice(made, draft)
    return made.rule


def _begin(ws: Workspace, drafts: Sequence[RuleDraft], first: date | None, last: date | None) -> _Begun:
    store = ws.store
    with store.reading():
        settings = store.settings.get()
        as_of = newest_day(store, settings, ws)
        span = _span(as_of, first, last)
        tried = tuple(_tried(ws, draft) for draft in drafts)
        if len({one.id for one in tried}) < len(tried):
            raise wrong("simulate.place_twice")
        in_force = store.rules.list()
        services = services_around(in_force, tried)
        days = plan_days(span.start, settings, (*in_force, *tried), oldest_age(store))
        reach = days.first - days.usage_first
        contracts = {one.id: one for one in store.psa.contracts(with_gone=True)}
        lines = [
            line
            for line in store.psa.lines(with_gone=True)
            if line.service_id in services
            and (contract := contracts.get(line.contract_id)) is not None
            and contract.start <= span.end
            and (contract.end is None or contract.end >= span.start)
        ]
    return _Begun(tried, in_force, services, settings, span, as_of, span.start - reach, tuple(lines))


_NEVER: Final = Decimal("Infinity")


class _Past:
    """What is known of the past, and the plans that it would have led to."""

    def __init__(self, ws: Workspace, begun: _Begun, rows: Mapping[str, tuple[UnitRow, ...]]) -> None:
        self.ws = ws
        self.begun = begun
        self.billed = rows
        instead = {one.id for one in begun.rules}
        others = (one for one in begun.in_force if one.id not in instead)
        self.rules = tuple(replace(one, cutover=begun.span.start) for one in (*others, *begun.rules))
        self.last = min(begun.as_of, begun.span.end + _SETTLING)
        store: TenantStore = ws.store
        with store.reading():
            span = PlanDays(self.last, begun.span.start, self.last, begun.usage_first)
            self.usage = usage_side(store, span, self.rules)
            self.groups: tuple[AllocationGroup, ...] = store.groups.list()
            self.choices = store.rails.choices()
            self.snapshot = PsaSnapshot(
                ws.now(),
                begun.span.start,
                self.last,
                store.psa.customers(with_gone=True),
                store.psa.contracts(with_gone=True),
                store.psa.services(with_gone=True),
                begun.lines,
                tuple(rows.items()),
            )
            self.renewals: RenewalsSeen = renewals_seen(store, self.snapshot, ws.now())

    def nights(self) -> Iterator[tuple[date, date]]:
        """The days that are planned, each with the first day that its plan may date: the last day of each month, and
        one more for the changes that stand only later."""
        back = timedelta(days=self.begun.settings.lookback_days)
        ends = [month.end for month in months_between(self.begun.span.start, self.begun.span.end)]
        before = self.begun.span.start
        for day in (*ends, self.last) if self.last > ends[-1] else ends:
            yield day, max(self.begun.span.start, before - back)
            before = day

    def _usage_on(self, day: date) -> UsageSide:
        """Usage as it was known on a day: nobody had left yet who left later, and no failure of today was there."""
        gone = {place: since for place, since in self.usage.history.gone.items() if since <= day}
        return replace(self.usage, history=replace(self.usage.history, gone=gone, failures={}, evidence={}), totals=())

    def facts(self, day: date, first: date, lines: PlayedLines) -> PlanFacts:
        """What the plan of a day is made from. Rails that look at more than one line are left out: their other lines
        are not played (docs/decisions/0157-simulation.md)."""
        days = PlanDays(day, first, day + timedelta(days=self.begun.settings.ahead_days), self.begun.usage_first)
        assembly = Assembly(
            days,
            self.begun.settings,
            replace(self.snapshot, rows=tuple(lines.rows.items())),
            self._usage_on(day),
            Memory(lines.known, {}),
            self.renewals.succession,
            self.groups,
        )
        facts = assembly.facts(self.rules)
        tenant = replace(self.choices.of_tenant(facts.thresholds), customer_amount=_NEVER, plan_base=len(facts.cases))
        narrower = tuple(one for one in self.choices.choices if one.level is not ThresholdLevel.TENANT)
        return replace(facts, thresholds=tenant, choices=RailChoices(narrower))


def _play(ws: Workspace, begun: _Begun, rows: Mapping[str, tuple[UnitRow, ...]]) -> tuple[SimulatedLine, ...]:
    past = _Past(ws, begun, rows)
    lines = PlayedLines({line: at_the_start(found, begun.span.start) for line, found in rows.items()})
    plans: dict[str, dict[date, PlayedMonth]] = {}
    cases: dict[str, LineCase] = {}
    for day, first in past.nights():
        facts = past.facts(day, first, lines)
        outcomes = plan_outcomes(facts)
        for case, outcome in zip(facts.cases, outcomes, strict=True):
            cases[case.facts.line.id] = case
            plans.setdefault(case.facts.line.id, {})[day] = PlayedMonth(outcome, case.usage)
        lines = played_on(lines, outcomes)
    tried = {one.id for one in begun.rules}
    return tuple(
        SimulatedLine(
            line,
            case.facts.customer.id,
            case.facts.customer.name,
            case.facts.contract.name,
            case.facts.service.id,
            case.facts.service.name,
            case.facts.contract.currency or begun.settings.currency,
            simulated_months(case.facts, rows.get(line, ()), lines.rows.get(line, ()), plans[line], begun.span),
        )
        for line, case in cases.items()
        if case.rule.id in tried or (case.rule.mirror is not None and case.facts.service.id in begun.services)
    )


def _notes(store: TenantStore, span: Period) -> tuple[Reason, ...]:
    """What is not known of the span: days before the first collection of a source."""
    with store.reading():
        delivered = {one.name: store.usage.delivered_days(one.name) for one in store.connections.list("module")}
    began = {name: days[0] for name, days in delivered.items() if days}
    if not began or min(began.values()) > span.end:
        raise failed("simulate.no_usage", last=span.end, first=min(began.values(), default=None))
    return tuple(
        Reason.of("simulate.usage_begins", connection=name, day=day)
        for name, day in sorted(began.items())
        if day > span.start
    )


def _finish(ws: Workspace, begun: _Begun, rows: Mapping[str, tuple[UnitRow, ...]]) -> Simulation:
    made = Simulation(
        id=f"S{begun.as_of:%Y%m%d}-{secrets.token_hex(3)}",
        made_at=ws.now(),
        made_by=ws.actor,
        as_of=begun.as_of,
        first=begun.span.start,
        last=begun.span.end,
        rules=begun.rules,
        instead_of=tuple((one.id, one.version) for one in rules_of_services(begun.in_force, begun.services)),
        lines=tuple(sorted(_play(ws, begun, rows), key=lambda one: (one.customer_name.casefold(), one.line_id))),
        notes=_notes(ws.store, begun.span),
    )
    ws.store.simulations.save(made)
    return made


async def simulate(
    ws: Workspace, drafts: Sequence[RuleDraft], first: date | None = None, last: date | None = None
) -> Simulation:
    """Play rules over the months from that of `first` to that of `last` (the last three whole ones), and keep what came
    out. Several drafts are tried together; they name different places.

    Raises what `rules.set_rule` raises; UseCaseError `plan.no_usage`, `simulate.no_usage`, and with exit code 2
    `simulate.nothing_tried`, `simulate.place_twice`, `simulate.month_to_come`, `simulate.months_backwards`,
    `simulate.too_many_months`; PsaReadError.
    """
    if not drafts:
        raise wrong("simulate.nothing_tried")
    await lines_known(ws)
    begun = await looked_up(ws, drafts[0], lambda: ws.step(_begin, ws, drafts, first, last))
    await ws.step(_notes, ws.store, begun.span)
    rows: tuple[tuple[str, tuple[UnitRow, ...]], ...] = ()
    if begun.lines:
        async with ws.psa() as psa:
            until = begun.as_of + timedelta(days=begun.settings.ahead_days)
            rows = await psa.read_units([line.id for line in begun.lines], begun.span.start - DAY, until)
    return await ws.step(_finish, ws, begun, dict(rows))
