"""Apply an approved plan: exactly what was shown, each change once, and every step written down before it is taken.

Stages, for each batch of lines: read the lines again in bulk; skip those that moved; commit the intents; claim and
send one by one; settle what is unclear by reading back. A process that dies in between is taken up by the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from trueup.app.errors import failed, refused
from trueup.app.plans.approving import open_plan
from trueup.app.plans.assembling import plan_days
from trueup.app.plans.consent import Consent, lacking_second
from trueup.app.runs import apply_step, end_failed
from trueup.app.suspension import must_be_active
from trueup.app.tracing import traced
from trueup.app.workspace import Workspace
from trueup.app.writes.applying_entries import apply_entry
from trueup.app.writes.entry_work import EntryWork
from trueup.app.writes.leasing import kept, take_lease
from trueup.app.writes.modes_now import ModesNow
from trueup.app.writes.sending import Settlement, after_write, window_of
from trueup.app.writes.settling import NOT_FINISHED, finished_lines, is_entry, look_again, open_lines, settle
from trueup.app.writes.settling_entries import settle_entry
from trueup.app.writes.together import batches, stopped_by, whole
from trueup.core.contract import Contract, Line, UnitRow, shifted, steps_of
from trueup.core.dates.read_back import Shown, expected_after, shown_by
from trueup.core.digest import psa_digest
from trueup.core.outcome import Adjustment, EntryKind, Outcome, OutcomeStatus, Plan
from trueup.core.reason import Reason
from trueup.psa.port import Psa, UnitChange
from trueup.store.journal import Intent, IntentState, NewIntent
from trueup.store.leases import Lease
from trueup.store.tenant_store import TenantStore

BATCH = 100

Progress = Callable[[str, int, int | None], None]
Started = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of one line: `done`, `refused`, `unsettled`, `skipped`, `conflict` or `waiting` (not sent)."""

    line_id: str
    customer_name: str
    service_name: str
    changes: tuple[Adjustment, ...]
    state: str
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """A run of apply, line by line. `settled` are intents of earlier runs that were cleared up first."""

    run_id: str
    plan_id: str
    lines: tuple[LineResult, ...]
    settled: tuple[LineResult, ...] = ()

    def count(self, state: str) -> int:
        """How many lines ended in a state."""
        return sum(1 for line in self.lines if line.state == state)


@dataclass(slots=True)
class _Work:
    """One run at work: what it may write, under which lease."""

    ws: Workspace
    psa: Psa
    run: str
    plan: Plan
    lease: Lease
    days: tuple[date, date]
    longest: timedelta
    results: dict[str, LineResult] = field(default_factory=dict)

    @property
    def store(self) -> TenantStore:
        return self.ws.store

    def note(self, outcome: Outcome, state: str, reason: Reason | None = None) -> None:
        self.results[outcome.line_id] = LineResult(
            outcome.line_id, outcome.customer_name, outcome.service_name, outcome.adjustments, state, reason
        )

    def stopped(self, outcome: Outcome) -> Reason | None:
        """Why a change must not be sent: one that it goes together with was not written."""
        failed = {line for line, result in self.results.items() if result.state != "done"}
        other = stopped_by(outcome, failed)
        return Reason.of("apply.together", line=outcome.line_id, other=other) if other is not None else None

    def for_entries(self) -> EntryWork:
        """The same run, as creating services and lines needs it."""
        return EntryWork(self.ws, self.psa, self.run, self.plan, self.lease, self.longest)

    async def hold_lease(self) -> None:
        """Renew the lease before anything is sent. Raises UseCaseError `apply.lease_lost` when another run has it, and
        `platform.suspended` where the tenant was told to rest meanwhile."""
        await self.ws.step(must_be_active, self.store)
        renewed = await self.ws.step(self.store.leases.renew, self.lease, self.ws.now())
        if renewed is None:
            raise failed("apply.lease_lost")
        self.lease = renewed


def _goes_by_itself(outcome: Outcome, modes: ModesNow) -> bool:
    """In automatic mode: a change that passes every rail, of a line that a person accepted before, without guesses."""
    passes = outcome.status is OutcomeStatus.CHANGE and not outcome.first_time and not outcome.guessed
    return passes and modes.may_go_alone(outcome)


