"""API tokens of a tenant, found by the hash of their secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from trueup.store.binding import Binding
from trueup.store.errors import StoreError
from trueup.store.tables.people import api_token as table

_COLUMNS = (
    table.c.id,
    table.c.name,
    table.c.scope,
    table.c.person,
    table.c.made_by,
    table.c.made_at,
    table.c.ends_at,
    table.c.used_at,
    table.c.revoked_by,
    table.c.revoked_at,
)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token without its secret. `scope` is `read`, `write`, `approve` or `admin`; `person` the one it acts for, None
    for one that the operator made."""

    id: int
    name: str
    scope: str
    person: str | None
    made_by: str
    made_at: datetime
    ends_at: datetime
    used_at: datetime | None = None
    revoked_by: str | None = None
    revoked_at: datetime | None = None


class Tokens:
    """The tokens of a tenant. A revoked one stays on record."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def add(
        self, name: str, hashed: str, scope: str, person: str | None, actor: str, *, ends_at: datetime, now: datetime
    ) -> ApiToken:
        """Keep a new one."""
        with self._binding.writing() as connection:
            number = self._binding.next_number(connection, "api_token")
            row = {"id": number, "name": name, "scope": scope, "person": person, "made_by": actor, "made_at": now}
            values = {**row, "hash": hashed, "ends_at": ends_at, "tenant": self._binding.tenant}
            connection.execute(sa.insert(table).values(**values))
        return ApiToken(number, name, scope, person, actor, now, ends_at)

    def list(self) -> tuple[ApiToken, ...]:
        """All of them, the newest first."""
        return self._all()

    def get(self, number: int) -> ApiToken:
        """The token of that number. Raises StoreError `store.unknown_token`."""
        for found in self._all(table.c.id == number):
            return found
        raise StoreError("store.unknown_token", token=number)

    def with_hash(self, hashed: str) -> ApiToken | None:
        """The token of that hash, whether it still works or not."""
        return next(iter(self._all(table.c.hash == hashed)), None)

    def used(self, number: int, *, now: datetime) -> None:
        """Note that it was used."""
        self._set(number, used_at=now)

    def revoke(self, number: int, actor: str, *, now: datetime) -> None:
        """It works no more."""
        self._set(number, revoked_by=actor, revoked_at=now)

    def _set(self, number: int, **values: object) -> None:
        mine = (table.c.tenant == self._binding.tenant, table.c.id == number)
        with self._binding.writing() as connection:
            connection.execute(sa.update(table).where(*mine).values(**values))

    def _all(self, *wanted: sa.ColumnElement[bool]) -> tuple[ApiToken, ...]:
        mine = table.c.tenant == self._binding.tenant
        with self._binding.reading() as connection:
            rows = connection.execute(sa.select(*_COLUMNS).where(mine, *wanted).order_by(table.c.id.desc())).all()
        return tuple(ApiToken(*tuple(row)) for row in rows)
