"""Items that more than one line bills, as the newest plan counted them: replaced by each plan. Which items they are is
worked out anew when somebody asks, so that no name of an item is kept here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa

from trueup.core.counting.billed_twice import BilledTwice
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.tables.unbilled import billed_twice as table


class BilledTwiceBook:
    """A tenant's items that are billed twice, summed up."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def keep(self, found: Iterable[BilledTwice], day: date) -> None:
        """Keep what was found for a usage day, in place of what was found before."""
        rows = [
            {
                "tenant": self._binding.tenant,
                "key": one.key,
                "day": day,
                "item_count": one.items,
                "body": encode(one, BilledTwice),
            }
            for one in found
        ]
        with self._binding.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.tenant == self._binding.tenant))
            if rows:
                connection.execute(sa.insert(table), rows)

    def newest(self) -> tuple[tuple[date, BilledTwice], ...]:
        """What was found last, each with its usage day; the most items first."""
        query = sa.select(table.c.day, table.c.body).where(table.c.tenant == self._binding.tenant)
        with self._binding.reading() as connection:
            rows = connection.execute(query.order_by(table.c.item_count.desc(), table.c.key)).all()
        return tuple((day, decode(body, BilledTwice)) for day, body in rows)
