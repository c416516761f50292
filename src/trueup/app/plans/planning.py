"""Make a plan: read the PSA in bulk, take usage and rules from the store, let the core decide, write it down."""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from trueup.app.access.blocking import source_blocks
from trueup.app.beside.comparing import compare_night
from trueup.app.beside.contests import remember_contests, with_contests
from trueup.app.clock import is_provisional, usage_day
from trueup.app.drift.adopting import adopt_edits
from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.items.twice import count_twice, twice_notes
from trueup.app.late.billed import billed_notes
from trueup.app.late.corrections import corrections
from trueup.app.late.entries import catch_up_notes, mark_reopened, unbilled_days
from trueup.app.mapping.sharing import share_warnings
from trueup.app.plans.assembling import (
    Assembly,
    LateSide,
    Memory,
    PlanDays,
    UsageSide,
    evidence_digests,
    plan_days,
)
from trueup.app.plans.freezing import with_frozen_items
from trueup.app.plans.item_side import item_history
from trueup.app.plans.module_totals import module_totals
from trueup.app.plans.planning_costs import cost_outcomes
from trueup.app.plans.planning_entries import entry_outcomes
from trueup.app.plans.rail_memory import keep_for_rails, rail_memory
from trueup.app.plans.renewals import renewals_seen
from trueup.app.runs import end_failed
from trueup.app.tracing import traced
from trueup.app.usage.missed import missed_notes
from trueup.app.usage.source_age import oldest_age, source_ages
from trueup.app.workspace import Workspace
from trueup.app.writes.before_planning import settle_before_planning
from trueup.app.writes.settling import agree_on_all
from trueup.core.contract import DAY, PsaSnapshot
from trueup.core.counting.billed_twice import BilledTwice
from trueup.core.counting.evidence import FrozenEvidence
from trueup.core.counting.scope import OrganizationKey, UsageHistory
from trueup.core.dates.ending import ending_soon
from trueup.core.dates.succession import Link
from trueup.core.expression import Expression, parse
from trueup.core.late.catch_up import REACH
from trueup.core.outcome import Outcome, OutcomeStatus, Plan
from trueup.core.planning.planning import PlanFacts, checksum_of, plan_outcomes
from trueup.core.quantities.allocation import AllocationGroup, as_rule
from trueup.core.reason import Reason
from trueup.core.rule import Rule
from trueup.core.settings import TenantSettings
from trueup.core.usage import Certainty, Coverage, Failure
from trueup.psa.port import Progress
from trueup.store.tenant_store import TenantStore

_AGREES = (OutcomeStatus.NONE, OutcomeStatus.SCHEDULED)


def newest_day(store: TenantStore, settings: TenantSettings, ws: Workspace) -> date:
    """The usage day that a plan is for when nobody says: today where it has been collected, else the day that ended.

    It does not go back further when a source is silent: how old its last word is must show. Raises UseCaseError
    `plan.no_usage` when nothing has been collected yet.
    """
    today = usage_day(ws.now(), settings)
    states = [store.connections.state(connection.name) for connection in store.connections.list("module")]
    delivered = {state.delivered_day for state in states if state.delivered_day is not None}
    if not delivered:
        raise failed("plan.no_usage")
    if today in delivered or not is_provisional(today, ws.now(), settings):
        return today
    return today - DAY


def _refuse_strange_day(store: TenantStore, day: date, today: date) -> None:
    """Refuse a day that usage cannot say anything of: one to come, or one before the first collection."""
    if day > today:
        raise UseCaseError(Reason.of("plan.day_to_come", day=day, today=today), Exit.USAGE)
    delivered = [store.usage.delivered_days(connection.name) for connection in store.connections.list("module")]
    first = min((days[0] for days in delivered if days), default=None)
    if first is not None and day < first:
        raise UseCaseError(Reason.of("plan.day_before_usage", day=day, first=first), Exit.USAGE)


def _evidence(store: TenantStore, day: date) -> Mapping[OrganizationKey, str]:
    def items() -> Iterable[tuple[OrganizationKey, str, tuple[object, ...]]]:
        for connection in store.connections.list("module"):
            for stream in store.usage.streams(connection.name):
                for item in store.usage.items(day, connection.name, stream):
                    yield (connection.name, item.organization), item.key, item.attributes

    return evidence_digests(items())