def _approved(store: TenantStore, plan: Plan) -> tuple[Outcome, ...]:
    """Outcomes that somebody approved under the plan's checksum (or that go by themselves) and are not finished yet."""
    consent = Consent(store, plan)
    digests = {outcome.digest for outcome in plan.outcomes if consent.given(outcome)}
    modes = ModesNow(store)
    if modes.all_read_only(plan.outcomes):
        raise refused("apply.read_only")
    digests |= {
        outcome.digest
        for outcome in plan.outcomes
        if _goes_by_itself(outcome, modes) and consent.needs_two(outcome) is None
    }
    lacking = consent.lacking(plan.outcomes)
    if not digests and not lacking:
        raise refused("apply.not_approved", plan=plan.id)
    intents = store.journal.of_plan(plan.id)
    waiting = {intent.line_id for intent in intents if intent.state in NOT_FINISHED}
    finished = {intent.line_id for intent in intents} - waiting
    done = finished - {intent.line_id for intent in intents if intent.state is not IntentState.DONE}
    covered = tuple(
        outcome
        for outcome in plan.outcomes
        if outcome.digest in digests and outcome.line_id not in finished and modes.may_write(outcome)
    )
    going = whole(covered, done)
    if lacking and not going:
        raise refused("apply.second_approval", plan=plan.id, lines=len(lacking))
    return going


def _take_lease(ws: Workspace) -> Lease:
    lease = take_lease(ws)
    if lease is None:
        raise failed("apply.another_run")
    return lease


Fresh = tuple[Line, Contract, tuple[UnitRow, ...]]
"""What the PSA shows of a line now."""


async def _fresh(work: _Work, line_ids: Sequence[str]) -> Mapping[str, Fresh]:
    snapshot = await work.psa.read_lines(line_ids)
    rows = dict(await work.psa.read_units(line_ids, *work.days))
    contracts = {contract.id: contract for contract in snapshot.contracts}
    return {
        line.id: (line, contracts[line.contract_id], rows.get(line.id, ()))
        for line in snapshot.lines
        if line.contract_id in contracts
    }


def _intents(work: _Work, outcome: Outcome, rows: tuple[UnitRow, ...]) -> list[NewIntent]:
    found: list[NewIntent] = []
    for adjustment in outcome.adjustments:
        before = steps_of(rows)
        after = expected_after(rows, adjustment.day, adjustment.change)
        found.append(
            NewIntent(
                work.run,
                work.plan.id,
                outcome.line_id,
                adjustment.day,
                adjustment.change,
                before,
                after,
                outcome.digest,
            )
        )
        if rows:
            rows = shifted(rows, adjustment.day, adjustment.change)
        else:
            rows = (UnitRow(adjustment.day, work.days[1], adjustment.change),)
    return found


async def _settle(work: _Work, intent: Intent, settlement: Settlement) -> None:
    await work.ws.step(settle, work.store, intent, settlement, work.lease, now=work.ws.now())


async def _send(work: _Work, line: Line, intent: Intent) -> Settlement:
    """Claim one intent and send it, once. The claim commits before the request leaves."""
    await work.hold_lease()
    now = work.ws.now()
    window = window_of(work.ws.clock, now, work.longest)
    if not await work.ws.step(work.store.journal.claim, intent.id, work.lease, now=now):
        raise failed("apply.lease_lost")
    change = UnitChange(line.id, line.contract_id, line.service_id, intent.day, intent.change, line.kind)
    with traced("adjust", tenant=work.ws.store.tenant, line=change.line_id, run=work.run):
        result = await work.psa.adjust(change, window)
    settlement = after_write(result, tried_before=intent.tries > 0)
    await _settle(work, intent, settlement)
    return settlement


async def _line(work: _Work, outcome: Outcome, line: Line, intents: Iterable[Intent]) -> None:
    for intent in intents:
        settlement = await _send(work, line, intent)
        if settlement.state is not IntentState.DONE:
            state = "waiting" if settlement.state is IntentState.INTENDED else settlement.state.value
            work.note(outcome, state, settlement.reason)
            return
    work.note(outcome, "done")


