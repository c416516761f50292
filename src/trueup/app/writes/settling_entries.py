"""Settle writes of new services and lines: look whether the PSA has them, and write down what that means.

Not found is not the same as not there. A look that failed settles nothing, and one that does not even show the contract
in question says nothing about its lines.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from trueup.app.errors import failed
from trueup.app.margins.written_costs import is_cost
from trueup.app.workspace import Workspace
from trueup.app.writes.sending import Settlement, still_on_its_way
from trueup.app.writes.settling import agree_on
from trueup.app.writes.settling_costs import settle_cost
from trueup.core.contract import units_on
from trueup.core.outcome import EntryKind, Outcome
from trueup.core.reason import Reason
from trueup.psa.port import Psa
from trueup.store.journal import Intent, IntentState
from trueup.store.leases import Lease
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class EntryLook:
    """What the PSA shows of what an entry wants: its id where it is there, and a line's units on its first day.
    `place_seen` is false where the contract itself was not shown, so that nothing follows from a missing line."""

    created: str | None = None
    units: int | None = None
    place_seen: bool = True


async def look_up(psa: Psa, intent: Intent) -> EntryLook:
    """Ask the PSA now. Raises PsaReadError."""
    body = dict(intent.details)
    if body["entry"] == EntryKind.CREATE_SERVICE:
        services = await psa.find_services(body["name"])
        return EntryLook(services[0] if services else None)
    snapshot = await psa.read(intent.day, intent.day)
    place = (body["contract"], body["service"])
    line = next((line for line in snapshot.lines if (line.contract_id, line.service_id) == place), None)
    if line is None:
        return EntryLook(place_seen=any(contract.id == body["contract"] for contract in snapshot.contracts))
    return EntryLook(line.id, units_on(dict(snapshot.rows).get(line.id, ()), intent.day))


def planned_outcome(store: TenantStore, intent: Intent) -> Outcome | None:
    """What the plan of an intent says of it."""
    return next((found for _, found in store.plans.outcomes(intent.plan_id, line_id=intent.line_id)), None)


def close(ws: Workspace, lease: Lease, intent: Intent, settlement: Settlement, created: str | None) -> None:
    """Settle an intent and, where what it wanted is there, close its request: one transaction.

    Raises UseCaseError `apply.lease_lost` when another run has taken over.
    """
    store, now = ws.store, ws.now()
    with store.writing():
        if not store.journal.settle(
            intent.id, settlement.state, settlement.reason, lease, now=now, not_sent=settlement.not_sent
        ):
            raise failed("apply.lease_lost")
        if settlement.state is IntentState.DONE:
            store.entries.end(intent.line_id, "done", now=now, created_id=created)
            outcome = planned_outcome(store, intent)
            if outcome is not None and outcome.kind is EntryKind.ADD_LINE and created is not None:
                agree_on(store, replace(outcome, line_id=created), now=now)
            detail = Reason.of("audit.entry_created", id=intent.line_id, created=created, plan=intent.plan_id)
            store.audit.add(ws.actor, "entry.created", detail, now=now)


async def settle_entry(
    ws: Workspace, psa: Psa, lease: Lease, intent: Intent, longest: timedelta, plan_id: str | None = None
) -> Settlement:
    """Clear up an unclear write of an entry by looking; sends nothing. Raises PsaReadError.

    Not there proves nothing until it cannot arrive any more; after that the intent may be sent again by its own plan
    (`plan_id`), and is closed for any other.
    """
    if is_cost(intent):
        return await settle_cost(ws, psa, lease, intent, longest, plan_id)
    asked_at = ws.now()
    look = await look_up(psa, intent)
    waiting = still_on_its_way(intent, asked_at, longest)
    if look.created is not None:
        settlement = Settlement(IntentState.DONE, Reason.of("journal.entry_found", id=look.created))
    elif waiting is not None:
        settlement = waiting
    elif not look.place_seen:
        settlement = Settlement(IntentState.CONFLICT, Reason.of("journal.entry_place_gone"))
    else:
        state = IntentState.INTENDED if intent.plan_id == plan_id else IntentState.SKIPPED
        settlement = Settlement(state, Reason.of("journal.entry_not_found"))
    await ws.step(close, ws, lease, intent, settlement, look.created)
    return settlement
