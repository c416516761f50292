"""A suspended tenant can be read, and nothing else: nobody is called for it, nothing comes in, nothing is written."""

from __future__ import annotations

from trueup.app.errors import refused
from trueup.store.tenant_store import TenantStore


def must_be_active(store: TenantStore) -> None:
    """Raises UseCaseError `platform.suspended` with exit code 4."""
    if store.settings.get().suspended:
        raise refused("platform.suspended", tenant=store.tenant)
