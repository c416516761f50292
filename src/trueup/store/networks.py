"""Networks that may call, for people and for modules apart; a removed one stays on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from trueup.core.access.networks import Network, Purpose, network_of
from trueup.store.binding import Binding
from trueup.store.tables.access import network_rule as table


@dataclass(frozen=True, slots=True)
class AllowedNetwork:
    """A network that may call, with who said so."""

    purpose: Purpose
    network: Network
    note: str
    added_by: str
    added_at: datetime


_ALL: Final = (
    sa.select(table.c.purpose, table.c.network, table.c.note, table.c.added_by, table.c.added_at)
    .where(table.c.tenant == sa.bindparam("tenant"), table.c.removed_at.is_(None))
    .order_by(table.c.id)
)
_OF_PURPOSE: Final = _ALL.where(table.c.purpose == sa.bindparam("purpose"))
"""Built once: every request asks it."""


class Networks:
    """A tenant's lists of networks."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def list(self, purpose: Purpose | None = None) -> tuple[AllowedNetwork, ...]:
        """What may call now; an empty list of a purpose lets everybody."""
        mine = {"tenant": self._binding.tenant}
        with self._binding.reading() as connection:
            if purpose is None:
                rows = connection.execute(_ALL, mine).all()
            else:
                rows = connection.execute(_OF_PURPOSE, {**mine, "purpose": purpose.value}).all()
        return tuple(
            AllowedNetwork(Purpose(row.purpose), network, row.note, row.added_by, row.added_at)
            for row in rows
            if (network := network_of(row.network)) is not None
        )

    def allow(self, purpose: Purpose, network: Network, note: str, actor: str, *, now: datetime) -> bool:
        """Add a network; says whether it was not there yet."""
        with self._binding.writing() as connection:
            if any(one.network == network for one in self.list(purpose)):
                return False
            row = {
                "id": self._binding.next_number(connection, "network_rule"),
                "purpose": purpose.value,
                "network": str(network),
                "note": note,
                "added_by": actor,
                "added_at": now,
            }
            connection.execute(sa.insert(table).values(tenant=self._binding.tenant, **row))
        return True

    def remove(self, purpose: Purpose, network: Network, actor: str, *, now: datetime) -> bool:
        """Take a network off its list; says whether it was there."""
        mine = (table.c.tenant == self._binding.tenant, table.c.purpose == purpose.value)
        of_it = (table.c.network == str(network), table.c.removed_at.is_(None))
        with self._binding.writing() as connection:
            done = connection.execute(sa.update(table).where(*mine, *of_it).values(removed_by=actor, removed_at=now))
            return bool(done.rowcount)
