"""Cross-source checks of a tenant, and how many each found from day to day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from trueup.core.checks.cross_check import CrossCheck
from trueup.store.binding import Binding
from trueup.store.tables.checks import cross_check, cross_check_count


@dataclass(frozen=True, slots=True)
class CheckCount:
    """How many things a check found on a usage day, over so many customers; `left_out` customers were not judged."""

    day: date
    found: int
    judged: int
    left_out: int


class Checks:
    """A tenant's checks in force, and their counts."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def list(self) -> tuple[CrossCheck, ...]:
        """The checks in force, by key."""
        columns = (cross_check.c.key, cross_check.c.expression, cross_check.c["items"], cross_check.c.tell)
        query = sa.select(*columns).where(*self._in_force()).order_by(cross_check.c.key)
        with self._binding.reading() as connection:
            return tuple(CrossCheck(*row) for row in connection.execute(query))

    def get(self, key: str) -> CrossCheck | None:
        """One of them."""
        return next((one for one in self.list() if one.key == key), None)

    def save(self, check: CrossCheck, actor: str, *, now: datetime) -> None:
        """Define a check; an earlier definition of its name ends."""
        with self._binding.writing() as connection:
            self.remove(check.key, actor, now=now)
            row = {
                "id": self._binding.next_number(connection, "cross_check"),
                "key": check.key,
                "expression": check.expression,
                "items": check.over,
                "tell": check.tell,
                "saved_by": actor,
                "saved_at": now,
            }
            connection.execute(sa.insert(cross_check).values(tenant=self._binding.tenant, **row))

    def remove(self, key: str, actor: str, *, now: datetime) -> None:
        """Take a check out of force."""
        with self._binding.writing() as connection:
            ended = sa.update(cross_check).where(*self._in_force(), cross_check.c.key == key)
            connection.execute(ended.values(ended_by=actor, ended_at=now))

    def keep(self, check: CrossCheck, count: CheckCount, *, now: datetime) -> None:
        """Write down what a check found on a day; the same day again replaces it. A check that was changed or taken
        away meanwhile keeps nothing."""
        table = cross_check_count
        with self._binding.writing() as connection:
            same = (cross_check.c.key == check.key, cross_check.c.expression == check.expression)
            number = connection.execute(sa.select(cross_check.c.id).where(*self._in_force(), *same)).scalar()
            if number is None:
                return
            mine = (table.c.tenant == self._binding.tenant, table.c.check_id == number, table.c.day == count.day)
            connection.execute(sa.delete(table).where(*mine))
            row = {"day": count.day, "found": count.found, "judged": count.judged, "left_out": count.left_out}
            connection.execute(
                sa.insert(table).values(tenant=self._binding.tenant, check_id=number, counted_at=now, **row)
            )

    def counts(self, key: str, since: date) -> tuple[CheckCount, ...]:
        """The counts of a check in force since a day, oldest first."""
        table = cross_check_count
        query = (
            sa.select(table.c.day, table.c.found, table.c.judged, table.c.left_out)
            .join(cross_check, (cross_check.c.tenant == table.c.tenant) & (cross_check.c.id == table.c.check_id))
            .where(
                table.c.tenant == self._binding.tenant,
                *self._in_force(),
                cross_check.c.key == key,
                table.c.day >= since,
            )
            .order_by(table.c.day)
        )
        with self._binding.reading() as connection:
            return tuple(CheckCount(*row) for row in connection.execute(query))

    def _in_force(self) -> tuple[sa.ColumnElement[bool], ...]:
        return cross_check.c.tenant == self._binding.tenant, cross_check.c.ended_at.is_(None)