async def _new_lines(
    work: _Work, outcomes: Sequence[Outcome], fresh: Mapping[str, Fresh]
) -> tuple[tuple[Outcome, Line], ...]:
    """Commit the intents of lines that stand as they were planned; skip and report those that moved."""
    ready: dict[str, tuple[Outcome, Fresh]] = {}
    for outcome in outcomes:
        found = fresh.get(outcome.line_id)
        if found is None:
            work.note(outcome, "skipped", Reason.of("apply.line_gone", line=outcome.line_id))
        elif psa_digest(*found) != outcome.psa_digest:
            work.note(outcome, "skipped", Reason.of("apply.moved", line=outcome.line_id))
        else:
            ready[outcome.line_id] = outcome, found
    while stopped := [(one, why) for one, _ in ready.values() if (why := work.stopped(one)) is not None]:
        for outcome, why in stopped:
            work.note(outcome, "skipped", why)
            del ready[outcome.line_id]
    new = [intent for outcome, found in ready.values() for intent in _intents(work, outcome, found[2])]
    await work.ws.step(work.store.journal.intend, new, work.lease, now=work.ws.now())
    return tuple((outcome, found[0]) for outcome, found in ready.values())


async def _begun_lines(
    work: _Work, outcomes: Sequence[Outcome], fresh: Mapping[str, Fresh], begun: Mapping[str, tuple[Intent, ...]]
) -> tuple[tuple[Outcome, Line], ...]:
    """Lines that an earlier run had begun: they go on where the PSA still shows the units before the next change."""
    ready: list[tuple[Outcome, Line]] = []
    for outcome in outcomes:
        found = fresh.get(outcome.line_id)
        following = min(begun[outcome.line_id], key=lambda intent: intent.day)
        if found is not None and shown_by(found[2], following.day, following.before, following.after) is Shown.BEFORE:
            ready.append((outcome, found[0]))
            continue
        reason = Reason.of("apply.moved" if found else "apply.line_gone", line=outcome.line_id)
        for intent in begun[outcome.line_id]:
            await _settle(work, intent, Settlement(IntentState.SKIPPED, reason))
        work.note(outcome, "skipped", reason)
    return tuple(ready)


async def _batch(work: _Work, outcomes: Sequence[Outcome], progress: Progress | None) -> None:
    await work.hold_lease()
    fresh = await _fresh(work, [outcome.line_id for outcome in outcomes])
    begun = _by_line(await work.ws.step(work.store.journal.of_plan, work.plan.id))
    again = [outcome for outcome in outcomes if outcome.line_id in begun]
    first = [outcome for outcome in outcomes if outcome.line_id not in begun]
    ready = (*await _begun_lines(work, again, fresh, begun), *await _new_lines(work, first, fresh))
    waiting = _by_line(await work.ws.step(work.store.journal.of_plan, work.plan.id))
    place = {outcome.line_id: number for number, outcome in enumerate(outcomes)}
    for outcome, line in sorted(ready, key=lambda one: place[one[0].line_id]):
        intents = waiting.get(outcome.line_id, ())
        why = work.stopped(outcome)
        if why is None:
            await _line(work, outcome, line, intents)
        else:
            for intent in intents:
                await _settle(work, intent, Settlement(IntentState.SKIPPED, why))
            work.note(outcome, "skipped", why)
        if progress is not None:
            progress("apply", len(work.results), None)


def _by_line(intents: Iterable[Intent]) -> Mapping[str, tuple[Intent, ...]]:
    """Intents that are still to be sent, by line, in the order of their days."""
    found: dict[str, list[Intent]] = {}
    for intent in sorted(intents, key=lambda intent: intent.day):
        if intent.state is IntentState.INTENDED:
            found.setdefault(intent.line_id, []).append(intent)
    return {line: tuple(waiting) for line, waiting in found.items()}


