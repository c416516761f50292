"""Taking back unit costs that a run wrote: the opposite, where what the run wrote is still there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trueup.app.margins.written_costs import WrittenCost, is_cost, written_cost
from trueup.app.plans.planning_costs import CostsBefore, cost_outcome, held_cost, margin_of, not_written
from trueup.core.contract import Service
from trueup.core.outcome import CostChange, Outcome, OutcomeStatus
from trueup.core.reason import Reason
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.core.usage import Certainty
from trueup.store.journal import UNCLEAR, Intent, IntentState
from trueup.store.tenant_store import TenantStore


def _stays(then: Outcome, reason: Reason) -> Outcome:
    """What the run wrote stays: an entry that waits, with nothing to send."""
    return Outcome(
        line_id=then.line_id,
        status=OutcomeStatus.HELD,
        customer_id="",
        contract_id="",
        service_id=then.service_id,
        before=None,
        after=None,
        effective=None,
        reasons=(reason,),
        currency=then.currency,
        kind=then.kind,
        mode=then.mode,
        psa_digest=then.psa_digest,
        digest=then.digest,
        service_name=then.service_name,
    )


def _barred(run: str, intent: Intent, cost: WrittenCost, service: Service | None, newest: Intent) -> Reason | None:
    """Why what a run wrote cannot be taken back; None where it can."""
    if intent.state in UNCLEAR:
        return Reason.of("held.unsettled")
    if service is None:
        return Reason.of("held.undo_cost_gone", run=run, service=cost.service)
    if newest.id != intent.id:
        return Reason.of("held.undo_cost_later", run=run, later=newest.run_id)
    if service.cost != cost.after:
        return Reason.of(
            "held.undo_cost_edited", run=run, found=service.cost, expected=cost.after, currency=cost.currency
        )
    if cost.before is None:
        return Reason.of("held.undo_cost_none", run=run, currency=cost.currency, after=cost.after)
    return None


def costs_undone(
    store: TenantStore,
    run: str,
    intents: Iterable[Intent],
    outcomes: Mapping[str, Outcome],
    services: Iterable[Service],
    settings: TenantSettings,
    ability: Certainty | None,
) -> tuple[Outcome, ...]:
    """The opposite of each unit cost that a run wrote, or why it stays; a part of a step."""
    known, before = {one.id: one for one in services}, CostsBefore(store)
    mode = (Mode.READ_ONLY if settings.mode is Mode.READ_ONLY else Mode.MANUAL).value
    found: list[Outcome] = []
    for intent in intents:
        if not is_cost(intent):
            continue
        cost, then = written_cost(intent), outcomes[intent.line_id]
        service = known.get(cost.service_id)
        done = [one for one in before.of(intent.line_id) if one.state is IntentState.DONE]
        barred = _barred(run, intent, cost, service, done[-1] if done else intent)
        if barred is not None or service is None or cost.before is None:
            found.append(_stays(then, barred or Reason.of("held.undo_cost_gone", run=run, service=cost.service)))
            continue
        units, months = then.cost.units if then.cost else 0, then.period_months or 1
        margin = margin_of(service.cost, cost.before, units, months)
        change = CostChange(service.cost, cost.before, cost.currency, units, margin)
        reasons = (
            Reason.of("change.unit_cost_back", run=run, before=service.cost, after=cost.before, currency=cost.currency),
            Reason.of("note.unit_cost_margin", units=units, margin=margin, currency=cost.currency),
        )
        back = cost_outcome(service, change, reasons, months=months, mode=mode)
        closed = not_written(settings, ability)
        found.append(back if closed is None else held_cost(back, closed))
    return tuple(found)
