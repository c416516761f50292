"""What the PSA then billed: posted items of the lines that a run changed, beside what the plan had previewed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trueup.app.workspace import Workspace
from trueup.core.contract import UnitRow, units_on
from trueup.core.late.billed import BilledProof, formula_behind
from trueup.core.money import to_cents
from trueup.core.outcome import Adjustment, Outcome
from trueup.core.period import Period
from trueup.core.reason import Reason
from trueup.psa.port import BilledItem, Psa, PsaReadError
from trueup.store.journal import Intent
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class BilledShown:
    """Compared items of a run's lines; `problem` says why the PSA would not show its items."""

    proofs: tuple[BilledProof, ...] = ()
    problem: Reason | None = None


def _of_change(
    item: BilledItem, made: Mapping[tuple[str, date], tuple[Intent, Adjustment, Decimal]]
) -> BilledProof | None:
    found = made.get((item.line_id, item.day))
    if found is None:
        return None
    intent, adjustment, price = found
    start, end = adjustment.period_start, adjustment.period_end
    if adjustment.amount is None or start is None or end is None:
        return None
    formula: str | None = "other_quantity"
    if item.quantity == intent.change:
        formula = formula_behind(intent.change, price, item.day, Period(start, end), item.amount)
    return BilledProof(
        item.id, item.line_id, item.day, "change", item.quantity, adjustment.amount, item.amount, formula, intent.id
    )


def _of_period(item: BilledItem, outcome: Outcome, rows: tuple[UnitRow, ...]) -> BilledProof | None:
    if outcome.price is None:
        return None
    previewed = to_cents(units_on(rows, item.day) * outcome.price)
    formula = None if previewed == item.amount else "unknown"
    return BilledProof(item.id, item.line_id, item.day, "period", item.quantity, previewed, item.amount, formula)


def _compared(
    items: Iterable[BilledItem],
    intents: Iterable[Intent],
    outcomes: Mapping[str, Outcome],
    rows: Mapping[str, tuple[UnitRow, ...]],
) -> tuple[BilledProof, ...]:
    made: dict[tuple[str, date], tuple[Intent, Adjustment, Decimal]] = {}
    since: dict[str, date] = {}
    for intent in intents:
        outcome = outcomes[intent.line_id]
        since[intent.line_id] = min(intent.day, since.get(intent.line_id, intent.day))
        for adjustment in outcome.adjustments:
            if adjustment.day == intent.day and outcome.price is not None:
                made[intent.line_id, intent.day] = (intent, adjustment, outcome.price)
    found: list[BilledProof] = []
    for item in items:
        if item.of_change:
            proof = _of_change(item, made)
        elif item.day >= since[item.line_id]:
            proof = _of_period(item, outcomes[item.line_id], rows.get(item.line_id, ()))
        else:
            proof = None
        if proof is not None:
            found.append(proof)
    return tuple(found)


async def billed_of(
    ws: Workspace,
    psa: Psa,
    intents: tuple[Intent, ...],
    outcomes: Mapping[str, Outcome],
    rows: Mapping[str, tuple[UnitRow, ...]],
    last: date,
) -> BilledShown:
    """Read the posted items of lines that were changed, compare them with the previews, and keep the comparison.

    Changes that start a period have no item of their own: the period's item has their units. That items may not be read
    is part of the answer, because a proof of units does not need them.
    """
    if not intents or not psa.capabilities.reads_billed:
        return BilledShown()
    lines, since = sorted({intent.line_id for intent in intents}), min(intent.day for intent in intents)
    try:
        items = await psa.read_billed(lines, since, last)
    except PsaReadError as error:
        return BilledShown(problem=error.failure.reason)
    proofs = _compared(items, intents, outcomes, rows)
    await ws.step(_keep, ws.store, ws, proofs, lines, since)
    return BilledShown(proofs)


def _keep(store: TenantStore, ws: Workspace, proofs: tuple[BilledProof, ...], lines: list[str], since: date) -> None:
    with store.writing():
        before = store.billed.proven()
        for line_id in lines:  # what was un-posted since is no proof any more
            store.billed.forget(line_id, since)
        store.billed.keep(proofs, now=ws.now())
        agreed, differed = store.billed.counts()
        if not before and store.billed.proven():
            detail = Reason.of("audit.amounts_proven", items=agreed)
            store.audit.add("system", "amounts.proven", detail, now=ws.now())
        elif before and differed:
            detail = Reason.of("audit.amounts_differ", items=differed)
            store.audit.add("system", "amounts.differ", detail, now=ws.now())


def billed_notes(store: TenantStore) -> tuple[Reason, ...]:
    """For a plan: what posted items of changes say of previewed amounts, once there are any."""
    agreed, differed = store.billed.counts()
    if differed:
        return (Reason.of("plan.billed_differs", items=differed, agreed=agreed),)
    return (Reason.of("plan.billed_agrees", items=agreed),) if store.billed.proven() else ()
