"""A plan as pages and the API show it: rows in order, filtered, a page at a time, and totals that are ready.

A page reads only its own rows: each order has an index, a page goes on behind the last row of the one before (never by
counting rows), and what a heading says comes from totals that were worked out when the plan was saved.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from trueup.core.outcome import EntryKind, Outcome, OutcomeStatus, Plan
from trueup.core.reason import Reason
from trueup.core.rule import Mode
from trueup.store.binding import Binding
from trueup.store.codec import decode
from trueup.store.guard import insert_rows
from trueup.store.plan_projection import Part, exact, row_of, totals_of
from trueup.store.tables.plan_rows import plan_row, plan_total
from trueup.store.tables.plans import plan

KEPT_PLANS: Final = 3
"""How many plans have their rows at hand; those of an older one are made again when somebody looks at it."""
COUNTED: Final = 1000
"""Rows of a filter are counted up to this; beyond it a page says "more than"."""

_ORDERS: Final = {
    "customer": ("customer_order", "customer", "service_order"),
    "service": ("service_order", "service", "customer_order"),
    "reason": ("reason", "customer_order"),
    "change": ("change_order",),
    "day": ("day_order",),
    "amount": ("amount_order",),
}
_COSTS: Final = frozenset({"change.unit_cost", "change.unit_cost_back"})
Cursor = tuple[str | int, ...]
"""Where a page ends: the part, the values of its order, and the position."""


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows: all that is given must fit. `reasons` are whole combinations as `PlanRow.reason` has them; `names`
    are ids of customers and of services, one of which must fit. `rare` says that so few rows have the service or the
    reasons that finding and sorting them is quicker than reading along an order."""

    parts: tuple[Part, ...] = tuple(Part)
    customer: str | None = None
    service: str | None = None
    reasons: tuple[str, ...] | None = None
    names: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    lines: tuple[str, ...] | None = None
    rare: bool = False

    @property
    def by_key(self) -> bool:
        """Whether the rows are found by their customers or lines, whatever their part."""
        return bool(self.customer or self.lines is not None or (self.names and self.names[0] and not self.names[1]))


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One line of the table. `monthly` and `amount` are of the change; `moves` says that there is one to send."""

    position: int
    part: Part
    line_id: str
    status: OutcomeStatus
    kind: EntryKind
    customer_id: str
    customer_name: str
    contract_name: str
    service_id: str
    service_name: str
    reason: str
    before: int | None
    after: int | None
    moves: bool
    day: date | None
    currency: str | None
    monthly: Decimal | None
    amount: Decimal | None
    why: tuple[Reason, ...]
    releasable: tuple[str, ...]
    first_time: bool
    mode: str
    digest: str

    @property
    def change(self) -> int | None:
        """Units more or fewer; None where nothing would be sent."""
        return (self.after or 0) - (self.before or 0) if self.moves else None

    @property
    def cost(self) -> Reason | None:
        """The reason that tells a unit cost `before` and `after`, in its `currency`; None for any other row."""
        return next((one for one in self.why if one.code in _COSTS), None)


@dataclass(frozen=True, slots=True)
class PlanWorth:
    """Lines of one part in one currency with what they change: a month, and now (in the open period)."""

    part: Part
    currency: str | None
    lines: int
    customers: int
    monthly: Decimal
    amount: Decimal


def keep_rows(binding: Binding, connection: sa.Connection, plan_id: str, outcomes: Sequence[Outcome]) -> None:
    """Write down rows and totals of a plan, in the transaction that saves it, and let go of old plans' rows."""
    rows = [row_of(binding.tenant, plan_id, place, one) for place, one in enumerate(outcomes)]
    if rows:
        names = list(rows[0])
        insert_rows(connection, plan_row, names, [tuple(row[name] for name in names) for row in rows])
    counted = (plan_total.c.tenant == binding.tenant, plan_total.c.plan == plan_id)
    totals = list(totals_of(binding.tenant, plan_id, outcomes))
    if totals and connection.execute(sa.select(plan_total.c.part).where(*counted).limit(1)).first() is None:
        connection.execute(sa.insert(plan_total), totals)
    newest = sa.select(plan.c.id).where(plan.c.tenant == binding.tenant).order_by(plan.c.place.desc()).limit(KEPT_PLANS)
    kept = {plan_id, *connection.execute(newest).scalars()}
    gone = (plan_row.c.tenant == binding.tenant, plan_row.c.plan.not_in(kept))
    connection.execute(sa.delete(plan_row).where(*gone))


