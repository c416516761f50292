"""Lines that somebody else keeps changing: what a plan needs to know of them, what it remembers, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from trueup.app.beside.comparing import BillingTypeCounts
from trueup.app.errors import Exit, UseCaseError
from trueup.app.plans.assembling import Assembly
from trueup.app.workspace import Workspace
from trueup.core.beside.comparison_causes import count_that_equals
from trueup.core.by_hand.contested import ContestFacts, LineContest, agreement_of, looks_like_icb, remembered
from trueup.core.by_hand.drift import drift_in
from trueup.core.contract import DAY, level_on, units_on
from trueup.core.outcome import Outcome
from trueup.core.planning.line_plan import LineFacts
from trueup.core.planning.planning import LineCase, PlanFacts
from trueup.core.reason import Reason
from trueup.core.rule import Mode
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class ContestedLine:
    """A contested line for a person: its names where the PSA still tells them, and what is remembered of it."""

    line_id: str
    customer_name: str
    service_name: str
    contest: LineContest

    @property
    def counted(self) -> str | None:
        """The billing type whose single count somebody writes each night, as ICB does; None where it is none."""
        return looks_like_icb(self.contest)


def with_contests(store: TenantStore, assembly: Assembly, facts: PlanFacts) -> PlanFacts:
    """The plan's facts with what is known of lines whose units somebody changed. Lines in read-only mode are left out:
    there somebody else is meant to change them."""
    with store.reading():
        memories = store.contests.all()
        counts = BillingTypeCounts(store, assembly)
        found: dict[str, ContestFacts] = {}
        for case in facts.cases:
            line = case.facts
            if (case.rule.mode or facts.context.mode) is Mode.READ_ONLY or line.known is None:
                continue
            drift = _as_it_stands(drift_in(line.known, line.rows), line, facts.context.as_of)
            memory = memories.get(line.line.id)
            if drift is None and memory is None:
                continue
            counted = _counted(case, drift, counts, facts.context.as_of) if drift is not None else None
            found[line.line.id] = ContestFacts(memory or LineContest(), drift, agreement_of(line.known), counted)
    return replace(facts, contests=found, beside=assembly.settings.beside)


def _as_it_stands(drift: Reason | None, line: LineFacts, as_of: date) -> Reason | None:
    """The edit with the units that stand on the planned day: a later edit on top of the first one is another one."""
    if drift is None or line.known is None:
        return drift
    known, found = level_on(line.known.steps, as_of), units_on(line.rows, as_of)
    return drift if known == found else Reason.of(drift.code, day=drift.get("day"), known=known, found=found)


def _counted(case: LineCase, drift: Reason, counts: BillingTypeCounts, as_of: date) -> str | None:
    """The billing type whose count the PSA shows: on the planned day, or the day before, whichever the tool knew."""
    units = drift.get("found")
    if not isinstance(units, int):
        return None
    return count_that_equals(counts.of(case, as_of), units) or count_that_equals(counts.of(case, as_of - DAY), units)


def remember_contests(store: TenantStore, facts: PlanFacts, outcomes: Iterable[Outcome]) -> None:
    """Keep what tonight's plan saw. A plan for an earlier day than the newest one remembered changes nothing."""
    changed: dict[str, LineContest] = {}
    night = facts.context.as_of
    for outcome in outcomes:
        known = facts.contests.get(outcome.line_id)
        if known is None or any(one.night > night for one in known.memory.departures):
            continue
        now = remembered(outcome, known, night, facts.beside)
        if now != known.memory:
            changed[outcome.line_id] = now
    store.contests.save(changed)


def _names(store: TenantStore) -> Mapping[str, tuple[str, str]]:
    customers = {one.id: one.name for one in store.psa.customers(with_gone=True)}
    contracts = {one.id: one.customer_id for one in store.psa.contracts(with_gone=True)}
    services = {one.id: one.name for one in store.psa.services(with_gone=True)}
    return {
        line.id: (
            customers.get(contracts.get(line.contract_id, ""), ""),
            services.get(line.service_id, line.service_id),
        )
        for line in store.psa.lines(with_gone=True)
    }


def contested_lines(store: TenantStore) -> tuple[ContestedLine, ...]:
    """Every contested line, by id."""
    with store.reading():
        found = {line: one for line, one in store.contests.all().items() if one.since is not None}
        names = _names(store) if found else {}
    return tuple(ContestedLine(line, *names.get(line, ("", line)), one) for line, one in found.items())


def _claim(ws: Workspace, line: str, reason: str) -> None:
    store = ws.store
    with store.writing():
        memory = store.contests.all().get(line)
        if memory is None or memory.since is None:
            raise UseCaseError(Reason.of("contested.not_contested", line=line), Exit.USAGE)
        store.contests.save({line: LineContest(claimed=memory.departures[-1] if memory.departures else None)})
        detail = Reason.of("audit.line_claimed", line=line, reason=reason)
        store.audit.add(ws.actor, "line.claimed", detail, now=ws.now())


async def claim(ws: Workspace, line: str, reason: str) -> None:
    """A person says that a contested line is Trueup's, because whatever changed it has been stopped: the count starts
    again, and the next plan shows the line as any other. Raises UseCaseError `contested.not_contested`,
    `contested.reason_needed`."""
    if not reason.strip():
        raise UseCaseError(Reason.of("contested.reason_needed"), Exit.USAGE)
    await ws.step(_claim, ws, line, reason.strip())


async def listing(ws: Workspace) -> tuple[ContestedLine, ...]:
    """Every contested line."""
    return await ws.step(contested_lines, ws.store)
