"""Totals of plans, worked out when a plan is saved: of the whole, of customers, services, reasons and days of changes.

They are what a heading says without counting rows, and what is left of plans whose rows were let go.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from trueup.store.binding import Binding
from trueup.store.plan_projection import Part, exact
from trueup.store.tables.plan_rows import plan_total
from trueup.store.tables.plans import plan


@dataclass(frozen=True, slots=True)
class PlanTotal:
    """Counts and sums of one part in one currency: of the plan, or of a customer, a service, a reason, a day (`key`).

    `moving` lines have something to send, `writable` ones are not in read-only mode either. `units_before` and
    `units_after` are sums over lines, `monthly` what changes of the recurring amount, `amount` its effect on the open
    period, `recurring` the amount a month as the PSA has it."""

    key: str
    name: str
    part: Part
    currency: str | None
    lines: int
    moving: int
    writable: int
    units_before: int
    units_after: int
    monthly: Decimal
    amount: Decimal
    recurring: Decimal


@dataclass(frozen=True, slots=True)
class PlanDue:
    """Lines of one part in one currency that are dated up to a day, or not dated; what they change a month, and now (in
    the open period)."""

    part: Part
    currency: str | None
    lines: int
    monthly: Decimal
    amount: Decimal


class PlanTotals:
    """Totals of a tenant's plans."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def of(self, plan_id: str, dimension: str = "plan", keys: Collection[str] | None = None) -> tuple[PlanTotal, ...]:
        """Totals of a dimension, by name; only of these keys where they are given."""
        mine = [*self._mine(plan_id, dimension)]
        if keys is not None:
            mine.append(plan_total.c.key.in_(keys))
        query = sa.select(plan_total).where(*mine).order_by(plan_total.c.name_order, plan_total.c.key)
        with self._binding.reading() as connection:
            return tuple(_total(row) for row in connection.execute(query))

    def lines_of(self, plan_id: str, dimension: str, keys: Collection[str], part: Part) -> dict[str, int]:
        """How many lines of one part each of these customers, services or reasons has in all."""
        query = (
            sa.select(plan_total.c.key, sa.func.sum(plan_total.c.lines))
            .where(*self._mine(plan_id, dimension), plan_total.c.key.in_(keys), plan_total.c.part == int(part))
            .group_by(plan_total.c.key)
        )
        with self._binding.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def named(self, plan_id: str, dimension: str, part_of_name: str, limit: int) -> tuple[str, ...]:
        """Keys whose plain names hold a text, at most so many."""
        query = (
            sa.select(plan_total.c.key)
            .where(*self._mine(plan_id, dimension), plan_total.c.name_order.contains(part_of_name, autoescape=True))
            .distinct()
            .limit(limit)
        )
        with self._binding.reading() as connection:
            return tuple(connection.execute(query).scalars())

    def over_time(self, dimension: str, since: date, limit: int) -> tuple[tuple[str, date, PlanTotal], ...]:
        """Totals of the plans of each usage day since a day (the last plan of a day), oldest first."""
        last = (
            sa.select(plan.c.as_of, sa.func.max(plan.c.place).label("place"))
            .where(
                plan.c.tenant == self._binding.tenant, plan.c.as_of >= since, plan.c.notes.not_like('%"plan.undoes"%')
            )
            .group_by(plan.c.as_of)
        )
        with self._binding.reading() as connection:
            places = [row.place for row in connection.execute(last)][-limit:]
            query = (
                sa.select(plan.c.id, plan.c.as_of, plan_total)
                .join(plan, (plan.c.tenant == plan_total.c.tenant) & (plan.c.id == plan_total.c.plan))
                .where(
                    plan_total.c.tenant == self._binding.tenant,
                    plan.c.tenant == self._binding.tenant,
                    plan.c.place.in_(places),
                    plan_total.c.dimension == dimension,
                )
                .order_by(plan.c.as_of, plan_total.c.name_order)
            )
            return tuple((row.id, row.as_of, _total(row)) for row in connection.execute(query))

    def due(self, plan_id: str, until: date) -> tuple[PlanDue, ...]:
        """What waits and what changes up to a day, by part and currency."""
        columns = (plan_total.c.part, plan_total.c.currency)
        summed = (plan_total.c.lines, plan_total.c.monthly, plan_total.c.amount)
        query = (
            sa.select(*columns, *(sa.func.sum(column) for column in summed))
            .where(
                *self._mine(plan_id, "day"),
                plan_total.c.key <= until.isoformat(),
                plan_total.c.part.in_((int(Part.WAITS), int(Part.CHANGES))),
            )
            .group_by(*columns)
            .order_by(*columns)
        )
        with self._binding.reading() as connection:
            return tuple(
                PlanDue(Part(part), currency or None, int(lines), exact(int(monthly)), exact(int(amount)))
                for part, currency, lines, monthly, amount in connection.execute(query)
            )

    def waiting(self) -> int:
        """How many lines of the newest plan wait for a person; none where there is no plan."""
        mine = plan.c.tenant == self._binding.tenant
        newest = sa.select(plan.c.id).where(mine).order_by(plan.c.place.desc()).limit(1).scalar_subquery()
        query = sa.select(sa.func.coalesce(sa.func.sum(plan_total.c.lines), 0)).where(
            plan_total.c.tenant == self._binding.tenant,
            plan_total.c.plan == newest,
            plan_total.c.dimension == "plan",
            plan_total.c.part == int(Part.WAITS),
        )
        with self._binding.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def _mine(self, plan_id: str, dimension: str) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            plan_total.c.tenant == self._binding.tenant,
            plan_total.c.plan == plan_id,
            plan_total.c.dimension == dimension,
        )


def _total(row: sa.Row[tuple[object, ...]]) -> PlanTotal:
    return PlanTotal(
        row.key,
        row.name,
        Part(row.part),
        row.currency or None,
        row.lines,
        row.moving,
        row.writable,
        row.units_before,
        row.units_after,
        exact(row.monthly),
        exact(row.amount),
        exact(row.recurring),
    )
