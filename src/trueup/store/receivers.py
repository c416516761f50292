"""Receivers of notices: who is told, how, in which language; their secrets are sealed like those of connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
import sqlalchemy as sa

from trueup.store.binding import Binding
from trueup.store.errors import StoreError
from trueup.store.tables.notices import receiver as table
from trueup.store.tables.notices import receiver_secret as secret_table

PLACE = "receiver "
"""What the place of a sealed value begins with."""
"""In front of a field's name where it is sealed: no secret of a connection opens as one of a receiver."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody who is told, without secrets. `only` names kinds of notices (empty: all); `remind_days` repeats what is
    still open; one that is not `is_on` hears nothing."""

    id: int
    name: str
    kind: str
    settings: Mapping[str, str]
    language: str
    only: tuple[str, ...] = ()
    remind_days: int | None = None
    is_on: bool = True


class Receivers:
    """A tenant's receivers in use."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def list(self) -> tuple[Receiver, ...]:
        """All, by name."""
        wanted = (table.c.tenant == self._binding.tenant, table.c.removed_at.is_(None))
        with self._binding.reading() as connection:
            rows = connection.execute(sa.select(table).where(*wanted).order_by(table.c.name)).all()
        return tuple(
            Receiver(
                row.id,
                row.name,
                row.kind,
                msgspec.json.decode(row.settings, type=dict[str, str]),
                row.language,
                msgspec.json.decode(row.only, type=tuple[str, ...]),
                row.remind_days,
                row.is_on,
            )
            for row in rows
        )

    def names(self) -> dict[int, str]:
        """The name of each number, of those that were removed too."""
        mine = table.c.tenant == self._binding.tenant
        with self._binding.reading() as connection:
            return {row.id: row.name for row in connection.execute(sa.select(table.c.id, table.c.name).where(mine))}

    def get(self, number: int) -> Receiver:
        """The one of that number. Raises StoreError `store.unknown_receiver`."""
        found = next((one for one in self.list() if one.id == number), None)
        if found is None:
            raise StoreError("store.unknown_receiver", receiver=str(number))
        return found

    def named(self, name: str) -> Receiver:
        """The one of that name. Raises StoreError `store.unknown_receiver`."""
        found = next((one for one in self.list() if one.name == name), None)
        if found is None:
            raise StoreError("store.unknown_receiver", receiver=name)
        return found

    def add(self, given: Receiver, secret: Mapping[str, str], actor: str, *, now: datetime) -> Receiver:
        """Add one (its number is given here). Raises StoreError `store.receiver_exists`, `store.key_missing`."""
        with self._binding.writing() as connection:
            self._free(given)
            number = self._binding.next_number(connection, "receiver")
            row = {"id": number, "kind": given.kind, **_said(given), "added_by": actor, "added_at": now}
            connection.execute(sa.insert(table).values(tenant=self._binding.tenant, **row))
            self._seal(connection, number, secret, now)
        return replace(given, id=number)

    def change(self, given: Receiver, secret: Mapping[str, str], *, now: datetime) -> None:
        """Replace what one says; its kind stays, and so do secrets that are not given. Raises StoreError
        `store.unknown_receiver`, `store.receiver_exists`, `store.key_missing`."""
        with self._binding.writing() as connection:
            self.get(given.id)
            self._free(given)
            mine = (table.c.tenant == self._binding.tenant, table.c.id == given.id)
            connection.execute(sa.update(table).where(*mine).values(**_said(given)))
            self._seal(connection, given.id, secret, now)

    def _free(self, given: Receiver) -> None:
        if any(one.name == given.name and one.id != given.id for one in self.list()):
            raise StoreError("store.receiver_exists", receiver=given.name)

    def _seal(self, connection: sa.Connection, number: int, secret: Mapping[str, str], now: datetime) -> None:
        tenant, key = self._binding.tenant, self._binding.key
        if not secret:
            return
        if key is None:
            raise StoreError("store.key_missing")
        for field, text in secret.items():
            sealed = key.seal(text, tenant=tenant, connection=number, name=PLACE + field)
            place = (secret_table.c.tenant == tenant, secret_table.c.receiver == number, secret_table.c.field == field)
            connection.execute(sa.delete(secret_table).where(*place))
            kept = {"receiver": number, "field": field, "key_id": key.id, "sealed": sealed, "saved_at": now}
            connection.execute(sa.insert(secret_table).values(tenant=tenant, **kept))

    def secret(self, number: int) -> dict[str, str]:
        """The secrets in clear. Raises StoreError `store.key_missing`, `store.wrong_key`, `store.secret_damaged`."""
        tenant, key = self._binding.tenant, self._binding.key
        columns = (secret_table.c.field, secret_table.c.key_id, secret_table.c.sealed)
        with self._binding.reading() as connection:
            wanted = (secret_table.c.tenant == tenant, secret_table.c.receiver == number)
            rows = connection.execute(sa.select(*columns).where(*wanted)).all()
        if rows and key is None:
            raise StoreError("store.key_missing")
        return {
            field: key.unseal(sealed, key_id, tenant=tenant, connection=number, name=PLACE + field)
            for field, key_id, sealed in rows
            if key is not None
        }

    def remove(self, number: int, actor: str, *, now: datetime) -> None:
        """Take it out of use and destroy its secrets. Raises StoreError `store.unknown_receiver`."""
        with self._binding.writing() as connection:
            self.get(number)
            gone = (secret_table.c.tenant == self._binding.tenant, secret_table.c.receiver == number)
            connection.execute(sa.delete(secret_table).where(*gone))
            mine = (table.c.tenant == self._binding.tenant, table.c.id == number)
            connection.execute(sa.update(table).where(*mine).values(removed_by=actor, removed_at=now))


def _said(given: Receiver) -> dict[str, object]:
    return {
        "name": given.name,
        "settings": msgspec.json.encode(dict(given.settings)).decode(),
        "language": given.language,
        "only": msgspec.json.encode(given.only).decode(),
        "remind_days": given.remind_days,
        "is_on": given.is_on,
    }
