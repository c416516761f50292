"""Settle intents: write down what came of each and agree with its line, and clear up what an earlier run left unclear.

A change counts as ours from the moment that it is known to be done, whoever found out: the run that sent it, or a
later one that looked. Both are written down in one transaction, so that no crash can make our own change look like a
person's edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from trueup.app.errors import failed
from trueup.app.late.entries import write_owed
from trueup.app.workspace import Workspace
from trueup.app.writes.sending import Settlement, after_looking
from trueup.core.by_hand.drift import KnownUnits
from trueup.core.outcome import Outcome
from trueup.core.planning.agreed import agreed_with
from trueup.psa.port import Psa
from trueup.store.journal import Intent, IntentState
from trueup.store.leases import Lease
from trueup.store.tenant_store import TenantStore

NOT_FINISHED = (IntentState.INTENDED, IntentState.SENT, IntentState.UNSETTLED)


def is_entry(intent: Intent) -> bool:
    """Whether an intent stands for something to create, and not for a change of a line's units."""
    return any(name == "entry" for name, _ in intent.details)


def open_lines(store: TenantStore) -> frozenset[str]:
    """Lines (and entries) of which a write is unclear."""
    return frozenset(intent.line_id for intent in store.journal.open_intents())


def finished_lines(store: TenantStore, plan_id: str) -> Mapping[str, Intent]:
    """The last change of each line of which nothing of the plan is left to send; one that failed before one that is
    done."""
    intents = store.journal.of_plan(plan_id)
    left = {intent.line_id for intent in intents if intent.state in NOT_FINISHED}
    ordered = sorted(intents, key=lambda intent: (intent.state is not IntentState.DONE, intent.day))
    return {intent.line_id: intent for intent in ordered if intent.line_id not in left}


def agree_on(store: TenantStore, outcome: Outcome, *, now: datetime) -> None:
    """Remember what a line's units are (or will be) once this outcome stands, so that a later edit shows as drift.

    What it found owed on days that can no longer be changed becomes a catch-up entry in the same transaction.
    """
    agree_on_all(store, (outcome,), store.psa.known([outcome.line_id]), now=now)


def agree_on_all(
    store: TenantStore, outcomes: Iterable[Outcome], known: Mapping[str, KnownUnits], *, now: datetime
) -> None:
    """The same for many lines; `known` is what was agreed with until now."""
    found = tuple(outcomes)
    with store.writing():
        agreed = {one.line_id: agreed_with(known.get(one.line_id), one) for one in found}
        store.psa.set_known_many(agreed, now=now)
        for one in found:
            write_owed(store, one, now=now)


def settle(store: TenantStore, intent: Intent, settlement: Settlement, lease: Lease, *, now: datetime) -> None:
    """Write down what came of an intent; once it is done, the units that it led to are the ones agreed with.

    Raises UseCaseError `apply.lease_lost` when another run has taken over.
    """
    state, reason = settlement.state, settlement.reason
    with store.writing():
        if not store.journal.settle(intent.id, state, reason, lease, now=now, not_sent=settlement.not_sent):
            raise failed("apply.lease_lost")
        if state is IntentState.DONE:
            _agree(store, intent, now)


def _agree(store: TenantStore, intent: Intent, now: datetime) -> None:
    line = intent.line_id
    outcome = next((found for _, found in store.plans.outcomes(intent.plan_id, line_id=line)), None)
    if outcome is None:
        return
    ours = [other for other in store.journal.of_line(line) if other.plan_id == intent.plan_id]
    if all(other.state is IntentState.DONE for other in ours):
        agree_on(store, outcome, now=now)
        if outcome.counts_by:
            store.rails.agree_on_definitions({line: dict(outcome.counts_by)}, now=now)
        return
    known = store.psa.known([line]).get(line) or KnownUnits((), outcome.cutover or intent.day)
    store.psa.set_known(line, replace(known, steps=intent.after, adopted=True), now=now)


async def look_again(
    ws: Workspace,
    psa: Psa,
    lease: Lease,
    unclear: Iterable[Intent],
    days: tuple[date, date],
    longest: timedelta,
    plan_id: str | None = None,
) -> tuple[tuple[Intent, Settlement], ...]:
    """Settle unclear changes of lines by reading them back; nothing is sent. Raises PsaReadError.

    What turns out not to have arrived goes back to `intended` if its plan is `plan_id`; else it is closed, and a later
    plan decides anew.
    """
    intents = tuple(unclear)
    if not intents:
        return ()
    first = min(*(intent.day for intent in intents), days[0])
    asked_at = ws.now()  # before the look: what it shows is no younger than this, however long the answer takes
    rows = dict(await psa.read_units(sorted({intent.line_id for intent in intents}), first, days[1]))
    found: list[tuple[Intent, Settlement]] = []
    for intent in intents:
        settlement = after_looking(intent, rows.get(intent.line_id, ()), asked_at, longest)
        if settlement.state is IntentState.INTENDED and intent.plan_id != plan_id:
            settlement = Settlement(IntentState.SKIPPED, settlement.reason)
        await ws.step(settle, ws.store, intent, settlement, lease, now=ws.now())
        found.append((intent, settlement))
    return tuple(found)
