"""Write an approved unit cost into the PSA's catalogue, once: looked at first, journalled before the write, settled by
looking. The states are those of `trueup.app.writes.applying_entries`."""

from __future__ import annotations

from trueup.app.errors import failed
from trueup.app.margins.written_costs import details_of
from trueup.app.plans.planning_costs import not_written
from trueup.app.workspace import Workspace
from trueup.app.writes.entry_work import EntryResult, EntryWork
from trueup.app.writes.sending import Settlement, after_write, window_of
from trueup.app.writes.settling_costs import close_cost, service_now, settle_cost
from trueup.core.margins.unit_cost import cost_digest
from trueup.core.outcome import CostChange, Outcome
from trueup.core.reason import Reason
from trueup.core.usage import Certainty
from trueup.psa.port import NewCost, PsaReadError
from trueup.store.journal import UNCLEAR, Intent, IntentState, NewIntent


def _told(outcome: Outcome, state: str, reason: Reason | None = None) -> EntryResult:
    return EntryResult(outcome.line_id, outcome.kind, outcome.service_name, state, reason)


def _barred(ws: Workspace, ability: Certainty | None) -> Reason | None:
    """That unit costs may not be written any more, whatever held when the plan was made."""
    barred = not_written(ws.store.settings.get(), ability)
    return None if barred is None else Reason.of("apply.unit_costs_not_allowed")


def _last_intent(work: EntryWork, outcome: Outcome) -> Intent | None:
    found = work.ws.store.journal.of_line(outcome.line_id)
    return found[-1] if found else None


def _intend(work: EntryWork, outcome: Outcome, cost: CostChange) -> Intent:
    """The intent to claim: one that an earlier try of this plan left, else a new one, committed now."""
    store = work.ws.store
    with store.writing():
        last = _last_intent(work, outcome)
        if last is not None and last.plan_id == work.plan.id and last.state is IntentState.INTENDED:
            return last
        details = details_of(outcome, cost)
        new = NewIntent(work.run_id, work.plan.id, outcome.line_id, work.plan.as_of, 0, (), (), outcome.digest, details)
        numbers = store.journal.intend((new,), work.lease, now=work.ws.now())
        return store.journal.get(numbers[0])


def _leave(work: EntryWork, outcome: Outcome, reason: Reason) -> EntryResult:
    """Send nothing; an intent that an earlier try left is closed."""
    last = _last_intent(work, outcome)
    if last is not None and last.plan_id == work.plan.id and last.state is IntentState.INTENDED:
        close_cost(work.ws, work.lease, last, Settlement(IntentState.SKIPPED, reason))
    return _told(outcome, "skipped", reason)


async def _moved(work: EntryWork, outcome: Outcome, cost: CostChange) -> Reason | None:
    """Why a cost is not written any more: the catalogue has another one by now. Raises PsaReadError."""
    service = await service_now(work.psa, outcome.service_id)
    if service is None:
        return Reason.of("apply.service_gone", service=outcome.service_name)
    if cost_digest(service) == outcome.psa_digest:
        return None
    if service.cost == cost.after:
        return Reason.of("apply.cost_there", service=outcome.service_name, after=cost.after, currency=cost.currency)
    return Reason.of(
        "apply.cost_moved",
        service=outcome.service_name,
        found=service.cost,
        before=cost.before,
        currency=cost.currency,
    )


async def apply_cost(work: EntryWork, outcome: Outcome, cost: CostChange) -> EntryResult:
    """Write one approved unit cost, once, and say what became of it.

    Raises UseCaseError `apply.lease_lost`; a PSA that cannot be asked is a result (`waiting`), and nothing was sent.
    """
    ws = work.ws
    try:
        last = await ws.step(_last_intent, work, outcome)
        if last is not None and last.state in UNCLEAR:
            settled = await settle_cost(ws, work.psa, work.lease, last, work.longest, work.plan.id)
            if settled.state is not IntentState.INTENDED:
                return _told(outcome, settled.state.value, settled.reason)
        barred = await ws.step(_barred, ws, work.psa.capabilities.unit_cost)
        reason = barred or await _moved(work, outcome, cost)
    except PsaReadError as error:
        return _told(outcome, "waiting", error.failure.reason)
    if reason is not None:
        return await ws.step(_leave, work, outcome, reason)
    intent = await ws.step(_intend, work, outcome, cost)
    now = ws.now()
    window = window_of(ws.clock, now, work.longest)
    if not await ws.step(ws.store.journal.claim, intent.id, work.lease, now=now):
        raise failed("apply.lease_lost")
    result = await work.psa.set_unit_cost(NewCost(outcome.service_id, cost.after), window)
    settlement = after_write(result, tried_before=intent.tries > 0)
    await ws.step(close_cost, ws, work.lease, intent, settlement)
    state = "waiting" if settlement.state is IntentState.INTENDED else settlement.state.value
    return _told(outcome, state, settlement.reason)
