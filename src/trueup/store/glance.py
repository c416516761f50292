"""What is known of all tenants at one moment, in as many statements as there are kinds of things to know: for whoever
runs the installation. Its connection comes from `across_tenants.everything`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from trueup.core.usage import Coverage
from trueup.store.deliveries import CURRENT
from trueup.store.journal import UNCLEAR, finished_lines_of
from trueup.store.plan_projection import Part, exact
from trueup.store.tables.access import refused_call
from trueup.store.tables.plan_rows import plan_row, plan_total
from trueup.store.tables.plans import outcome, plan
from trueup.store.tables.runs import intent, run
from trueup.store.tables.tenancy import connection as connected
from trueup.store.tables.tenancy import tenant as table
from trueup.store.tables.usage import delivery


class NightGlance(NamedTuple):
    """The last round of a tenant that is on record: when it ended, and its status."""

    ended_at: datetime | None
    status: str


class SumGlance(NamedTuple):
    """Of the newest plan in one currency (None where contracts say none): lines that waited for a person when it was
    made, and what its lines bill a month."""

    currency: str | None
    waiting: int
    recurring: Decimal


class PlanGlance(NamedTuple):
    """The newest plan: its id, its usage day, and whether its rows are at hand. Without them nothing is known of what
    waits: those of a plan that an earlier version made are let go by an upgrade."""

    id: str
    as_of: date
    ready: bool


class ModuleGlance(NamedTuple):
    """A connected module: whether its last attempt failed, whether a rule of ours refuses it now, and the coverage of
    its newest delivery."""

    kind: str
    settings: str
    delivered_at: datetime | None
    delivered_day: date | None
    failed: bool
    coverage: str | None
    refused: bool


@dataclass(frozen=True, slots=True)
class TenantGlance:
    """One tenant. `settings` is their text, which may be damaged; `unsettled` says how many writes have no known end,
    `released` how many lines of the newest plan waited, were released and are written since."""

    settings: str
    night: NightGlance | None
    plan: PlanGlance | None
    sums: tuple[SumGlance, ...]
    modules: tuple[ModuleGlance, ...]
    unsettled: int
    released: int


def glance(connection: sa.Connection, tenant: str | None = None) -> dict[str, TenantGlance]:
    """All tenants, or one, by id."""

    def by_tenant(query: sa.Select[Any], of: sa.Table) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for name, *rest in connection.execute(query if tenant is None else query.where(of.c.tenant == tenant)):
            found.setdefault(name, []).append(rest)
        return found

    settings, nights, planned = by_tenant(_SETTINGS, table), by_tenant(_NIGHTS, table), by_tenant(_PLANNED, table)
    sums, modules, writes = by_tenant(_SUMS, table), by_tenant(_MODULES, connected), by_tenant(_WRITES, table)
    return {
        name: TenantGlance(
            text,
            next((NightGlance(*row) for row in nights.get(name, ())), None),
            next((PlanGlance(*row) for row in planned.get(name, ())), None),
            tuple(SumGlance(code or None, int(lines), exact(int(whole))) for code, lines, whole in sums.get(name, ())),
            tuple(ModuleGlance(*row) for row in modules.get(name, ())),
            *next(iter(writes.get(name, ())), (0, 0)),
        )
        for name, [(text,)] in sorted(settings.items())
    }


def _newest(of: sa.Table, *wanted: tuple[str, str]) -> sa.ColumnElement[bool]:
    """Whether a row is the last one of its tenant, of those with these values: found from the end of the key of
    (tenant, place)."""
    other = of.alias()
    last = sa.select(other.c.place).where(other.c.tenant == table.c.tenant)
    last = last.where(*(other.c[column] == value for column, value in wanted))
    return of.c.place == last.order_by(other.c.place.desc()).limit(1).correlate(table).scalar_subquery()


_SETTINGS: Final = sa.select(table.c.tenant, table.c.settings)
_NIGHTS: Final = (
    sa.select(table.c.tenant, run.c.finished_at, run.c.status)
    .select_from(table)
    .join(run, (run.c.tenant == table.c.tenant) & _newest(run, ("kind", "night")))
)
_ROWS: Final = sa.exists().where(plan_row.c.tenant == plan.c.tenant, plan_row.c.plan == plan.c.id)
_LINES: Final = sa.exists().where(outcome.c.tenant == plan.c.tenant, outcome.c.plan == plan.c.id)
_PLANNED: Final = (
    sa.select(table.c.tenant, plan.c.id, plan.c.as_of, _ROWS | ~_LINES)
    .select_from(table)
    .join(plan, (plan.c.tenant == table.c.tenant) & _newest(plan))
)
_SUMS: Final = (
    sa.select(
        table.c.tenant,
        plan_total.c.currency,
        sa.func.sum(sa.case((plan_total.c.part == int(Part.WAITS), plan_total.c.lines), else_=0)),
        sa.func.sum(plan_total.c.recurring),
    )
    .select_from(table)
    .join(plan, (plan.c.tenant == table.c.tenant) & _newest(plan))
    .join(
        plan_total,
        (plan_total.c.tenant == plan.c.tenant) & (plan_total.c.plan == plan.c.id) & (plan_total.c.dimension == "plan"),
    )
    .group_by(table.c.tenant, plan_total.c.currency)
    .order_by(table.c.tenant, plan_total.c.currency)
)
_COVERAGE: Final = (
    sa.select(delivery.c.coverage)
    .where(
        delivery.c.tenant == connected.c.tenant,
        delivery.c.connection == connected.c.id,
        delivery.c.state == CURRENT,
        delivery.c.coverage != Coverage.UNKNOWN.value,
    )
    .order_by(delivery.c.day.desc())
    .limit(1)
    .scalar_subquery()
)
_REFUSED: Final = sa.exists().where(
    refused_call.c.tenant == connected.c.tenant,
    refused_call.c.connection == connected.c.id,
    refused_call.c.ended_at.is_(None),
)
_MODULES: Final = (
    sa.select(
        connected.c.tenant,
        connected.c.kind,
        connected.c.settings,
        connected.c.delivered_at,
        connected.c.delivered_day,
        connected.c.failure.is_not(None),
        _COVERAGE,
        _REFUSED,
    )
    .where(connected.c.role == "module", connected.c.removed_at.is_(None))
    .order_by(connected.c.tenant, connected.c.name)
)
_WRITES: Final = sa.select(
    table.c.tenant,
    sa.select(sa.func.count())
    .where(intent.c.tenant == table.c.tenant, intent.c.state.in_([state.value for state in UNCLEAR]))
    .scalar_subquery(),
    sa.select(sa.func.count())
    .select_from(plan)
    .join(plan_row, (plan_row.c.tenant == plan.c.tenant) & (plan_row.c.plan == plan.c.id))
    .where(plan.c.tenant == table.c.tenant, _newest(plan), plan_row.c.part == int(Part.WAITS))
    .where(plan_row.c.line.in_(finished_lines_of(plan.c.tenant, plan.c.id).correlate(plan)))
    .correlate(table)
    .scalar_subquery(),
)
