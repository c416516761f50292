"""How each tenant stands, for whoever runs the installation: last night, what waits, money, modules. No customer, no
line and no name of a person is among it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from trueup.app.people.installation import Installation
from trueup.app.schedule.states import ModuleStatus, states_of
from trueup.app.workspace import Workspace
from trueup.core.money import sum_by_currency
from trueup.core.reason import Reason
from trueup.store.errors import StoreError
from trueup.store.plan_projection import Part

IN_TROUBLE: Final = frozenset({ModuleStatus.FAILED, ModuleStatus.BLOCKED, ModuleStatus.PARTIAL, ModuleStatus.STALE})


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount a month in one currency; None where a contract says none."""

    currency: str | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TenantStanding:
    """One tenant. `night` is when the last round ended and whether it failed; `waiting` counts the lines of the newest
    plan that wait for a person, `billed` is what its lines bill a month, `unsettled` writes whose end is not known.
    Where a tenant cannot be read, `trouble` says why and the rest is empty."""

    tenant: str
    name: str = ""
    suspended: bool = False
    night: datetime | None = None
    night_failed: bool = False
    planned: date | None = None
    waiting: int = 0
    billed: tuple[Amount, ...] = ()
    modules: int = 0
    modules_in_trouble: int = 0
    unsettled: int = 0
    trouble: Reason | None = None


def _standing(ws: Workspace) -> TenantStanding:
    store = ws.store
    with store.reading():
        settings = store.settings.get()
        night = next(iter(store.runs.list(kind="night", limit=1)), None)
        newest = next(iter(store.plans.list(limit=1)), None)
        totals = store.plan_totals.of(newest.plan.id) if newest is not None else ()
        states = states_of(ws)
        unsettled = len(store.journal.open_intents())
    billed = sum_by_currency((total.currency or settings.currency, total.recurring) for total in totals)
    return TenantStanding(
        tenant=store.tenant,
        name=settings.name,
        suspended=settings.suspended,
        night=night.finished_at if night is not None else None,
        night_failed=night is not None and night.status == "failed",
        planned=newest.plan.as_of if newest is not None else None,
        waiting=sum(total.lines for total in totals if total.part is Part.WAITS),
        billed=tuple(Amount(currency, amount) for currency, amount in billed.items()),
        modules=len(states),
        modules_in_trouble=sum(1 for state in states if state.stands in IN_TROUBLE),
        unsettled=unsettled,
    )


async def standings(house: Installation, workspace_of: Callable[[str], Workspace]) -> tuple[TenantStanding, ...]:
    """Every tenant, by name; one that cannot be read hides no other."""

    def one(tenant: str) -> TenantStanding:
        try:
            return _standing(workspace_of(tenant))
        except StoreError as error:
            return TenantStanding(tenant, trouble=error.reason)

    return tuple([await house.step(one, tenant) for tenant in await house.step(house.database.tenants)])