def with_guessed_parts(guessed: frozenset[str], derived: Mapping[str, Expression]) -> frozenset[str]:
    """Guessed billing types and every defined metric that rests on one (design law 9)."""
    found = guessed
    while True:
        more = {key for key, expression in derived.items() if key not in found and found & set(expression.names)}
        if not more:
            return found
        found |= more


def usage_side(store: TenantStore, days: PlanDays, rules: Iterable[Rule] = ()) -> UsageSide:
    """Everything the store knows about usage on those days, as the core reads it; items one by one where these rules or
    a shared organization need them. One moment of the database."""
    with store.reading():
        connections = store.connections.list("module")
        delivered: dict[str, frozenset[date]] = {}
        failures: dict[str, Failure] = {}
        blocked = source_blocks(store)
        for connection in connections:
            deliveries = store.usage.deliveries(connection.name, days.usage_first, days.as_of)
            good = [delivery.day for delivery in deliveries if delivery.coverage is not Coverage.UNKNOWN]
            delivered[connection.name] = frozenset(good)
            state = store.connections.state(connection.name)
            failure = blocked.get(connection.name, state.failure)
            if days.as_of not in good and failure is not None:
                failures[connection.name] = failure
        organizations = store.usage.organizations()
        mapped: dict[str, list[OrganizationKey]] = defaultdict(list)
        shares: dict[tuple[str, OrganizationKey], str] = {}
        for mapping in store.customers.mappings():
            if mapping.customer_id is not None:
                place = (mapping.connection, mapping.organization_key)
                mapped[mapping.customer_id].append(place)
                if mapping.item_filter is not None:
                    shares[mapping.customer_id, place] = mapping.item_filter
        types = store.usage.billing_types()
        history = UsageHistory(
            series=store.usage.series(days.usage_first, days.as_of),
            module_of={connection.name: connection.kind for connection in connections},
            delivered=delivered,
            failures=failures,
            gone={
                (found.connection, found.organization.key): found.gone_since
                for found in organizations
                if found.gone_since is not None
            },
            names={(found.connection, found.organization.key): found.organization.name for found in organizations},
            evidence=_evidence(store, days.as_of),
            kinds={kind.key: kind.kind for kind in types},
            derived={metric.key: parse(metric.expression) for metric in store.metrics.list() if not metric.over_items},
            items=item_history(
                store,
                days,
                rules,
                types,
                [place for places in mapped.values() for place in places],
                [place for _, place in shares],
            ),
        )
        totals = module_totals(store, delivered, days.as_of)
        guessed = with_guessed_parts(
            frozenset(kind.key for kind in types if kind.certainty is Certainty.GUESSED), history.derived
        )
        owned = {key: tuple(sorted(found)) for key, found in mapped.items()}
        labels = {kind.key: kind.label for kind in types}
        return UsageSide(history, owned, guessed, totals, shares, source_ages(store), labels)


def memory(store: TenantStore, days: PlanDays) -> Memory:
    """What Trueup remembers of lines."""
    with store.reading():
        used: dict[str, set[date]] = defaultdict(set)
        done = store.journal.done()
        for intent in done:
            used[intent.line_id].add(intent.day)
        return Memory(
            known=store.psa.known(),
            used_dates={line: frozenset(days) for line, days in used.items()},
            unsettled=frozenset(intent.line_id for intent in store.journal.open_intents()),
            releases=store.plans.releases(),
            undone=store.undos.waiting(),
            rails=rail_memory(store, done, days.as_of, days.first, store.settings.get()),
        )


def late_side(store: TenantStore, settings: TenantSettings, days: PlanDays, rules: Iterable[Rule] = ()) -> LateSide:
    """Late and corrected usage, and what is waiting to be caught up. One moment of the database."""
    with store.reading():
        found = corrections(store, settings, days.as_of)
        first = found.first_day()
        side = LateSide(
            unbilled=unbilled_days(store),
            proven=store.billed.proven(),
            missed=missed_notes(store, days.first, days.as_of),
        )
        if first is None:
            return side
        back = min(first, days.first) - REACH - (days.first - days.usage_first)
        far = usage_side(store, PlanDays(days.as_of, days.first, days.last, back), rules)
        return replace(side, corrections=found, usage=far, first=back)


