"""Unit costs that the PSA's catalogue should have, by what vendors ask: a list for a person, from the store alone.
A plan has them as entries of their own (`trueup.app.plans.planning_costs`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trueup.app.clock import usage_day
from trueup.app.counting.vocabulary import vocabulary
from trueup.app.workspace import Workspace
from trueup.core.contract import Contract, Line, Service
from trueup.core.margins.unit_cost import AskedCost, CostFacts, NoCost, asked_costs
from trueup.core.reason import Reason
from trueup.core.rule import Rule


@dataclass(frozen=True, slots=True)
class UnitCost:
    """A service whose units follow what a vendor asks for. `cost` is what one unit costs in one period of the service,
    `known` what the PSA's catalogue says (None: nothing)."""

    service_id: str
    service: str
    known: Decimal | None
    cost: Decimal
    currency: str
    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoUnitCost:
    """A service for which vendors' prices give no single cost, and why."""

    service_id: str
    service: str
    known: Decimal | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class UnitCostList:
    """Services whose unit cost is not what vendors ask, and those of which that cannot be said."""

    costs: tuple[UnitCost, ...]
    without: tuple[NoUnitCost, ...]


def costs_asked(
    ws: Workspace,
    day: date,
    rules: tuple[Rule, ...],
    services: Iterable[Service],
    contracts: Iterable[Contract],
    lines: Iterable[Line],
) -> tuple[tuple[AskedCost, ...], tuple[NoCost, ...]]:
    """What vendors ask for the units of these services on a day, and where that is no single cost; a part of a step."""
    in_force = {one.id for one in contracts if one.covers(day)}
    return asked_costs(
        CostFacts(
            day=day,
            currency=ws.store.settings.get().currency,
            services={one.id: one for one in services},
            rules=rules,
            types=vocabulary(ws).types.keys(),
            prices=ws.store.vendors.prices(),
            used={one.service_id for one in lines if one.contract_id in in_force},
        )
    )


def _costs(ws: Workspace, day: date | None) -> UnitCostList:
    store = ws.store
    with store.reading():
        when = day or usage_day(ws.now(), store.settings.get())
        psa = store.psa
        asked, without = costs_asked(
            ws, when, store.rules.list(), psa.services(), psa.contracts(with_gone=True), psa.lines()
        )
    costs = tuple(
        UnitCost(one.service.id, one.service.name, one.service.cost, one.cost, one.currency, one.metrics)
        for one in asked
        if not one.right
    )
    return UnitCostList(
        costs, tuple(NoUnitCost(one.service.id, one.service.name, one.service.cost, one.reason) for one in without)
    )


async def unit_costs(ws: Workspace, day: date | None = None) -> UnitCostList:
    """Services whose unit cost in the PSA is not what vendors ask on a day (None: today), and those of which no single
    cost can be said (codes `unit_cost.*`). Nothing is written."""
    return await ws.step(_costs, ws, day)
