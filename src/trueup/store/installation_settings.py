"""Settings of the installation: a text, and where it needs one a secret that is sealed as connections' are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from trueup.store.binding import InstallationBinding
from trueup.store.errors import StoreError
from trueup.store.tables.people import installation_setting as table

_VALUE: Final = sa.select(table.c.value).where(table.c.name == sa.bindparam("name"))


@dataclass(frozen=True, slots=True)
class InstallationSetting:
    """A setting. `secret` is in clear and never shown."""

    value: str
    secret: str | None = field(repr=False)


class InstallationSettings:
    """The settings of the installation, by name."""

    def __init__(self, binding: InstallationBinding) -> None:
        self._binding = binding

    def value(self, name: str) -> str | None:
        """The text alone; None where nothing was set."""
        with self._binding.reading() as connection:
            return connection.execute(_VALUE, {"name": name}).scalar()

    def get(self, name: str) -> InstallationSetting | None:
        """The setting with its secret. Raises StoreError `store.key_missing`, `store.wrong_key`,
        `store.secret_damaged`."""
        columns = (table.c.value, table.c.key_id, table.c.sealed)
        with self._binding.reading() as connection:
            row = connection.execute(sa.select(*columns).where(table.c.name == name)).first()
        if row is None:
            return None
        secret = None
        if row.sealed is not None:
            if self._binding.key is None:
                raise StoreError("store.key_missing")
            secret = self._binding.key.unseal(row.sealed, row.key_id, tenant="", connection=0, name=name)
        return InstallationSetting(row.value, secret)

    def put(self, name: str, value: str, secret: str | None, actor: str, *, now: datetime) -> None:
        """Replace it. Raises StoreError `store.key_missing`."""
        key = self._binding.key
        if secret is not None and key is None:
            raise StoreError("store.key_missing")
        sealed = None if secret is None or key is None else key.seal(secret, tenant="", connection=0, name=name)
        row = {"name": name, "value": value, "sealed": sealed, "key_id": key.id if key and sealed else None}
        with self._binding.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.name == name))
            connection.execute(sa.insert(table).values(saved_by=actor, saved_at=now, **row))

    def reseal(self) -> int:
        """Seal under the present key what an earlier one sealed; gives how many there were. Raises StoreError."""
        with self._binding.writing() as connection:
            found = connection.execute(sa.select(table.c.name, table.c.key_id, table.c.sealed)).all()
            key = self._binding.key
            if key is None:
                raise StoreError("store.key_missing")
            rows = [row for row in found if row.sealed is not None and row.key_id != key.id]
            for row in rows:
                text = key.unseal(row.sealed, row.key_id, tenant="", connection=0, name=row.name)
                sealed = key.seal(text, tenant="", connection=0, name=row.name)
                change = sa.update(table).where(table.c.name == row.name)
                connection.execute(change.values(sealed=sealed, key_id=key.id))
        return len(rows)

    def remove(self, name: str) -> bool:
        """Forget it; whether there was one."""
        with self._binding.writing() as connection:
            return connection.execute(sa.delete(table).where(table.c.name == name)).rowcount > 0
