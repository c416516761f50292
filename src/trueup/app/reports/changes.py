"""What changed since last month: units and recurring amounts by customer and service."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from trueup.app.clock import usage_day
from trueup.app.exports.tables import Column, ColumnKind, Table
from trueup.app.reports.months import last_plans
from trueup.app.workspace import Workspace
from trueup.core.money import per_month
from trueup.core.outcome import Outcome, Plan
from trueup.core.period import add_months
from trueup.store.tenant_store import TenantStore

Key = tuple[str, str, str]
"""Customer, service, currency."""

COLUMNS = (
    Column("customer"),
    Column("customer_name"),
    Column("service"),
    Column("service_name"),
    Column("units_before", ColumnKind.UNITS),
    Column("units_now", ColumnKind.UNITS),
    Column("change", ColumnKind.UNITS),
    Column("amount_before", ColumnKind.MONEY),
    Column("amount_now", ColumnKind.MONEY),
    Column("difference", ColumnKind.MONEY),
    Column("currency"),
)


def amount_of(outcome: Outcome) -> Decimal | None:
    """What a line bills in a month; None where its price or its period is not known."""
    if outcome.price is None or not outcome.period_months:
        return None
    return per_month(outcome.price * (outcome.before or 0), outcome.period_months)


def _sums(store: TenantStore, plan: Plan | None, own: str) -> dict[Key, tuple[int, Decimal | None, str, str]]:
    """Units, amount (None where one of the lines has no price) and names."""
    found: dict[Key, list[Outcome]] = defaultdict(list)
    for outcome in store.plans.get(plan.id).plan.outcomes if plan is not None else ():
        found[outcome.customer_id, outcome.service_id, outcome.currency or own].append(outcome)
    sums: dict[Key, tuple[int, Decimal | None, str, str]] = {}
    for key, lines in found.items():
        amounts = [amount_of(one) for one in lines if one.before]
        total = None if None in amounts else sum((one for one in amounts if one is not None), Decimal(0))
        units = sum(one.before or 0 for one in lines)
        sums[key] = (units, total, lines[0].customer_name, lines[0].service_name)
    return sums


def _table(ws: Workspace, month: date | None) -> Table:
    store = ws.store
    with store.reading():
        settings = store.settings.get()
        wanted = (month or usage_day(ws.now(), settings)).replace(day=1)
        plans = last_plans(store, add_months(wanted, -1), wanted)
        now = next((one for one in plans if one.as_of >= wanted), None)
        then = next((one for one in plans if one.as_of < wanted), None)
        own = settings.currency or ""
        before, after = _sums(store, then, own), _sums(store, now, own)
    rows: list[tuple[str | int | Decimal | date | None, ...]] = []
    if now is not None and then is not None:  # a month that nobody planned has not lost its lines
        for key in sorted({*before, *after}, key=lambda key: (after.get(key) or before[key])[2:] + key):
            customer, service, currency = key
            units, amount, *_ = before.get(key, (0, Decimal(0)))
            units_now, amount_now, *_ = after.get(key, (0, Decimal(0)))
            if (units, amount) == (units_now, amount_now):
                continue
            _, _, customer_name, service_name = after.get(key) or before[key]
            difference = None if amount is None or amount_now is None else amount_now - amount
            rows.append(
                (
                    customer,
                    customer_name,
                    service,
                    service_name,
                    units,
                    units_now,
                    units_now - units,
                    amount,
                    amount_now,
                    difference,
                    currency,
                )
            )
    return Table("changes", COLUMNS, tuple(rows))


async def changes(ws: Workspace, month: date | None = None) -> Table:
    """What differs between the last plan of a month (None: the present one) and that of the month before; nothing where
    one of them has no plan."""
    return await ws.step(_table, ws, month)
