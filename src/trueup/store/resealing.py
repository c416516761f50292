"""Secrets sealed anew under the present key, each in its place (docs/decisions/0190-key-rotation.md)."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from trueup.store import receivers, statements
from trueup.store.binding import Binding
from trueup.store.errors import StoreError
from trueup.store.tables.notices import receiver_secret
from trueup.store.tables.statements import statement_key
from trueup.store.tables.tenancy import connection_secret


class _Sealed(NamedTuple):
    """A table with sealed values: the column that numbers their owner, the one that names them, what the name begins
    with."""

    table: sa.Table
    owner: str | None
    field: str
    prefix: str


_SEALED = (
    _Sealed(connection_secret, "connection", "field", ""),
    _Sealed(receiver_secret, "receiver", "field", receivers.PLACE),
    _Sealed(statement_key, None, "id", statements.PLACE),
)


class Resealing:
    """A tenant's secrets."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def reseal(self) -> int:
        """Seal under the present key whatever an earlier one sealed, in one transaction; gives how many there were.

        Raises StoreError `store.key_missing`, `store.wrong_key`, `store.secret_damaged`; then nothing is changed.
        """
        with self._binding.writing() as connection:
            return sum(self._in_table(connection, one) for one in _SEALED)

    def _in_table(self, connection: sa.Connection, sealed: _Sealed) -> int:
        key, tenant, table = self._binding.key, self._binding.tenant, sealed.table
        if key is None:
            raise StoreError("store.key_missing")
        old = (table.c.tenant == tenant, table.c.key_id != key.id)
        rows = connection.execute(sa.select(table).where(*old)).all()
        for row in rows:
            owner = getattr(row, sealed.owner) if sealed.owner else 0
            place = sealed.prefix + getattr(row, sealed.field)
            text = key.unseal(row.sealed, row.key_id, tenant=tenant, connection=owner, name=place)
            anew = {"sealed": key.seal(text, tenant=tenant, connection=owner, name=place), "key_id": key.id}
            same = [column == getattr(row, column.name) for column in table.primary_key if column.name != "tenant"]
            connection.execute(sa.update(table).where(table.c.tenant == tenant, *same).values(**anew))
        return len(rows)
