"""Renewals that were seen in the PSA. They outlive the old contract, which is not read once it is long over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from trueup.core.dates.succession import Link, LinkKind
from trueup.store.binding import Binding
from trueup.store.tables.renewals import renewal as table


class Renewals:
    """A tenant's renewals."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def list(self) -> tuple[Link, ...]:
        """All that were ever noted, oldest start first."""
        query = sa.select(table).where(table.c.tenant == self._binding.tenant)
        with self._binding.reading() as connection:
            rows = connection.execute(query.order_by(table.c.since, table.c.kind, table.c.later)).all()
        return tuple(Link(LinkKind(row.kind), row.earlier, row.later, row.since) for row in rows)

    def note(self, links: Iterable[Link], *, now: datetime) -> int:
        """Remember renewals; gives how many are new or say something else than before."""
        with self._binding.writing() as connection:
            known = {(link.kind, link.later): link for link in self.list()}
            wanted = {(link.kind, link.later): link for link in links}
            fresh = [link for key, link in wanted.items() if known.get(key) != link]
            for link in fresh:
                mine = (
                    table.c.tenant == self._binding.tenant,
                    table.c.kind == link.kind.value,
                    table.c.later == link.later,
                )
                connection.execute(sa.delete(table).where(*mine))
                row = {"kind": link.kind.value, "later": link.later, "earlier": link.earlier, "since": link.since}
                connection.execute(sa.insert(table).values(tenant=self._binding.tenant, noted_at=now, **row))
        return len(fresh)
