"""Look for edits by hand now: read the units of every line that was agreed with, and compare; no plan is made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from trueup.app.plans.assembling import Assembly, PlanDays, plan_days
from trueup.app.plans.planning import memory, newest_day, usage_side
from trueup.app.plans.renewals import renewals_seen
from trueup.app.usage.source_age import oldest_age
from trueup.app.workspace import Workspace
from trueup.core.by_hand.drift import KnownUnits
from trueup.core.by_hand.edits import Edit, edits_in, policy_of
from trueup.core.contract import PsaSnapshot, UnitRow
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.planning.line_plan import PlanContext, plan_line
from trueup.core.planning.planning import LineCase
from trueup.core.quantities.allocation import as_rule
from trueup.core.rule import DriftPolicy, Rule
from trueup.core.settings import TenantSettings
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class EditedLine:
    """A line that somebody edited since it was agreed with: each edit, what usage says (`outcome`), and the policy."""

    case: LineCase
    context: PlanContext
    edits: tuple[Edit, ...]
    outcome: Outcome
    policy: DriftPolicy


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What was found. `compared` lines were read; `planned` are the drift outcomes of the newest plan, `plan_id`.
    `says_who`: whether this PSA can tell who made an edit."""

    as_of: date
    compared: int
    lines: tuple[EditedLine, ...]
    says_who: bool
    plan_id: str | None = None
    planned: tuple[Outcome, ...] = ()


def _remembered(store: TenantStore, days: PlanDays, rows: dict[str, tuple[UnitRow, ...]], ws: Workspace) -> PsaSnapshot:
    """The PSA as it was last read as a whole, with fresh units."""
    with store.reading():
        return PsaSnapshot(
            ws.now(),
            days.first,
            days.last,
            store.psa.customers(),
            store.psa.contracts(),
            store.psa.services(),
            tuple(line for line in store.psa.lines() if line.id in rows),
            tuple(rows.items()),
        )


def _compared(known: dict[str, KnownUnits], rows: dict[str, tuple[UnitRow, ...]]) -> dict[str, tuple[Edit, ...]]:
    found = {line: edits_in(agreed, rows.get(line, ())) for line, agreed in known.items() if line in rows}
    return {line: edits for line, edits in found.items() if edits}


def _explained(assembly: Assembly, rules: tuple[Rule, ...], edits: dict[str, tuple[Edit, ...]]) -> Iterable[EditedLine]:
    by_service: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        by_service[rule.service_id].append(rule)
    grouped = {service: tuple(found) for service, found in by_service.items()}
    context = assembly.facts(()).context
    for line in assembly.snapshot.lines:
        case = assembly.case(line, grouped) if line.id in edits else None
        if case is not None:
            found = edits[line.id]
            policy = policy_of(case.facts.known, found, case.rule, context.drift)
            waits = replace(case.rule, drift=DriftPolicy.WAIT)
            outcome = plan_line(case.facts, waits, case.usage, context)
            yield EditedLine(case, context, found, outcome, policy)


async def look(ws: Workspace, line_ids: frozenset[str] | None = None) -> DriftReport:
    """Read the units of all lines that were agreed with (or of some), in bulk, and say which differ.

    Raises UseCaseError `setup.no_psa`, `plan.no_usage`; PsaReadError.
    """
    store = ws.store
    settings: TenantSettings = await ws.step(store.settings.get)
    day: date = await ws.step(newest_day, store, settings, ws)
    rules: tuple[Rule, ...] = await ws.step(store.rules.list)
    groups = await ws.step(store.groups.list)
    counted = (*rules, *map(as_rule, groups))
    days = plan_days(day, settings, counted, await ws.step(oldest_age, store))
    known = await ws.step(store.psa.known, line_ids)
    there = {line.id for line in await ws.step(store.psa.lines)}
    wanted = sorted(line for line in known if line in there)
    async with ws.psa() as psa:
        rows = dict(await psa.read_units(wanted, days.first, days.last)) if wanted else {}
        says_who = psa.capabilities.says_who_changed
    edits = _compared(known, rows)
    snapshot = await ws.step(_remembered, store, days, rows, ws)
    renewals = await ws.step(renewals_seen, store, snapshot, ws.now())
    usage = await ws.step(usage_side, store, days, counted)
    remembered = await ws.step(memory, store, days)
    assembly = Assembly(days, settings, snapshot, usage, remembered, renewals.succession, groups)
    lines = tuple(await ws.step(lambda: list(_explained(assembly, rules, edits))))
    latest = await ws.step(store.plans.latest)
    planned = () if latest is None else latest.plan.outcomes
    return DriftReport(
        day,
        len(wanted),
        lines,
        says_who,
        None if latest is None else latest.plan.id,
        tuple(
            one
            for one in planned
            if one.status is OutcomeStatus.DRIFT and (line_ids is None or one.line_id in line_ids)
        ),
    )