def _failed_since(store: TenantStore, as_of: date, settings: TenantSettings) -> Mapping[str, Failure]:
    """Connections that failed on a day after the newest delivered one, which is the planned one, and those whose pushes
    are refused now."""
    found = dict(source_blocks(store))
    for connection in store.connections.list("module"):
        state = store.connections.state(connection.name)
        if state.failure is None or state.failed_at is None or as_of < (state.delivered_day or as_of):
            continue
        if usage_day(state.failed_at, settings) > as_of:
            found.setdefault(connection.name, state.failure)
    return found


def _notes(
    store: TenantStore,
    assembly: Assembly,
    days: PlanDays,
    settings: TenantSettings,
    rules: tuple[Rule, ...],
    ws: Workspace,
) -> tuple[Reason, ...]:
    failures = {**_failed_since(store, days.as_of, settings), **assembly.usage.history.failures}
    notes = [
        Reason.of("plan.source_failed", connection=name, category=failure.category.value, failure=failure.reason.code)
        for name, failure in sorted(failures.items())
    ]
    if is_provisional(days.as_of, ws.now(), settings):
        notes.append(Reason.of("plan.provisional", day=days.as_of))
    if assembly.without_rule:
        notes.append(Reason.of("plan.without_rule", lines=assembly.without_rule))
    if assembly.excluded:
        notes.append(Reason.of("plan.excluded", lines=assembly.excluded))
    decided = {(mapping.connection, mapping.organization_key) for mapping in store.customers.mappings()}
    present = [found for found in store.usage.organizations() if found.gone_since is None]
    unmapped = sum(1 for found in present if (found.connection, found.organization.key) not in decided)
    if unmapped:
        notes.append(Reason.of("plan.unmapped_organizations", organizations=unmapped))
    shared = share_warnings(store)
    sites = (reason for place in sorted(shared) for reason in shared[place])
    return (*notes, *sites, *ending_soon(rules, days.as_of), *assembly.incomplete)


def plan_id(as_of: date) -> str:
    """A short id that a person can read out: the usage day and six random characters."""
    return f"P{as_of:%Y%m%d}-{secrets.token_hex(3)}"


def _save(
    store: TenantStore, ws: Workspace, plan: Plan, snapshot: PsaSnapshot, renewals: tuple[Link, ...], run: str
) -> None:
    with store.writing():
        store.psa.save_snapshot(replace(snapshot, read_at=ws.now()))  # one clock for all that is kept
        store.renewals.note(renewals, now=ws.now())
        store.plans.save(plan, run, now=ws.now())
        keep_for_rails(store, plan, now=ws.now())
        counts = Counter(outcome.status.value for outcome in plan.outcomes)
        mark_reopened(store, plan.outcomes, now=ws.now())
        settled = (one for one in plan.outcomes if one.status in _AGREES and one.decided_until is not None)
        agree_on_all(store, settled, store.psa.known(), now=ws.now())
        adopt_edits(store, plan.outcomes, now=ws.now())
        store.undos.end_over(plan.outcomes, now=ws.now())
        store.runs.step(run, "plan", "done", counts, now=ws.now())
        store.runs.finish(run, "done", (), now=ws.now())


def _keep(
    store: TenantStore,
    ws: Workspace,
    plan: Plan,
    assembly: Assembly,
    facts: PlanFacts,
    renewals: tuple[Link, ...],
    evidence: Iterable[FrozenEvidence],
    twice: Iterable[BilledTwice],
    run: str,
    still: Callable[[], None] | None,
) -> None:
    """Save the plan with its evidence, what the PSA showed, and what it tells about running beside somebody else, in
    one transaction."""
    days, today = assembly.days, usage_day(ws.now(), assembly.settings)
    with store.writing():
        if still is not None:
            still()
        store.evidence.keep(evidence, now=ws.now())
        if days.first <= today <= days.last:
            store.line_units.keep(assembly.snapshot.rows, days.first, today, now=ws.now())
        _save(store, ws, plan, assembly.snapshot, renewals, run)
        store.billed_twice.keep(twice, days.as_of)
        compare_night(store, assembly, facts, plan.outcomes)
        remember_contests(store, facts, plan.outcomes)


