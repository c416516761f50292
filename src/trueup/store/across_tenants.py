"""The only questions that are asked across tenants. Everything else goes through the store of one tenant."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.guard import ACROSS_TENANTS
from trueup.store.tables import tenancy


def tenant_ids(engine: sa.Engine) -> tuple[str, ...]:
    """Ids of all tenants, sorted."""
    with engine.execution_options(**{ACROSS_TENANTS: True}).begin() as connection:
        rows = connection.execute(sa.select(tenancy.tenant.c.tenant).order_by(tenancy.tenant.c.tenant))
        return tuple(rows.scalars())
