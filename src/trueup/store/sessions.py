"""Sessions: a row for each browser that is signed in, found by the hash of its id."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from trueup.store.binding import InstallationBinding
from trueup.store.tables.people import session as table

_COLUMNS = (
    table.c.hash,
    table.c.person,
    table.c.method,
    table.c.address,
    table.c.agent,
    table.c.began_at,
    table.c.seen_at,
    table.c.confirmed_at,
    table.c.ends_at,
)


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that is signed in. `method` says how (`password`, `passkey`, `oidc`, `link`); `confirmed_at` when
    the person last proved who they are; `ends_at` is absolute."""

    hash: str
    person: str
    method: str
    address: str
    agent: str
    began_at: datetime
    seen_at: datetime
    confirmed_at: datetime
    ends_at: datetime

    @property
    def handle(self) -> str:
        """A name for it that opens nothing: the beginning of the hash."""
        return self.hash[:16]


class Sessions:
    """The sessions of the installation."""

    def __init__(self, binding: InstallationBinding) -> None:
        self._binding = binding

    def begin(self, session: Session) -> None:
        """Keep a new one, and forget those that have ended anyway."""
        with self._binding.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.ends_at <= session.began_at))
            row = {column.name: getattr(session, column.name) for column in _COLUMNS}
            connection.execute(sa.insert(table).values(**row))

    def get(self, hashed: str) -> Session | None:
        """The session of that hash, whether it has ended or not."""
        return next(iter(self._all(table.c.hash == hashed)), None)

    def of(self, person: str) -> tuple[Session, ...]:
        """A person's sessions, the one that was used last first."""
        return self._all(table.c.person == person)

    def seen(self, session: Session, *, now: datetime) -> Session:
        """Note that it was used."""
        with self._binding.writing() as connection:
            connection.execute(sa.update(table).where(table.c.hash == session.hash).values(seen_at=now))
        return replace(session, seen_at=now)

    def end(self, hashed: str) -> None:
        """End one."""
        with self._binding.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.hash == hashed))

    def end_all(self, person: str, *, but: str | None = None) -> int:
        """End all of a person, but the one of that hash; gives how many."""
        wanted = [table.c.person == person]
        if but is not None:
            wanted.append(table.c.hash != but)
        with self._binding.writing() as connection:
            return connection.execute(sa.delete(table).where(*wanted)).rowcount

    def _all(self, wanted: sa.ColumnElement[bool]) -> tuple[Session, ...]:
        with self._binding.reading() as connection:
            rows = connection.execute(sa.select(*_COLUMNS).where(wanted).order_by(table.c.seen_at.desc())).all()
        return tuple(Session(*row) for row in rows)
