"""The statements over rows of a plan, each built once with places for what is asked.

Building a statement costs as much as sending it, and a page of a plan sends a dozen. What changes a statement's form is
which filters are given (`shape`), the order, and whether a page follows another one; all else are parameters: `tenant`,
`plan`, `part`, and one for each filter by its name.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from trueup.core.outcome import EntryKind, OutcomeStatus
from trueup.core.rule import Mode
from trueup.store.tables.plan_rows import plan_row

Shape = tuple[str, ...]
"""Names of the filters that are given, in their order here: `customer`, `service`, `reasons`, `customers`, `services`,
`lines`, `without`."""

_ORDERS: Final = {
    "customer": ("customer_order", "customer", "service_order"),
    "service": ("service_order", "service", "customer_order"),
    "reason": ("reason", "customer_order"),
    "change": ("change_order",),
    "day": ("day_order",),
    "amount": ("amount_order",),
}

_SHOWN: Final = (
    "position", "part", "line", "status", "kind", "customer", "customer_name", "contract_name", "service",
    "service_name", "reason", "before", "after", "moves", "day_order", "currency", "monthly", "amount", "why",
    "releasable", "first_time", "mode", "digest",
)  # fmt: skip
"""What `page_query` gives of a row, in this order."""

_MOST: Final = sa.bindparam("most", type_=sa.Integer)


def _one_of(column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    return column.in_(sa.bindparam(name, expanding=True))


def _of() -> tuple[sa.ColumnElement[bool], ...]:
    return plan_row.c.tenant == sa.bindparam("tenant"), plan_row.c.plan == sa.bindparam("plan")


@cache
def _fits(shape: Shape) -> tuple[sa.ColumnElement[bool], ...]:
    found = [*_of(), plan_row.c.part == sa.bindparam("part")]
    if "customer" in shape:
        found.append(plan_row.c.customer == sa.bindparam("customer"))
    if "service" in shape:
        found.append(plan_row.c.service == sa.bindparam("service"))
    if "reasons" in shape:
        found.append(_one_of(plan_row.c.reason, "reasons"))
    named = {"customers": plan_row.c.customer, "services": plan_row.c.service}
    names = [_one_of(column, name) for name, column in named.items() if name in shape]
    if names:  # one of them alone is no `OR`, so that its index is used
        found.append(sa.or_(*names) if len(names) > 1 else names[0])
    if "lines" in shape:
        found.append(_one_of(plan_row.c.line, "lines"))
    if "without" in shape:
        found.append(sa.not_(_one_of(plan_row.c.line, "without")))
    return tuple(found)


def _unindexed(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The column's value, but no reason to read along one of its indexes."""
    return sa.func.coalesce(column, column)


@cache
def page_query(shape: Shape, order: str, *, falling: bool, follows: bool, sorts: bool) -> sa.Select[Any]:
    """Rows of one part, at most `most`. With `follows` those behind a place, whose values are `after_0`, `after_1`, ...

    With `sorts` the rows are found by what they have and then sorted; else they are read in an order's index."""
    columns = [plan_row.c[name] for name in (*_ORDERS[order], "position")]
    query = sa.select(*(plan_row.c[name] for name in _SHOWN)).where(*_fits(shape))
    if follows:
        place = sa.tuple_(*columns)
        last = sa.tuple_(*(sa.bindparam(f"after_{at}", type_=column.type) for at, column in enumerate(columns)))
        query = query.where(place < last if falling else place > last)
    by = [_unindexed(column) for column in columns] if sorts else columns
    return query.order_by(*(column.desc() if falling else column for column in by)).limit(_MOST)


@cache
def place_query(order: str) -> sa.Select[Any]:
    """The values of an order of the row at a `position`."""
    return sa.select(*(plan_row.c[name] for name in _ORDERS[order])).where(
        *_of(), plan_row.c.position == sa.bindparam("position")
    )


@cache
def count_query(shape: Shape) -> sa.Select[Any]:
    """How many rows of one part there are, but never counted beyond `most`."""
    found = sa.select(plan_row.c.position).where(*_fits(shape)).limit(_MOST)
    return sa.select(sa.func.count()).select_from(found.subquery())


@cache
def groups_query(shape: Shape, by: str) -> sa.Select[Any]:
    """How many rows of one part there are of each of `keys` (customers, services or reasons)."""
    column = plan_row.c[by]
    return sa.select(column, sa.func.count()).where(*_fits(shape), _one_of(column, "keys")).group_by(column)


@cache
def worth_query(shape: Shape, *, dated: bool) -> sa.Select[Any]:
    """Lines, customers, amounts a month and amounts now of one part by currency: of rows and entries that have
    something to send and are not in read-only mode, or with `dated` of all but unit costs up to the day `until`."""
    limits = [*_fits(shape)]
    if dated:
        limits.append(plan_row.c.day_order <= sa.bindparam("until"))
        limits.append(plan_row.c.kind != EntryKind.UNIT_COST.value)
    else:
        changes = plan_row.c.status == OutcomeStatus.CHANGE.value
        entry = sa.and_(plan_row.c.kind != EntryKind.LINE.value, changes)
        limits += [plan_row.c.moves.is_(True) | entry, plan_row.c.mode != Mode.READ_ONLY.value]
    return (
        sa.select(
            plan_row.c.currency,
            sa.func.count(),
            sa.func.count(sa.func.nullif(plan_row.c.customer, "").distinct()),
            sa.func.coalesce(sa.func.sum(plan_row.c.monthly), 0),
            sa.func.coalesce(sa.func.sum(plan_row.c.amount), 0),
        )
        .where(*limits)
        .group_by(plan_row.c.currency)
    )


READY: Final = sa.select(plan_row.c.position).where(*_of()).limit(1)
"""A row of the plan, where it has its rows at hand."""

LINE: Final = READY.where(plan_row.c.line == sa.bindparam("line"))
"""A row of one `line`."""
