"""Plan the undo of a run: read the PSA, find what of the run is still in force, let the core decide, write it down."""

from __future__ import annotations

from collections.abc import Collection as Names
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from trueup.app.clock import usage_day
from trueup.app.errors import Exit, UseCaseError, failed, refused
from trueup.app.margins.written_costs import is_cost
from trueup.app.plans.assembling import Assembly, PlanDays, plan_days
from trueup.app.plans.planning import memory, plan_id, usage_side
from trueup.app.plans.renewals import renewals_seen
from trueup.app.runs import APPLY
from trueup.app.undo.in_force import LineJournal, by_line
from trueup.app.undo.undoing_costs import costs_undone
from trueup.app.workspace import Workspace
from trueup.app.writes.leasing import kept, take_lease
from trueup.app.writes.settling import is_entry, look_again
from trueup.app.writes.settling_costs import settle_cost
from trueup.core.contract import PsaSnapshot
from trueup.core.outcome import EntryKind, Outcome, OutcomeStatus, Plan
from trueup.core.planning.governing_mode import governing_mode
from trueup.core.planning.planning import PlanFacts, behind_rails, checksum_of, sealed, together
from trueup.core.rails.plan_rail import PlanHistory
from trueup.core.reason import Reason
from trueup.core.rule import Mode, Rule
from trueup.core.settings import TenantSettings
from trueup.core.undo.undoing import UndoCase, Written, plan_undo, waiting_where_edited
from trueup.core.usage import Certainty
from trueup.psa.port import Progress, Psa, PsaReadError
from trueup.store.errors import StoreError
from trueup.store.journal import UNCLEAR, Intent, IntentState
from trueup.store.runs import Run
from trueup.store.tenant_store import TenantStore
from trueup.store.undos import UndoLine


@dataclass(frozen=True, slots=True)
class _Target:
    """What is to be taken back: the run, the plan that it applied, and what it did to each line."""

    run: Run
    plan_id: str
    intents: tuple[Intent, ...]
    journals: Mapping[str, LineJournal]
    outcomes: Mapping[str, Outcome]

    def of_line(self, line: str) -> tuple[Intent, ...]:
        """Changes of a line that the run made and that are still in force."""
        journal = self.journals[line]
        return tuple(one for one in self.intents if one.line_id == line and journal.in_force(one))

    def lines(self) -> tuple[str, ...]:
        """Lines of which something is in force, or not clear yet."""
        unclear = {one.line_id for one in self.intents if one.state in UNCLEAR}
        found = dict.fromkeys(one.line_id for one in self.intents if not is_entry(one))
        return tuple(line for line in found if line in unclear or self.of_line(line))


def _applied(run: Run) -> str:
    for step in run.steps:
        if step.name.startswith(APPLY):
            return step.name.removeprefix(APPLY)
    raise UseCaseError(Reason.of("undo.not_an_apply_run", run=run.id), Exit.USAGE)


def _made_by(store: TenantStore, run: Run, plan: str) -> tuple[Intent, ...]:
    """The changes that a run wrote down, and those of an interrupted run before it that it brought to their end."""

    def finished_here(one: Intent) -> bool:
        if one.settled_at is None or store.runs.get(one.run_id).status == "done":
            return False
        return run.started_at <= one.settled_at and (run.finished_at is None or one.settled_at <= run.finished_at)

    return tuple(one for one in store.journal.of_plan(plan) if one.run_id == run.id or finished_here(one))


def _target(store: TenantStore, run_id: str, lines: Names[str] | None) -> _Target:
    """Raises UseCaseError `undo.not_an_apply_run`, `undo.nothing_written`, `undo.unknown_line`, `undo.nothing_left`;
    StoreError `store.unknown_run`."""
    with store.reading():
        run = store.runs.get(run_id)
        plan = _applied(run)
        made = _made_by(store, run, plan)
        written = tuple(one for one in made if one.state is IntentState.DONE or one.state in UNCLEAR)
        if not written:
            raise failed("undo.nothing_written", run=run_id)
        touched = {one.line_id for one in written}
        for line in lines or ():
            if line not in touched:
                raise UseCaseError(Reason.of("undo.unknown_line", line=line, run=run_id), Exit.USAGE)
        chosen = tuple(one for one in written if lines is None or one.line_id in lines)
        journal = (one for line in sorted({one.line_id for one in chosen}) for one in store.journal.of_line(line))
        outcomes = {outcome.line_id: outcome for outcome in store.plans.get(plan).plan.outcomes}
        target = _Target(run, plan, chosen, by_line(journal, store.undos.lines()), outcomes)
    if not target.lines() and not all(is_entry(one) for one in chosen) and not any(is_cost(one) for one in chosen):
        raise refused("undo.nothing_left", run=run_id)
    return target


