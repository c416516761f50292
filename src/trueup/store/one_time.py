"""What may be used once and soon: links that sign in or set a password, and steps of a sign-in that goes elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from trueup.store.binding import InstallationBinding
from trueup.store.tables.people import one_time as table

LONGEST: Final = timedelta(hours=1)
"""Nothing of it may be used for longer."""


@dataclass(frozen=True, slots=True)
class OneTime:
    """One of them. `kind` is a word of its use case, `body` what that use case needs to know later."""

    hash: str
    kind: str
    person: str | None
    body: str
    ends_at: datetime


class OneTimes:
    """Everything that may be used once."""

    def __init__(self, binding: InstallationBinding) -> None:
        self._binding = binding

    def add(self, one: OneTime, *, now: datetime) -> None:
        """Keep it, and forget those whose time is over."""
        with self._binding.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.ends_at <= now))
            row = {"hash": one.hash, "kind": one.kind, "person": one.person, "body": one.body, "ends_at": one.ends_at}
            connection.execute(sa.insert(table).values(**row))

    def look(self, hashed: str, kind: str, *, now: datetime) -> OneTime | None:
        """It, where it may still be used. What would last longer than anything does was kept before the clock was set
        back, and may not."""
        columns = (table.c.hash, table.c.kind, table.c.person, table.c.body, table.c.ends_at)
        wanted = (table.c.hash == hashed, table.c.kind == kind, table.c.ends_at > now, table.c.ends_at <= now + LONGEST)
        with self._binding.reading() as connection:
            row = connection.execute(sa.select(*columns).where(*wanted)).first()
        return None if row is None else OneTime(*row)

    def take(self, hashed: str, kind: str, *, now: datetime) -> OneTime | None:
        """Use it up. Of two who take it at once, one gets it."""
        with self._binding.writing() as connection:
            found = self.look(hashed, kind, now=now)
            connection.execute(sa.delete(table).where(table.c.hash == hashed, table.c.kind == kind))
        return found

    def forget(self, person: str, kind: str | None = None) -> None:
        """Take back all of a person, of one kind if it is named."""
        wanted = [table.c.person == person]
        if kind is not None:
            wanted.append(table.c.kind == kind)
        with self._binding.writing() as connection:
            connection.execute(sa.delete(table).where(*wanted))