class PlanRows:
    """Rows and totals of a tenant's plans."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def ready(self, plan_id: str) -> bool:
        """Whether the plan's totals and rows are at hand."""
        mine = (plan_row.c.tenant == self._binding.tenant, plan_row.c.plan == plan_id)
        with self._binding.reading() as connection:
            return connection.execute(sa.select(plan_row.c.position).where(*mine).limit(1)).first() is not None

    def make(self, made: Plan) -> None:
        """Make the rows of a plan again whose rows were let go, or that was saved before there were any. Its totals
        stay: they are of the whole plan, also where some of its lines are not kept any more."""
        mine = (plan_row.c.tenant == self._binding.tenant, plan_row.c.plan == made.id)
        with self._binding.writing() as connection:
            connection.execute(sa.delete(plan_row).where(*mine))
            keep_rows(self._binding, connection, made.id, made.outcomes)

    def page(
        self,
        plan_id: str,
        wanted: RowFilter,
        *,
        order: str = "customer",
        falling: bool = False,
        after: Cursor | None = None,
        limit: int = 100,
    ) -> tuple[PlanRow, ...]:
        """The rows behind a cursor, part by part; within a part by the order, `falling` from the largest on."""
        columns = [plan_row.c[name] for name in (*_ORDERS[order], "position")]
        found: list[PlanRow] = []
        with self._binding.reading() as connection:
            for part in wanted.parts:
                if after is not None and part < int(after[0]):
                    continue
                query = sa.select(plan_row).where(*self._fits(plan_id, part, wanted))
                if after is not None and part == int(after[0]):
                    place = sa.tuple_(*columns)
                    last = sa.tuple_(
                        *(sa.literal(value, column.type) for value, column in zip(after[1:], columns, strict=True))
                    )
                    query = query.where(place < last if falling else place > last)
                # few rows are found by what they have and then sorted; all others are read in an order's index
                by = [_unindexed(column) for column in columns] if wanted.by_key or wanted.rare else columns
                sorts = [column.desc() if falling else column for column in by]
                query = query.order_by(*sorts).limit(limit - len(found))
                found += [_row(row) for row in connection.execute(query)]
                if len(found) >= limit:
                    break
        return tuple(found)

    def cursor(self, plan_id: str, row: PlanRow, order: str) -> Cursor:
        """Where a page that ends with this row goes on."""
        columns = [plan_row.c[name] for name in _ORDERS[order]]
        mine = (*self._of(plan_id), plan_row.c.position == row.position)
        with self._binding.reading() as connection:
            values = connection.execute(sa.select(*columns).where(*mine)).one()
        return (int(row.part), *values, row.position)

    def count(self, plan_id: str, wanted: RowFilter) -> int:
        """How many rows fit, but never counted beyond `COUNTED` in each part."""
        with self._binding.reading() as connection:
            return sum(
                connection.execute(
                    sa.select(sa.func.count()).select_from(
                        sa.select(plan_row.c.position)
                        .where(*self._fits(plan_id, part, wanted))
                        .limit(COUNTED + 1)
                        .subquery()
                    )
                ).scalar_one()
                for part in wanted.parts
            )

    def groups(self, plan_id: str, wanted: RowFilter, by: str, keys: Collection[str], part: Part) -> dict[str, int]:
        """How many rows of one part fit in each of these groups (customers, services or reasons)."""
        column = plan_row.c[by]
        query = (
            sa.select(column, sa.func.count())
            .where(*self._fits(plan_id, part, wanted), column.in_(keys))
            .group_by(column)
        )
        with self._binding.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def worth(self, plan_id: str, wanted: RowFilter, *, until: date | None = None) -> tuple[PlanWorth, ...]:
        """What rows with something to send are worth, by part and currency; lines in read-only mode are left out.

        Entries count as lines, without an amount. With `until` also rows that say of no day what is to be sent, and of
        the others those dated up to then; unit costs are left out, because no month waits for them.
        """
        found: list[PlanWorth] = []
        columns = (
            sa.func.count(),
            sa.func.count(sa.func.nullif(plan_row.c.customer, "").distinct()),
            sa.func.coalesce(sa.func.sum(plan_row.c.monthly), 0),
            sa.func.coalesce(sa.func.sum(plan_row.c.amount), 0),
        )
        with self._binding.reading() as connection:
            for part in wanted.parts:
                limits = self._fits(plan_id, part, wanted)
                if until is None:
                    changes = plan_row.c.status == OutcomeStatus.CHANGE.value
                    entry = sa.and_(plan_row.c.kind != EntryKind.LINE.value, changes)
                    limits += [plan_row.c.moves.is_(True) | entry, plan_row.c.mode != Mode.READ_ONLY.value]
                else:
                    limits.append(plan_row.c.day_order <= until.isoformat())
                    limits.append(plan_row.c.kind != EntryKind.UNIT_COST.value)
                query = sa.select(plan_row.c.currency, *columns).where(*limits).group_by(plan_row.c.currency)
                found += [
                    PlanWorth(part, currency, lines, customers, exact(monthly), exact(amount))
                    for currency, lines, customers, monthly, amount in connection.execute(query)
                ]
        return tuple(found)

    def _of(self, plan_id: str) -> tuple[sa.ColumnElement[bool], ...]:
        return plan_row.c.tenant == self._binding.tenant, plan_row.c.plan == plan_id

    def _fits(self, plan_id: str, part: Part, wanted: RowFilter) -> list[sa.ColumnElement[bool]]:
        found = [*self._of(plan_id), plan_row.c.part == int(part)]
        if wanted.customer is not None:
            found.append(plan_row.c.customer == wanted.customer)
        if wanted.service is not None:
            found.append(plan_row.c.service == wanted.service)
        if wanted.reasons is not None:
            found.append(plan_row.c.reason.in_(wanted.reasons))
        if wanted.names is not None:
            customers, services = wanted.names
            if customers and services:
                found.append(plan_row.c.customer.in_(customers) | plan_row.c.service.in_(services))
            else:  # one of them alone, so that its index is used
                found.append(plan_row.c.service.in_(services) if services else plan_row.c.customer.in_(customers))
        if wanted.lines is not None:
            found.append(plan_row.c.line.in_(wanted.lines))
        return found


def _unindexed(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The column's value, but no reason to read along one of its indexes."""
    return sa.func.coalesce(column, column)


def _row(row: sa.Row[tuple[object, ...]]) -> PlanRow:
    return PlanRow(
        row.position,
        Part(row.part),
        row.line,
        OutcomeStatus(row.status),
        EntryKind(row.kind),
        row.customer,
        row.customer_name,
        row.contract_name,
        row.service,
        row.service_name,
        row.reason,
        row.before,
        row.after,
        row.moves,
        date.fromisoformat(row.day_order) if row.day_order else None,
        row.currency,
        None if row.monthly is None else exact(row.monthly),
        None if row.amount is None else exact(row.amount),
        decode(row.why, tuple[Reason, ...]),
        tuple(row.releasable.split()),
        row.first_time,
        row.mode,
        row.digest,
    )
