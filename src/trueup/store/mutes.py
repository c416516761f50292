"""What persons said of what was found (unbilled usage, items billed twice): muted with a reason; a later word replaces
an earlier one, which stays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from trueup.core.unbilled.muting import Mute
from trueup.store.binding import Binding
from trueup.store.tables.unbilled import unbilled_mute


class Mutes:
    """A tenant's muted rows, by their key."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def in_force(self) -> Mapping[str, Mute]:
        """What holds now, its end not looked at."""
        table = unbilled_mute
        columns = (table.c.key, table.c.quantity, table.c.reason, table.c.muted_by, table.c.until)
        query = sa.select(*columns).where(table.c.tenant == self._binding.tenant, table.c.ended_at.is_(None))
        with self._binding.reading() as connection:
            return {row.key: Mute(*row) for row in connection.execute(query)}

    def save(self, mute: Mute, *, now: datetime) -> None:
        """Mute a row; what was said of it before ends."""
        with self._binding.writing() as connection:
            self.end(mute.key, mute.person, now=now)
            row = {
                "id": self._binding.next_number(connection, "unbilled_mute"),
                "key": mute.key,
                "quantity": mute.quantity,
                "until": mute.until,
                "reason": mute.reason,
                "muted_by": mute.person,
                "muted_at": now,
            }
            connection.execute(sa.insert(unbilled_mute).values(tenant=self._binding.tenant, **row))

    def end(self, key: str, actor: str, *, now: datetime) -> bool:
        """Let a row speak again; says whether it was muted."""
        table = unbilled_mute
        mine = (table.c.tenant == self._binding.tenant, table.c.key == key, table.c.ended_at.is_(None))
        with self._binding.writing() as connection:
            return bool(connection.execute(sa.update(table).where(*mine).values(ended_by=actor, ended_at=now)).rowcount)