def _case(target: _Target, line: str, assembly: Assembly, rules: tuple[Rule, ...]) -> UndoCase | None:
    """One line as the core reads it; None where the PSA does not show it any more."""
    known = next((one for one in assembly.snapshot.lines if one.id == line), None)
    around = None if known is None else assembly.lines.around(known)
    if known is None or around is None:
        return None
    journal, written = target.journals[line], target.of_line(line)
    facts = assembly.line_facts(known, *around)
    place = assembly.succession.place(known, facts.contract)
    return UndoCase(
        facts=facts,
        run=target.run.id,
        written=tuple(Written(one.id, one.day, one.change) for one in written),
        before=written[0].before if written else (),
        shown=journal.done[-1].after if journal.done else (),
        later_run=journal.later_run(written) if written else None,
        half_undone=any(journal.half_undone(one) for one in written),
        read_only=governing_mode(rules, assembly.settings.mode, **place) is Mode.READ_ONLY,
    )


def _gone(target: _Target, line: str) -> Outcome:
    """A line that the PSA does not show any more, with what the run had changed."""
    then = target.outcomes[line]
    reason = Reason.of("held.undo_line_gone", run=target.run.id, line=line, amount=then.amount)
    return _stays(then, reason)


def _stays(then: Outcome, reason: Reason) -> Outcome:
    return replace(
        then,
        status=OutcomeStatus.HELD,
        adjustments=(),
        expected=(),
        levels=(),
        decided_until=None,
        reasons=(reason,),
        steps=(),
        releasable=(),
        recurring=None,
        amount=None,
    )


def _created(target: _Target) -> tuple[Outcome, ...]:
    """What the run created in the PSA: it cannot be deleted there, so it is named with what it costs."""
    found: list[Outcome] = []
    for intent in target.intents:
        if not is_entry(intent) or is_cost(intent):
            continue
        then = target.outcomes[intent.line_id]
        if then.kind is EntryKind.ADD_LINE:
            reason = Reason.of(
                "held.undo_added_line",
                run=target.run.id,
                service=then.service_name,
                units=then.after,
                amount=then.amount,
                recurring=then.recurring,
            )
        else:
            reason = Reason.of("held.undo_created_service", run=target.run.id, service=then.service_name)
        found.append(_stays(then, reason))
    return tuple(found)


def _outcomes(target: _Target, assembly: Assembly, rules: tuple[Rule, ...]) -> tuple[Outcome, ...]:
    facts: PlanFacts = assembly.facts(rules)
    planned: list[Outcome] = []
    for line in target.lines():
        case = _case(target, line, assembly, rules)
        planned.append(_gone(target, line) if case is None else plan_undo(case, facts.context))
    # a person takes back a whole run on purpose: neither its size nor a module's total says anything about it
    lone = replace(
        facts,
        totals=(),
        thresholds=replace(facts.thresholds, plan_base=len(planned)),
        choices=facts.choices.without("plan_base"),
        history=PlanHistory(),
        agreed={},
    )
    lines = frozenset(outcome.line_id for outcome in planned)
    railed = tuple(waiting_where_edited(outcome) for outcome in behind_rails(tuple(planned), lone))
    whole = together(railed, lone, among=lines)
    return tuple(sealed(outcome) for outcome in (*whole, *map(waiting_where_edited, _created(target))))


def _costs(store: TenantStore, target: _Target, assembly: Assembly, ability: Certainty | None) -> tuple[Outcome, ...]:
    services, settings = assembly.snapshot.services, assembly.settings
    return costs_undone(store, target.run.id, target.intents, target.outcomes, services, settings, ability)


