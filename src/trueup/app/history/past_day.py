"""What was in force on a past day: rules, mappings, the plan, units of lines, readings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from trueup.app.clock import end_of_usage_day, usage_day
from trueup.app.connections.known_psa import PsaNames
from trueup.app.errors import Exit, UseCaseError
from trueup.app.workspace import Workspace
from trueup.core.quantities.allocation import AllocationGroup
from trueup.core.reason import Reason
from trueup.core.rule import Rule
from trueup.core.usage import Coverage
from trueup.store.metrics import DefinedMetric
from trueup.store.plans import OPEN, StoredPlan


@dataclass(frozen=True, slots=True)
class MappedThen:
    """A decision on an organization as it held that day; `customer_id` None: it was not billed."""

    connection: str
    organization: str
    customer_id: str | None
    customer_name: str | None
    item_filter: str | None
    decided_by: str


@dataclass(frozen=True, slots=True)
class UnitsThen:
    """Units of a line in the PSA on that day, as they were last read for it."""

    line_id: str
    customer_id: str
    customer_name: str
    service_name: str
    units: int


@dataclass(frozen=True, slots=True)
class ReadingThen:
    """A reading of that day, as it was last collected."""

    connection: str
    metric: str
    organization: str
    value: Decimal
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class PlanThen:
    """The newest plan at the end of that day, and the state that it was in then."""

    plan_id: str
    as_of: date
    state: str
    lines: int


@dataclass(frozen=True, slots=True)
class PastDay:
    """One usage day: rules, groups and metrics when it closed (as the night's plan saw them), mappings and units that
    held on it, readings that were delivered for it (none where nothing was)."""

    day: date
    rules: tuple[Rule, ...]
    groups: tuple[AllocationGroup, ...]
    metrics: tuple[DefinedMetric, ...]
    mappings: tuple[MappedThen, ...]
    plan: PlanThen | None
    units: tuple[UnitsThen, ...]
    readings: tuple[ReadingThen, ...]


def _plan_then(ws: Workspace, moment: datetime) -> PlanThen | None:
    stored = ws.store.plans.newest_at(moment)
    if stored is None:
        return None
    lines = sum(1 for _ in ws.store.plans.amounts(stored.plan.id))
    return PlanThen(stored.plan.id, stored.plan.as_of, _state_then(stored, moment), lines)


def _state_then(stored: StoredPlan, moment: datetime) -> str:
    """A plan changes its state once: until then it was open."""
    return stored.state if stored.state_at <= moment else OPEN


def _on(ws: Workspace, day: date, customer_id: str | None, metric: str | None) -> PastDay:
    store = ws.store
    settings = store.settings.get()
    today = usage_day(ws.now(), settings)
    if day > today:
        raise UseCaseError(Reason.of("history.day_to_come", day=day, today=today), Exit.USAGE)
    moment = end_of_usage_day(day, settings)
    with store.reading():
        names = PsaNames(ws)
        places = {(one.connection, one.organization.key): one.organization.name for one in store.usage.organizations()}
        mappings = tuple(
            MappedThen(
                one.connection,
                places.get((one.connection, one.organization_key), one.organization_key),
                one.customer_id,
                None if one.customer_id is None else names.customer(one.customer_id),
                one.item_filter,
                one.decided_by,
            )
            for one in store.customers.mappings(on=day)
            if customer_id in (None, one.customer_id)
        )
        delivered = {one.name: day in store.usage.delivered_days(one.name) for one in store.connections.list("module")}
        readings = tuple(
            ReadingThen(
                one.connection,
                one.metric,
                places.get((one.connection, one.organization), one.organization),
                one.value,
                one.coverage,
            )
            for one in store.usage.readings(day, day, None if metric is None else [metric])
            if delivered[one.connection]
        )
        return PastDay(
            day=day,
            rules=store.rules.on(moment),
            groups=store.groups.on(moment),
            metrics=store.metrics.on(moment),
            mappings=mappings,
            plan=_plan_then(ws, moment),
            units=_units(ws, names, day, customer_id),
            readings=readings,
        )


def _units(ws: Workspace, names: PsaNames, day: date, customer_id: str | None) -> tuple[UnitsThen, ...]:
    found: list[UnitsThen] = []
    for line_id, seen in ws.store.line_units.on(day).items():
        line = names.lines.get(line_id)
        contract = names.contracts.get(line.contract_id) if line is not None else None
        if line is None or contract is None or customer_id not in (None, contract.customer_id):
            continue
        customer = names.customer(contract.customer_id)
        found.append(UnitsThen(line_id, contract.customer_id, customer, names.service(line.service_id), seen.units))
    return tuple(sorted(found, key=lambda one: (one.customer_name.casefold(), one.service_name, one.line_id)))


async def past_day(ws: Workspace, day: date, *, customer_id: str | None = None, metric: str | None = None) -> PastDay:
    """The state on one day, of all or of one customer or metric. Raises UseCaseError `history.day_to_come`."""
    return await ws.step(_on, ws, day, customer_id, metric)
