"""Totals of plans, worked out when a plan is saved: of the whole, of customers, services, reasons and days of changes.

They are what a heading says without counting rows, and what is left of plans whose rows were let go. The statements are
built once, with places for what is asked: building one costs as much as sending it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from trueup.store.binding import Binding
from trueup.store.journal import finished_lines_of
from trueup.store.plan_projection import PARTS_BY_NUMBER, Part, exact
from trueup.store.tables.plan_rows import plan_row, plan_total
from trueup.store.tables.plans import plan
from trueup.store.tables.runs import intent


class PlanTotal(NamedTuple):
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


class PlanLines(NamedTuple):
    """How many lines of one part a customer or a service (`key`) has."""

    key: str
    part: Part
    lines: int


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
        mine = self._mine(plan_id, dimension)
        with self._binding.reading() as connection:
            if keys is None:
                found = connection.execute(_ALL, mine)
            else:
                found = connection.execute(_CHOSEN, {**mine, "keys": list(keys)})
            return tuple(_total(row) for row in found)

    def lines_of(self, plan_id: str, dimension: str, keys: Collection[str], part: Part) -> dict[str, int]:
        """How many lines of one part each of these customers, services or reasons has in all."""
        given = {**self._mine(plan_id, dimension), "keys": list(keys), "part": int(part)}
        with self._binding.reading() as connection:
            return {key: int(lines) for key, lines in connection.execute(_LINES, given)}

    def named(self, plan_id: str, dimension: str, part_of_name: str, limit: int) -> tuple[PlanLines, ...]:
        """Lines of the customers or services whose plain names hold a text, in the order of their keys; at most so many
        keys, each with all of its parts."""
        escaped = part_of_name.replace("/", "//").replace("%", "/%").replace("_", "/_")
        given = {**self._mine(plan_id, dimension), "like": f"%{escaped}%", "most": limit}
        with self._binding.reading() as connection:
            return tuple(
                PlanLines(key, PARTS_BY_NUMBER[part], int(lines))
                for key, part, lines in connection.execute(_NAMED, given)
            )

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
                sa.select(plan.c.id, plan.c.as_of, *_COLUMNS)
                .join(plan, (plan.c.tenant == plan_total.c.tenant) & (plan.c.id == plan_total.c.plan))
                .where(
                    plan_total.c.tenant == self._binding.tenant,
                    plan.c.tenant == self._binding.tenant,
                    plan.c.place.in_(places),
                    plan_total.c.dimension == dimension,
                )
                .order_by(plan.c.as_of, plan_total.c.name_order)
            )
            return tuple((row[0], row[1], _total(row[2:])) for row in connection.execute(query))

    def due(self, plan_id: str, until: date) -> tuple[PlanDue, ...]:
        """What waits and what changes up to a day, by part and currency."""
        given = {**self._mine(plan_id, "day"), "until": until.isoformat()}
        with self._binding.reading() as connection:
            return tuple(
                PlanDue(Part(part), currency or None, int(lines), exact(int(monthly)), exact(int(amount)))
                for part, currency, lines, monthly, amount in connection.execute(_DUE, given)
            )

    def waiting(self) -> int:
        """How many lines of the newest plan wait for a person; none where there is no plan. One that was released and
        written waits no more."""
        with self._binding.reading() as connection:
            return int(connection.execute(_WAITING, {"tenant": self._binding.tenant}).scalar_one())

    def _mine(self, plan_id: str, dimension: str) -> dict[str, object]:
        return {"tenant": self._binding.tenant, "plan": plan_id, "dimension": dimension}


_COLUMNS: Final = (
    plan_total.c.key,
    plan_total.c.name,
    plan_total.c.part,
    plan_total.c.currency,
    plan_total.c.lines,
    plan_total.c.moving,
    plan_total.c.writable,
    plan_total.c.units_before,
    plan_total.c.units_after,
    plan_total.c.monthly,
    plan_total.c.amount,
    plan_total.c.recurring,
)
"""As `_total` takes them."""

_OF: Final = sa.select(*_COLUMNS).where(
    plan_total.c.tenant == sa.bindparam("tenant"),
    plan_total.c.plan == sa.bindparam("plan"),
    plan_total.c.dimension == sa.bindparam("dimension"),
)
_ALL: Final = _OF.order_by(plan_total.c.name_order, plan_total.c.key)
_CHOSEN: Final = _ALL.where(plan_total.c.key.in_(sa.bindparam("keys", expanding=True)))
_LINES: Final = (
    _OF.with_only_columns(plan_total.c.key, sa.func.sum(plan_total.c.lines))
    .where(
        plan_total.c.key.in_(sa.bindparam("keys", expanding=True)),
        plan_total.c.part == sa.bindparam("part"),
    )
    .group_by(plan_total.c.key)
)
_NAMES: Final = (
    _OF.with_only_columns(plan_total.c.key)
    .where(plan_total.c.name_order.like(sa.bindparam("like"), escape="/"))
    .distinct()
    .order_by(plan_total.c.key)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_NAMED: Final = (
    _OF.with_only_columns(plan_total.c.key, plan_total.c.part, sa.func.sum(plan_total.c.lines))
    .where(plan_total.c.key.in_(_NAMES))  # of a key one name is enough, should its lines have several
    .group_by(plan_total.c.key, plan_total.c.part)
    .order_by(plan_total.c.key, plan_total.c.part)
)
_KIND: Final = (plan_total.c.part, plan_total.c.currency)
_DUE: Final = (
    _OF.with_only_columns(
        *_KIND, *(sa.func.sum(column) for column in (plan_total.c.lines, plan_total.c.monthly, plan_total.c.amount))
    )
    .where(
        plan_total.c.key <= sa.bindparam("until"),
        plan_total.c.part.in_((int(Part.WAITS), int(Part.CHANGES))),
    )
    .group_by(*_KIND)
    .order_by(*_KIND)
)
_NEWEST: Final = (
    sa.select(plan.c.id)
    .where(plan.c.tenant == sa.bindparam("tenant"))
    .order_by(plan.c.place.desc())
    .limit(1)
    .scalar_subquery()
)
_TENANT: Final = sa.bindparam("tenant", type_=sa.String)
_FINISHED: Final = finished_lines_of(_TENANT, _NEWEST).subquery()
_RELEASED: Final = (
    sa.select(sa.func.count())
    .select_from(_FINISHED)
    .join(
        plan_row, (plan_row.c.line == _FINISHED.c.line) & (plan_row.c.tenant == _TENANT) & (plan_row.c.plan == _NEWEST)
    )
    .where(plan_row.c.part == int(Part.WAITS))
    .scalar_subquery()
)
"""Lines that waited and all of whose changes are done."""
_WRITTEN_OF: Final = sa.exists().where(intent.c.tenant == _TENANT, intent.c.plan == _NEWEST)
"""Asked first: most plans were not written of yet."""
_WAITING: Final = sa.select(
    sa.func.coalesce(sa.func.sum(plan_total.c.lines), 0) - sa.case((_WRITTEN_OF, _RELEASED), else_=0)
).where(
    plan_total.c.tenant == _TENANT,
    plan_total.c.plan == _NEWEST,
    plan_total.c.dimension == "plan",
    plan_total.c.part == int(Part.WAITS),
)


def _total(row: Sequence[Any]) -> PlanTotal:
    key, name, part, currency, lines, moving, writable, before, after, *amounts = row
    return PlanTotal(
        key, name, PARTS_BY_NUMBER[part], currency or None, lines, moving, writable, before, after, *map(exact, amounts)
    )
