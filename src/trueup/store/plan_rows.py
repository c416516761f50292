"""A plan as pages and the API show it: rows in order, filtered, a page at a time, and totals that are ready.

A page reads only its own rows: each order has an index, a page goes on behind the last row of the one before (never by
counting rows), and what a heading says comes from totals that were worked out when the plan was saved.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

import sqlalchemy as sa

from trueup.core.outcome import EntryKind, Outcome, OutcomeStatus, Plan
from trueup.core.reason import Reason
from trueup.store.binding import Binding
from trueup.store.codec import decode
from trueup.store.guard import insert_rows
from trueup.store.plan_projection import PARTS_BY_NUMBER, Part, exact, row_of, totals_of
from trueup.store.plan_row_queries import (
    LINE,
    READY,
    Shape,
    count_query,
    groups_query,
    page_query,
    place_query,
    worth_query,
)
from trueup.store.tables.plan_rows import plan_row, plan_total
from trueup.store.tables.plans import plan

KEPT_PLANS: Final = 3
"""How many plans have their rows at hand; those of an older one are made again when somebody looks at it."""
COUNTED: Final = 1000
"""Rows of a filter are counted up to this; beyond it a page says "more than"."""

_COSTS: Final = frozenset({"change.unit_cost", "change.unit_cost_back"})
Cursor = tuple[str | int, ...]
"""Where a page ends: the part, the values of its order, and the position."""


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows: all that is given must fit. `reasons` are whole combinations as `PlanRow.reason` has them; `names`
    are ids of customers and of services, one of which must fit; `without` are lines that are left out.
    `rare` says that so few rows have the service or the reasons that finding and sorting them is quicker than reading
    along an order."""

    parts: tuple[Part, ...] = tuple(Part)
    customer: str | None = None
    service: str | None = None
    reasons: tuple[str, ...] | None = None
    names: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    lines: tuple[str, ...] | None = None
    without: tuple[str, ...] | None = None
    rare: bool = False

    @property
    def shape(self) -> Shape:
        """Names of the filters that are given."""
        customers, services = self.names or ((), ())
        given = {
            "customer": self.customer is not None,
            "service": self.service is not None,
            "reasons": self.reasons is not None,
            "customers": self.names is not None and bool(customers or not services),
            "services": bool(services),
            "lines": self.lines is not None,
            "without": self.without is not None,
        }
        return tuple(name for name, is_given in given.items() if is_given)

    @property
    def by_key(self) -> bool:
        """Whether the rows are found by their customers or lines, whatever their part."""
        return bool(self.customer or self.lines is not None or (self.names and self.names[0] and not self.names[1]))


class PlanRow(NamedTuple):
    """One line of the table. `monthly` and `amount` are of the change; `moves` says that there is one to send.

    A named tuple, because a page makes fifty of them and a frozen dataclass takes three times as long."""

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
        with self._binding.reading() as connection:
            return connection.execute(READY, {"tenant": self._binding.tenant, "plan": plan_id}).first() is not None

    def has_line(self, plan_id: str, line: str) -> bool:
        """Whether the plan has a row of that line."""
        asked = {"tenant": self._binding.tenant, "plan": plan_id, "line": line}
        with self._binding.reading() as connection:
            return connection.execute(LINE, asked).first() is not None

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
        given = self._given(plan_id, wanted)
        found: list[PlanRow] = []
        with self._binding.reading() as connection:
            for part in wanted.parts:
                if after is not None and part < int(after[0]):
                    continue
                begins = after[1:] if after is not None and part == int(after[0]) else ()
                query = page_query(
                    wanted.shape, order, falling=falling, follows=bool(begins), sorts=wanted.by_key or wanted.rare
                )
                places = {f"after_{at}": value for at, value in enumerate(begins)}
                asked = {**given, **places, "part": int(part), "most": limit - len(found)}
                found += [_row(*row) for row in connection.execute(query, asked)]
                if len(found) >= limit:
                    break
        return tuple(found)

    def cursor(self, plan_id: str, row: PlanRow, order: str) -> Cursor:
        """Where a page that ends with this row goes on."""
        given = {"tenant": self._binding.tenant, "plan": plan_id, "position": row.position}
        with self._binding.reading() as connection:
            values = connection.execute(place_query(order), given).one()
        return (int(row.part), *values, row.position)

    def count(self, plan_id: str, wanted: RowFilter) -> int:
        """How many rows fit, but never counted beyond `COUNTED` in each part."""
        query, given = count_query(wanted.shape), {**self._given(plan_id, wanted), "most": COUNTED + 1}
        with self._binding.reading() as connection:
            return sum(connection.execute(query, {**given, "part": int(part)}).scalar_one() for part in wanted.parts)

    def groups(self, plan_id: str, wanted: RowFilter, by: str, keys: Collection[str], part: Part) -> dict[str, int]:
        """How many rows of one part fit in each of these groups (customers, services or reasons)."""
        query = groups_query(wanted.shape, by)
        given = {**self._given(plan_id, wanted), "keys": list(keys), "part": int(part)}
        with self._binding.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query, given)}

    def worth(self, plan_id: str, wanted: RowFilter, *, until: date | None = None) -> tuple[PlanWorth, ...]:
        """What rows with something to send are worth, by part and currency; lines in read-only mode are left out.

        Entries count as lines, without an amount. With `until` also rows that say of no day what is to be sent, and of
        the others those dated up to then; unit costs are left out, because no month waits for them.
        """
        query, given = worth_query(wanted.shape, dated=until is not None), self._given(plan_id, wanted)
        if until is not None:
            given["until"] = until.isoformat()
        with self._binding.reading() as connection:
            return tuple(
                PlanWorth(part, currency, lines, customers, exact(monthly), exact(amount))
                for part in wanted.parts
                for currency, lines, customers, monthly, amount in connection.execute(
                    query, {**given, "part": int(part)}
                )
            )

    def _given(self, plan_id: str, wanted: RowFilter) -> dict[str, object]:
        customers, services = wanted.names or ((), ())
        values: dict[str, object] = {
            "customer": wanted.customer,
            "service": wanted.service,
            "reasons": wanted.reasons,
            "customers": customers,
            "services": services,
            "lines": wanted.lines,
            "without": wanted.without,
        }
        return {"tenant": self._binding.tenant, "plan": plan_id, **{name: values[name] for name in wanted.shape}}


_STATUS: Final = {status.value: status for status in OutcomeStatus}
_KINDS: Final = {kind.value: kind for kind in EntryKind}


@lru_cache(maxsize=4096)  # most lines of a plan are as they are for one of a few reasons
def _reasons(text: str) -> tuple[Reason, ...]:
    return decode(text, tuple[Reason, ...])


def _row(
    position: int,
    part: int,
    line: str,
    status: str,
    kind: str,
    customer: str,
    customer_name: str,
    contract_name: str,
    service: str,
    service_name: str,
    reason: str,
    before: int | None,
    after: int | None,
    moves: bool,
    day: str,
    currency: str | None,
    monthly: int | None,
    amount: int | None,
    why: str,
    releasable: str,
    first_time: bool,
    mode: str,
    digest: str,
) -> PlanRow:
    return PlanRow(
        position,
        PARTS_BY_NUMBER[part],
        line,
        _STATUS[status],
        _KINDS[kind],
        customer,
        customer_name,
        contract_name,
        service,
        service_name,
        reason,
        before,
        after,
        moves,
        date.fromisoformat(day) if day else None,
        currency,
        None if monthly is None else exact(monthly),
        None if amount is None else exact(amount),
        _reasons(why),
        tuple(releasable.split()),
        first_time,
        mode,
        digest,
    )
