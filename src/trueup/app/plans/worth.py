"""What a plan is worth and how its lines stand, without reading its chains: by status and currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from trueup.app.workspace import Workspace
from trueup.core.money import sum_by_currency
from trueup.core.outcome import OutcomeStatus
from trueup.store.plans import StoredPlan
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class Worth:
    """What the lines of one status in one currency are worth: `monthly` a month, `now` in the open periods. `unpriced`
    lines have no price, and no amount speaks of them."""

    status: OutcomeStatus
    currency: str | None
    lines: int
    unpriced: int
    monthly: Decimal
    now: Decimal


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A plan without its outcomes: its state, and so many lines of each status. `totals` is empty in lists."""

    stored: StoredPlan
    counts: Mapping[str, int]
    totals: tuple[Worth, ...] = ()


def worth_of(store: TenantStore, plan_id: str) -> tuple[Worth, ...]:
    """Totals of a plan, by status and currency; a contract without a currency has the tenant's."""
    own = store.settings.get().currency
    groups: dict[tuple[OutcomeStatus, str | None], list[tuple[Decimal | None, Decimal | None]]] = defaultdict(list)
    for status, currency, recurring, amount in store.plans.amounts(plan_id):
        groups[status, currency or own].append((recurring, amount))
    return tuple(
        Worth(
            status,
            currency,
            len(rows),
            sum(1 for recurring, _ in rows if recurring is None),
            sum_by_currency((currency, recurring or Decimal(0)) for recurring, _ in rows)[currency],
            sum_by_currency((currency, amount or Decimal(0)) for _, amount in rows)[currency],
        )
        for (status, currency), rows in sorted(groups.items(), key=lambda one: (one[0][0], one[0][1] or ""))
    )


def _shown(store: TenantStore, stored: StoredPlan) -> PlanShown:
    totals = worth_of(store, stored.plan.id)
    counts: dict[str, int] = defaultdict(int)
    for one in totals:
        counts[one.status.value] += one.lines
    return PlanShown(stored, dict(counts), totals)


def _plan(store: TenantStore, plan_id: str) -> PlanShown:
    with store.reading():
        return _shown(store, store.plans.head(plan_id))


async def plan_shown(ws: Workspace, plan_id: str) -> PlanShown:
    """One plan. Raises StoreError `store.unknown_plan`."""
    return await ws.step(_plan, ws.store, plan_id)


async def plans_shown(ws: Workspace, behind: int | None, limit: int) -> tuple[tuple[int, StoredPlan], ...]:
    """Plans without their outcomes, newest first, each with its place; from the one behind `behind` on."""
    return await ws.step(ws.store.plans.before, behind, limit)
