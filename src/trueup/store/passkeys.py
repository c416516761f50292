"""Passkeys of people: public keys, with the counter that shows a copied one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from trueup.store.binding import InstallationBinding
from trueup.store.tables.people import passkey as table

_COLUMNS = (
    table.c.credential,
    table.c.person,
    table.c.name,
    table.c.public_key,
    table.c.sign_count,
    table.c.added_at,
    table.c.used_at,
)


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey. `credential` is its id in base64url; `name` what its owner calls it."""

    credential: str
    person: str
    name: str
    public_key: bytes
    sign_count: int
    added_at: datetime
    used_at: datetime | None = None


class Passkeys:
    """The passkeys of the installation."""

    def __init__(self, binding: InstallationBinding) -> None:
        self._binding = binding

    def add(self, passkey: Passkey) -> None:
        """Keep a new one."""
        row = {column.name: getattr(passkey, column.name) for column in _COLUMNS}
        with self._binding.writing() as connection:
            connection.execute(sa.insert(table).values(**row))

    def get(self, credential: str) -> Passkey | None:
        """The passkey of that id."""
        return next(iter(self._all(table.c.credential == credential)), None)

    def of(self, person: str) -> tuple[Passkey, ...]:
        """A person's passkeys, the oldest first."""
        return self._all(table.c.person == person)

    def used(self, credential: str, sign_count: int, *, now: datetime) -> None:
        """Note that it signed somebody in."""
        values = {"sign_count": sign_count, "used_at": now}
        with self._binding.writing() as connection:
            connection.execute(sa.update(table).where(table.c.credential == credential).values(**values))

    def remove(self, person: str, credential: str) -> bool:
        """Forget one of a person; whether there was one."""
        mine = (table.c.person == person, table.c.credential == credential)
        with self._binding.writing() as connection:
            return connection.execute(sa.delete(table).where(*mine)).rowcount > 0

    def forget(self, person: str) -> None:
        """Forget all of a person."""
        with self._binding.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.person == person))

    def _all(self, *wanted: sa.ColumnElement[bool]) -> tuple[Passkey, ...]:
        with self._binding.reading() as connection:
            rows = connection.execute(sa.select(*_COLUMNS).where(*wanted).order_by(table.c.added_at)).all()
        return tuple(Passkey(*row) for row in rows)
