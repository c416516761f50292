"""Settle writes of unit costs: look what the PSA's catalogue says now, and write down what that means.

A cost is a value and not a difference, so writing it twice would do no harm; what would is writing it over somebody
else's. So it goes the way of every write: nothing is sent again before the first one cannot arrive any more.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from trueup.app.errors import failed
from trueup.app.margins.written_costs import WrittenCost, written_cost
from trueup.app.workspace import Workspace
from trueup.app.writes.sending import Settlement, still_on_its_way
from trueup.core.contract import Service
from trueup.core.reason import Reason
from trueup.psa.port import Psa
from trueup.store.journal import Intent, IntentState
from trueup.store.leases import Lease


async def service_now(psa: Psa, service_id: str) -> Service | None:
    """A catalogue entry as it is now; None where the PSA does not show it. Raises PsaReadError."""
    return next((one for one in await psa.read_services((service_id,)) if one.id == service_id), None)


def close_cost(ws: Workspace, lease: Lease, intent: Intent, settlement: Settlement) -> None:
    """Settle an intent and, once the cost is there, put it on record: one transaction.

    Raises UseCaseError `apply.lease_lost` when another run has taken over.
    """
    store, now = ws.store, ws.now()
    with store.writing():
        if not store.journal.settle(
            intent.id, settlement.state, settlement.reason, lease, now=now, not_sent=settlement.not_sent
        ):
            raise failed("apply.lease_lost")
        if settlement.state is IntentState.DONE:
            cost = written_cost(intent)
            detail = Reason.of(
                "audit.unit_cost_written",
                service=cost.service_id,
                name=cost.service,
                before=cost.before,
                after=cost.after,
                currency=cost.currency,
                plan=intent.plan_id,
            )
            store.audit.add(ws.actor, "unit_cost.written", detail, now=now)


def after_look(
    intent: Intent, cost: WrittenCost, service: Service | None, now: datetime, longest: timedelta, plan_id: str | None
) -> Settlement:
    """What a fresh catalogue entry means for an intent whose write was unclear. What did not arrive may be sent again
    by its own plan, and is closed for any other."""
    if service is None:
        return Settlement(IntentState.CONFLICT, Reason.of("journal.service_gone", service=cost.service_id))
    if service.cost == cost.after:
        return Settlement(IntentState.DONE, Reason.of("journal.cost_found", after=cost.after, currency=cost.currency))
    if service.cost != cost.before:
        told = Reason.of("journal.cost_neither", found=service.cost, currency=cost.currency)
        return Settlement(IntentState.CONFLICT, told)
    waiting = still_on_its_way(intent, now, longest)
    if waiting is not None:
        return waiting
    state = IntentState.INTENDED if intent.plan_id == plan_id else IntentState.SKIPPED
    return Settlement(state, Reason.of("journal.cost_not_found"))


async def settle_cost(
    ws: Workspace, psa: Psa, lease: Lease, intent: Intent, longest: timedelta, plan_id: str | None = None
) -> Settlement:
    """Clear up an unclear write of a unit cost by looking; sends nothing. Raises PsaReadError."""
    asked_at = ws.now()
    cost = written_cost(intent)
    service = await service_now(psa, cost.service_id)
    settlement = after_look(intent, cost, service, asked_at, longest, plan_id)
    await ws.step(close_cost, ws, lease, intent, settlement)
    return settlement
