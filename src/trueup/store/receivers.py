"""Receivers of notices: who is told, how, in which language; their secrets are sealed like those of connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from trueup.store.binding import Binding
from trueup.store.errors import StoreError
from trueup.store.tables.notices import receiver as table
from trueup.store.tables.notices import receiver_secret as secret_table

_PLACE = "receiver "
"""In front of a field's name where it is sealed: no secret of a connection opens as one of a receiver."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody who is told, without secrets. `only` names kinds of notices (empty: all); `remind_days` repeats what is
    still open."""

    id: int
    name: str
    kind: str
    settings: Mapping[str, str]
    language: str
    only: tuple[str, ...] = ()
    remind_days: int | None = None


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
            )
            for row in rows
        )

    def get(self, name: str) -> Receiver:
        """The one of that name. Raises StoreError `store.unknown_receiver`."""
        found = next((one for one in self.list() if one.name == name), None)
        if found is None:
            raise StoreError("store.unknown_receiver", receiver=name)
        return found

    def add(self, given: Receiver, secret: Mapping[str, str], actor: str, *, now: datetime) -> Receiver:
        """Add one (its number is given here). Raises StoreError `store.receiver_exists`, `store.key_missing`."""
        tenant, key = self._binding.tenant, self._binding.key
        if secret and key is None:
            raise StoreError("store.key_missing")
        with self._binding.writing() as connection:
            if any(one.name == given.name for one in self.list()):
                raise StoreError("store.receiver_exists", receiver=given.name)
            number = self._binding.next_number(connection, "receiver")
            row = {
                "id": number,
                "name": given.name,
                "kind": given.kind,
                "settings": msgspec.json.encode(dict(given.settings)).decode(),
                "language": given.language,
                "only": msgspec.json.encode(given.only).decode(),
                "remind_days": given.remind_days,
                "added_by": actor,
                "added_at": now,
            }
            connection.execute(sa.insert(table).values(tenant=tenant, **row))
            for field, text in secret.items():
                if key is not None:
                    sealed = key.seal(text, tenant=tenant, connection=number, name=_PLACE + field)
                    kept = {"receiver": number, "field": field, "key_id": key.id, "sealed": sealed, "saved_at": now}
                    connection.execute(sa.insert(secret_table).values(tenant=tenant, **kept))
        return self.get(given.name)

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
            field: key.unseal(sealed, key_id, tenant=tenant, connection=number, name=_PLACE + field)
            for field, key_id, sealed in rows
            if key is not None
        }

    def remove(self, name: str, actor: str, *, now: datetime) -> None:
        """Take it out of use and destroy its secrets. Raises StoreError `store.unknown_receiver`."""
        with self._binding.writing() as connection:
            number = self.get(name).id
            gone = (secret_table.c.tenant == self._binding.tenant, secret_table.c.receiver == number)
            connection.execute(sa.delete(secret_table).where(*gone))
            mine = (table.c.tenant == self._binding.tenant, table.c.id == number)
            connection.execute(sa.update(table).where(*mine).values(removed_by=actor, removed_at=now))