async def make_plan(
    ws: Workspace,
    as_of: date | None = None,
    progress: Progress | None = None,
    still: Callable[[], None] | None = None,
) -> Plan:
    """Plan every line that a rule governs, for one usage day, and save it; earlier open plans are superseded.
    `still` is called in the transaction that saves it, and refuses by raising where the plan is nobody's any more.

    Raises UseCaseError (`setup.no_psa`, `plan.no_usage`, `plan.day_to_come`, `plan.day_before_usage`), PsaReadError,
    StoreError; the run is then on record as failed. Nothing is written to the PSA.
    What an earlier run of apply left unclear is looked at first.
    """
    store = ws.store
    settings = await ws.step(store.settings.get)
    day: date = as_of if as_of is not None else await ws.step(newest_day, store, settings, ws)
    await ws.step(_refuse_strange_day, store, day, usage_day(ws.now(), settings))
    rules: tuple[Rule, ...] = await ws.step(store.rules.list)
    groups = await ws.step(store.groups.list)
    oldest = await ws.step(oldest_age, store)
    days = plan_days(day, settings, (*rules, *map(as_rule, groups)), oldest)
    run = await ws.step(store.runs.start, "plan", ws.actor, now=ws.now())
    try:
        with traced("plan", tenant=store.tenant, run=run):
            return await _made(ws, days, settings, rules, groups, run, progress, still)
    except BaseException as error:
        await end_failed(ws, run, error)
        raise


async def _made(
    ws: Workspace,
    days: PlanDays,
    settings: TenantSettings,
    rules: tuple[Rule, ...],
    groups: tuple[AllocationGroup, ...],
    run: str,
    progress: Progress | None,
    still: Callable[[], None] | None,
) -> Plan:
    store, day = ws.store, days.as_of
    async with ws.psa() as psa:
        longest = timedelta(seconds=settings.settle_seconds)
        await settle_before_planning(ws, psa, (days.first, days.last), longest)
        snapshot = await psa.read(days.first, days.last, progress)
        ability = psa.capabilities.unit_cost
    counting = (*rules, *map(as_rule, groups))
    usage = await ws.step(usage_side, store, days, counting)
    remembered = await ws.step(memory, store, days)
    renewals = await ws.step(renewals_seen, store, snapshot, ws.now())
    late, succession = await ws.step(late_side, store, settings, days, counting), renewals.succession
    assembly = Assembly(days, settings, snapshot, usage, remembered, succession, groups, late, renewals.appeared)
    facts = await ws.step(with_contests, store, assembly, await ws.step(assembly.facts, rules))
    lines, evidence = await ws.step(_frozen, ws, assembly, facts)
    costs = await ws.step(cost_outcomes, ws, assembly, rules, facts.context, ability)
    outcomes = (*lines, *await ws.step(entry_outcomes, ws, assembly, rules, facts.context), *costs.outcomes)
    notes = await ws.step(_notes, store, assembly, days, settings, rules, ws)
    notes = (*notes, *await ws.step(catch_up_notes, store, outcomes), *await ws.step(billed_notes, store))
    twice = await ws.step(count_twice, ws, day, snapshot, succession)
    notes = (*notes, *await ws.step(twice_notes, ws, twice, day), *costs.notes)
    plan = Plan(plan_id(day), day, ws.now(), outcomes, checksum_of(outcomes, day), notes)
    await ws.step(_keep, store, ws, plan, assembly, facts, renewals.links, evidence.values(), twice, run, still)
    return plan


def _frozen(
    ws: Workspace, assembly: Assembly, facts: PlanFacts
) -> tuple[tuple[Outcome, ...], Mapping[str, FrozenEvidence]]:
    return with_frozen_items(ws, assembly, facts.cases, plan_outcomes(facts))