def _lines_of(plan: Plan, target: _Target) -> tuple[UndoLine, ...]:
    """What the plan takes back, line by line, with the units and the first day that the run had led to."""
    found: list[UndoLine] = []
    for outcome in plan.outcomes:
        if outcome.adjustments:
            then, line = target.outcomes[outcome.line_id], outcome.line_id
            numbers = tuple(one.id for one in target.of_line(line))
            found.append(UndoLine(plan.id, line, numbers, then.after or 0, then.adjustments[0].day))
    return tuple(found)


def _save(ws: Workspace, plan: Plan, snapshot: PsaSnapshot, target: _Target, reason: str, run: str) -> None:
    store = ws.store
    with store.writing():
        store.psa.save_snapshot(replace(snapshot, read_at=ws.now()))
        store.plans.save(plan, run, now=ws.now())
        store.undos.save(plan.id, target.run.id, _lines_of(plan, target), ws.actor, reason, plan.as_of, now=ws.now())
        detail = Reason.of("audit.undo_planned", plan=plan.id, run=target.run.id, reason=reason or None)
        store.audit.add(ws.actor, "undo.planned", detail, now=ws.now())
        numbers = {"lines": sum(1 for outcome in plan.outcomes if outcome.adjustments)}
        store.runs.step(run, f"undo {target.run.id}", "done", numbers, now=ws.now())
        store.runs.finish(run, "done", (), now=ws.now())


async def _settled(ws: Workspace, psa: Psa, days: PlanDays, settings: TenantSettings) -> None:
    """Clear up what is unclear before anything is said about it. Raises UseCaseError `apply.another_run`."""
    lease = await ws.step(take_lease, ws)
    if lease is None:
        raise failed("apply.another_run")
    async with kept(ws, lease):
        opened = await ws.step(ws.store.journal.open_intents)
        unclear = [one for one in opened if not is_entry(one)]
        longest = timedelta(seconds=settings.settle_seconds)
        for intent in opened:
            if is_cost(intent):
                await settle_cost(ws, psa, lease, intent, longest)
        await look_again(ws, psa, lease, unclear, (days.first, days.last), longest)


async def plan_undo_of(
    ws: Workspace,
    run_id: str,
    lines: Names[str] | None = None,
    reason: str | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Plan the opposite of what a run wrote, of all its lines or of some, and save it as the open plan.

    Nothing is written to the PSA: the plan is approved and applied like any other. Raises UseCaseError:
    `undo.not_an_apply_run`, `undo.unknown_line` (exit 2), `undo.nothing_written`, `undo.nothing_left` (exit 4),
    `apply.another_run` while a run is writing, `setup.no_psa`; StoreError `store.unknown_run`; PsaReadError.
    """
    store = ws.store
    await ws.step(_target, store, run_id, lines)
    settings = await ws.step(store.settings.get)
    days = plan_days(usage_day(ws.now(), settings), settings, ())
    run = await ws.step(store.runs.start, "undo", ws.actor, now=ws.now())
    try:
        async with ws.psa() as psa:
            await _settled(ws, psa, days, settings)
            target = await ws.step(_target, store, run_id, lines)
            snapshot = await psa.read(days.first, days.last, progress)
            ability = psa.capabilities.unit_cost
        rules: tuple[Rule, ...] = await ws.step(store.rules.list)
        usage = await ws.step(usage_side, store, days)
        remembered = await ws.step(memory, store, days)
        renewals = await ws.step(renewals_seen, store, snapshot, ws.now())
        groups = await ws.step(store.groups.list)
        assembly = Assembly(days, settings, snapshot, usage, remembered, renewals.succession, groups)
        outcomes = await ws.step(_outcomes, target, assembly, rules)
        outcomes += await ws.step(_costs, store, target, assembly, ability)
        said = Reason.of(
            "plan.undoes", run=run_id, plan=target.plan_id, person=ws.actor, reason=(reason or "").strip() or None
        )
        plan = Plan(plan_id(days.as_of), days.as_of, ws.now(), outcomes, checksum_of(outcomes, days.as_of), (said,))
        await ws.step(_save, ws, plan, snapshot, target, (reason or "").strip(), run)
    except (UseCaseError, PsaReadError, StoreError) as error:
        cause = error.failure.reason if isinstance(error, PsaReadError) else error.reason
        await ws.step(store.runs.finish, run, "failed", (cause,), now=ws.now())
        raise
    return plan
