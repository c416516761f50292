"""Table of renewals: which contract went on for which, and which line for which."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table

renewal = tenant_table(
    "renewal",
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("later", sa.String, primary_key=True),
    sa.Column("earlier", sa.String, nullable=False),
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("noted_at", Instant, nullable=False),
    sa.CheckConstraint("kind IN ('contract', 'line')", name="kind"),
    of_a_tenant(),
)
