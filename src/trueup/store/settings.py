"""A tenant's settings."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Final

import sqlalchemy as sa

from trueup.core.settings import TenantSettings
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.errors import StoreError
from trueup.store.tables.tenancy import tenant


@lru_cache(maxsize=64)  # read by nearly every step, and seldom changed
def _settings(text: str) -> TenantSettings:
    return decode(text, TenantSettings)


_SETTINGS: Final = sa.select(tenant.c.settings).where(tenant.c.tenant == sa.bindparam("tenant"))


class Settings:
    """What the tenant chose."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def get(self) -> TenantSettings:
        """The settings as they are now. Raises StoreError `store.unknown_tenant` where it was deleted meanwhile."""
        with self._binding.reading() as connection:
            text = connection.execute(_SETTINGS, {"tenant": self._binding.tenant}).scalar()
        if text is None:
            raise StoreError("store.unknown_tenant", tenant=self._binding.tenant)
        return _settings(text)

    def save(self, settings: TenantSettings, actor: str, *, now: datetime) -> None:
        """Replace the settings."""
        with self._binding.writing() as connection:
            connection.execute(
                sa.update(tenant)
                .where(tenant.c.tenant == self._binding.tenant)
                .values(settings=encode(settings), saved_by=actor, saved_at=now)
            )
