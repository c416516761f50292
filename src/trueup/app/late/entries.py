"""Catch-up entries: written down when a plan is agreed with, listed, and settled by a person. Never sent to a PSA."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from trueup.app.errors import Exit, UseCaseError
from trueup.app.workspace import Workspace
from trueup.core.late.owed import OwedPeriod, combined, without
from trueup.core.money import sum_by_currency
from trueup.core.outcome import Outcome
from trueup.core.reason import Reason
from trueup.store.catch_up import OPEN, REOPENED, SETTLED, STATES, WAITING, CatchUp, EntryOf
from trueup.store.tenant_store import TenantStore


def _of(outcome: Outcome) -> EntryOf:
    return EntryOf(
        outcome.line_id, outcome.customer_name, outcome.contract_name, outcome.service_name, outcome.currency
    )


def write_owed(store: TenantStore, outcome: Outcome, *, now: datetime) -> None:
    """Write down what an outcome that is agreed with found owed, and close what it planned again."""
    if outcome.reopened:
        store.catch_up.replan(_of(outcome), outcome.reopened, now=now)
    if outcome.owed:
        store.catch_up.take(_of(outcome), outcome.owed, now=now)


def mark_reopened(store: TenantStore, outcomes: Iterable[Outcome], *, now: datetime) -> None:
    """Entries whose days may be planned again say so until that is done, or until they are posted once more."""
    waiting = store.catch_up.list(states=WAITING)
    if not waiting:
        return
    reopened = {one.line_id: one.reopened for one in outcomes if one.reopened}
    for entry in waiting:
        spans = reopened.get(entry.of.line_id, ())
        state = REOPENED if without(entry.owed, spans).spans != entry.owed.spans else OPEN
        if state != entry.state:
            store.catch_up.mark(entry.id, state, now=now)


def unbilled_days(store: TenantStore) -> dict[str, tuple[tuple[date, date], ...]]:
    """Days of waiting entries, by line."""
    found: dict[str, list[tuple[date, date]]] = {}
    for entry in store.catch_up.list(states=WAITING):
        found.setdefault(entry.of.line_id, []).extend((span.first, span.last) for span in entry.owed.spans)
    return {line: tuple(sorted(spans)) for line, spans in found.items()}


def catch_up_notes(store: TenantStore, outcomes: Iterable[Outcome]) -> tuple[Reason, ...]:
    """One note a currency for a plan: how many entries wait, those included that this plan finds, and their sum."""
    owed: dict[tuple[str, date], tuple[OwedPeriod, str | None]] = {
        (one.of.line_id, one.owed.period_start): (one.owed, one.of.currency)
        for one in store.catch_up.list(states=WAITING)
    }
    for outcome in outcomes:
        for period in outcome.owed:
            place = (outcome.line_id, period.period_start)
            known = owed.get(place)
            owed[place] = (combined(known[0], period) if known else period, outcome.currency)
    counts: dict[str | None, int] = {}
    amounts: list[tuple[str | None, Decimal]] = []
    for period, currency in owed.values():
        if period.spans:
            counts[currency] = counts.get(currency, 0) + 1
            amounts.append((currency, period.amount or Decimal(0)))
    totals = sum_by_currency(amounts)
    return tuple(
        Reason.of("plan.catch_up", entries=counts[currency], amount=total, currency=currency)
        for currency, total in sorted(totals.items(), key=lambda one: one[0] or "")
    )


def _wrong(code: str, **params: str) -> UseCaseError:
    return UseCaseError(Reason.of(code, **params), Exit.USAGE)


def _listing(ws: Workspace, states: tuple[str, ...], line_id: str | None) -> tuple[CatchUp, ...]:
    return ws.store.catch_up.list(line_id=line_id, states=states or None)


async def listing(ws: Workspace, state: str | None = "waiting", line_id: str | None = None) -> tuple[CatchUp, ...]:
    """Entries, oldest first: those that wait (`waiting`), those in one state, or all (None). Raises UseCaseError
    `catch_up.unknown_state`."""
    if state is not None and state not in ("waiting", *STATES):
        raise _wrong("catch_up.unknown_state", state=state, known=", ".join(("waiting", *STATES)))
    states = WAITING if state == "waiting" else () if state is None else (state,)
    return await ws.step(_listing, ws, states, line_id)


def _settle(ws: Workspace, entry_id: str, as_: str, reason: str) -> CatchUp:
    with ws.store.writing():
        entry = ws.store.catch_up.get(entry_id)
        if entry.state not in WAITING:
            raise UseCaseError(Reason.of("catch_up.closed", entry=entry_id, state=entry.state), Exit.REFUSED)
        ws.store.catch_up.settle(entry_id, as_, ws.actor, reason, now=ws.now())
        detail = Reason.of(
            "audit.catch_up_settled",
            entry=entry_id,
            line=entry.of.line_id,
            state=as_,
            amount=entry.amount,
            currency=entry.of.currency,
            reason=reason,
        )
        ws.store.audit.add(ws.actor, "catch_up.settled", detail, now=ws.now())
        run = ws.store.runs.start("catch-up", ws.actor, now=ws.now())
        ws.store.runs.finish(run, "done", (detail,), now=ws.now())
        return ws.store.catch_up.get(entry_id)


async def settle(ws: Workspace, entry_id: str, as_: str, reason: str) -> CatchUp:
    """A person's word on an entry: `billed` (invoiced by hand, outside of Trueup) or `waived`, with the reason.

    Raises UseCaseError `catch_up.settle_as`, `catch_up.reason_needed` (exit 2), `catch_up.closed` (exit 4);
    StoreError `store.unknown_catch_up`.
    """
    if as_ not in SETTLED:
        raise _wrong("catch_up.settle_as", value=as_, known=", ".join(SETTLED))
    if not reason.strip():
        raise _wrong("catch_up.reason_needed", entry=entry_id)
    return await ws.step(_settle, ws, entry_id, as_, reason.strip())
