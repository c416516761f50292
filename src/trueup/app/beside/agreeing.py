"""How often Trueup would have agreed with the PSA, service by service, from what the nights compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from trueup.app.errors import Exit, UseCaseError
from trueup.app.workspace import Workspace
from trueup.core.beside.agreement import ServiceAgreement, agreements
from trueup.core.naming import plain
from trueup.core.reason import Reason
from trueup.core.rule import Mode, Rule, RuleLevel
from trueup.core.settings import BesideSettings
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class Compared:
    """All services, with the names that a person knows. `lines` maps a line's id to its customer's name; `next_day` is
    the oldest usage day that is not judged yet, `currency` the tenant's, for contracts that name none."""

    services: tuple[ServiceAgreement, ...]
    service_names: Mapping[str, str]
    lines: Mapping[str, str]
    beside: BesideSettings
    newest_plan: date | None
    currency: str | None


def _service_id(store: TenantStore, asked: str) -> str:
    """The service's id from its id or name. Raises UseCaseError `compare.unknown_service`."""
    services = store.psa.services(with_gone=True)
    fitting = [one.id for one in services if asked == one.id or plain(asked) == plain(one.name)]
    if not fitting:
        raise UseCaseError(Reason.of("compare.unknown_service", service=asked), Exit.USAGE)
    return fitting[0]


def _as_now(one: ServiceAgreement, rules: tuple[Rule, ...], tenant: Mode) -> ServiceAgreement:
    """The service as it stands: one that is not read-only any more is not to be switched over again."""
    own = (rule.mode for rule in rules if rule.level is RuleLevel.SERVICE and rule.service_id == one.service_id)
    mode = next(own, None) or tenant
    if mode is Mode.READ_ONLY:
        return one
    return replace(one, verdict=Reason.of("compare.switched", mode=mode.value, service=one.service_id))


def _compared(store: TenantStore, service: str | None, since: date | None) -> Compared:
    with store.reading():
        chosen = None if service is None else _service_id(store, service)
        settings = store.settings.get()
        judged = agreements(store.comparisons.list(service_id=chosen, since=since), settings.beside, since)
        rules = store.rules.list()
        found = tuple(_as_now(one, rules, settings.mode) for one in judged)
        customers = {one.id: one.name for one in store.psa.customers(with_gone=True)}
        contracts = {one.id: one.customer_id for one in store.psa.contracts(with_gone=True)}
        lines = {
            line.id: customers.get(contracts.get(line.contract_id, ""), "") for line in store.psa.lines(with_gone=True)
        }
        plans = store.plans.list(limit=1)
        return Compared(
            services=found,
            service_names={one.id: one.name for one in store.psa.services(with_gone=True)},
            lines=lines,
            beside=settings.beside,
            newest_plan=plans[0].plan.as_of if plans else None,
            currency=settings.currency,
        )


async def compared(ws: Workspace, service: str | None = None, since: date | None = None) -> Compared:
    """Agreement by service, of one service (id or name) or all, from a day on. Raises UseCaseError
    `compare.unknown_service`."""
    return await ws.step(_compared, ws.store, service, since)


def first_due(found: Compared) -> date | None:
    """The newest usage day that can have been judged: older ones by as many nights as the tenant waits."""
    return None if found.newest_plan is None else found.newest_plan - timedelta(days=found.beside.wait_days)