async def _settle_open(work: _Work) -> tuple[LineResult, ...]:
    """Clear up what earlier runs left unclear, by looking at the PSA; nothing is sent here."""
    opened = await work.ws.step(work.store.journal.open_intents)
    for intent in opened:
        if is_entry(intent):
            await settle_entry(work.ws, work.psa, work.lease, intent, work.longest, work.plan.id)
    unclear = [intent for intent in opened if not is_entry(intent)]
    found = await look_again(work.ws, work.psa, work.lease, unclear, work.days, work.longest, work.plan.id)
    return tuple(
        LineResult(
            intent.line_id,
            "",
            "",
            (Adjustment(intent.line_id, intent.day, intent.change),),
            settlement.state.value,
            settlement.reason,
        )
        for intent, settlement in found
    )


def _outcomes_to_send(ws: Workspace, plan_id: str) -> tuple[Plan, tuple[Outcome, ...]]:
    store = ws.store
    plan = open_plan(store, ws, plan_id)
    outcomes = _approved(store, plan)
    if not outcomes:
        raise refused("apply.nothing_left", plan=plan_id)
    return plan, outcomes


async def _run(work: _Work, outcomes: tuple[Outcome, ...], progress: Progress | None) -> tuple[LineResult, ...]:
    settled = await _settle_open(work)
    blocked = await work.ws.step(open_lines, work.store)
    finished = await work.ws.step(finished_lines, work.store, work.plan.id)
    free: list[Outcome] = []
    for outcome in outcomes:
        if outcome.line_id in blocked:
            work.note(outcome, "unsettled", Reason.of("held.unsettled"))
        elif (last := finished.get(outcome.line_id)) is not None:  # just settled: it is not sent once more
            work.note(outcome, last.state.value, last.reason)
        else:
            free.append(outcome)
    lines = [outcome for outcome in free if outcome.kind is EntryKind.LINE]
    for batch in batches(lines, BATCH):
        await _batch(work, batch, progress)
    for outcome in free:
        if outcome.kind is not EntryKind.LINE:
            await work.hold_lease()
            created = await apply_entry(work.for_entries(), outcome)
            work.note(outcome, created.state, created.reason)
    return settled


async def apply(
    ws: Workspace, plan_id: str, progress: Progress | None = None, started: Started | None = None
) -> ApplyResult:
    """Write the approved outcomes of a plan to the PSA, each exactly once, and say what became of each line. `started`
    is told the run's id once it is on record.

    Raises UseCaseError: with exit code 4 `plan.expired`, `plan.superseded`, `apply.not_approved`, `apply.nothing_left`,
    `apply.read_only`, `apply.second_approval`; `apply.another_run` while another process holds the lease,
    `apply.lease_lost` when it was taken over; PsaReadError when the PSA cannot be read. In each case all that was sent
    is in the journal.
    """
    plan, outcomes = await ws.step(_outcomes_to_send, ws, plan_id)
    settings = await ws.step(ws.store.settings.get)
    days = plan_days(plan.as_of, settings, ())
    lease = await ws.step(_take_lease, ws)
    run = await ws.step(_start, ws, plan.id)
    if started is not None:
        started(run)
    async with kept(ws, lease):
        try:
            async with ws.psa() as psa:
                longest = timedelta(seconds=settings.settle_seconds)
                work = _Work(ws, psa, run, plan, lease, (days.first, days.last), longest)
                for outcome, reason in await ws.step(lacking_second, ws.store, plan):
                    work.note(outcome, "waiting", reason)
                with traced("apply", tenant=ws.store.tenant, plan=plan.id, run=run):
                    settled = await _run(work, outcomes, progress)
        except BaseException as error:
            await end_failed(ws, run, error)
            raise
        result = ApplyResult(run, plan.id, tuple(work.results.values()), settled)
        await ws.step(_finish, work, result)
    return result


def _start(ws: Workspace, plan_id: str) -> str:
    with ws.store.writing():
        ws.store.runs.end_cut_off(("apply",), now=ws.now())
        run = ws.store.runs.start("apply", ws.actor, now=ws.now())
        ws.store.runs.step(run, apply_step(plan_id), "started", {}, now=ws.now())
    return run


def _finish(work: _Work, result: ApplyResult) -> None:
    store = work.store
    with store.writing():
        states = sorted({line.state for line in result.lines})
        numbers = {state: result.count(state) for state in states}
        store.runs.step(work.run, "written", "done", numbers, now=work.ws.now())
        store.runs.finish(work.run, "done", (), now=work.ws.now())
