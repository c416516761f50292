"""The keys that sign a tenant's statements, and the logo on top of them. Private keys are sealed like other secrets."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from trueup.store.binding import Binding
from trueup.store.errors import StoreError
from trueup.store.tables.statements import statement_key, statement_logo

PLACE = "statement key "
"""What the place of a sealed value begins with."""
"""In front of a key's id where it is sealed: no other secret opens as one of these."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair as raw bytes (Ed25519, 32 bytes each); `id` is the fingerprint of the public one."""

    id: str
    public: bytes
    private: bytes


class Statements:
    """What a tenant's statements need."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def add_key(self, pair: SigningKey, actor: str, *, now: datetime) -> None:
        """Keep a key pair; it signs from now on, earlier ones still verify. Raises StoreError `store.key_missing`."""
        key, tenant = self._binding.key, self._binding.tenant
        if key is None:
            raise StoreError("store.key_missing")
        text = base64.b64encode(pair.private).decode("ascii")
        sealed = key.seal(text, tenant=tenant, connection=0, name=PLACE + pair.id)
        row = {"id": pair.id, "public": pair.public, "key_id": key.id, "sealed": sealed}
        with self._binding.writing() as connection:
            connection.execute(sa.insert(statement_key).values(tenant=tenant, made_by=actor, made_at=now, **row))

    def signing_key(self) -> SigningKey | None:
        """The newest key pair; None before the first. Raises StoreError `store.key_missing`, `store.wrong_key`."""
        table = statement_key
        query = sa.select(table).where(table.c.tenant == self._binding.tenant)
        with self._binding.reading() as connection:
            row = connection.execute(query.order_by(table.c.made_at.desc(), table.c.id).limit(1)).first()
        if row is None:
            return None
        if self._binding.key is None:
            raise StoreError("store.key_missing")
        tenant = self._binding.tenant
        text = self._binding.key.unseal(row.sealed, row.key_id, tenant=tenant, connection=0, name=PLACE + row.id)
        return SigningKey(row.id, row.public, base64.b64decode(text))

    def public_keys(self) -> dict[str, bytes]:
        """Every public key by its fingerprint, the newest first."""
        table = statement_key
        query = sa.select(table.c.id, table.c.public).where(table.c.tenant == self._binding.tenant)
        with self._binding.reading() as connection:
            return {
                row.id: row.public for row in connection.execute(query.order_by(table.c.made_at.desc(), table.c.id))
            }

    def logo(self) -> bytes | None:
        """The logo; None without one."""
        query = sa.select(statement_logo.c.image).where(statement_logo.c.tenant == self._binding.tenant)
        with self._binding.reading() as connection:
            return connection.execute(query).scalar()

    def set_logo(self, image: bytes | None, actor: str, *, now: datetime) -> None:
        """Replace the logo, or take it away."""
        tenant = self._binding.tenant
        with self._binding.writing() as connection:
            connection.execute(sa.delete(statement_logo).where(statement_logo.c.tenant == tenant))
            if image is not None:
                row = {"image": image, "saved_by": actor, "saved_at": now}
                connection.execute(sa.insert(statement_logo).values(tenant=tenant, **row))
