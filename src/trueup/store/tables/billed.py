"""Table of what the PSA billed, beside what Trueup had previewed."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Exact, Instant, of_a_tenant, tenant_table

billed_item = tenant_table(
    "billed_item",
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("line", sa.String, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("quantity", Exact, nullable=False),
    sa.Column("previewed", Exact, nullable=False),
    sa.Column("billed", Exact, nullable=False),
    sa.Column("formula", sa.String),
    sa.Column("intent", sa.Integer),
    sa.Column("seen_at", Instant, nullable=False),
    sa.CheckConstraint("kind IN ('period', 'change')", name="kind"),
    of_a_tenant(),
    sa.Index(None, "tenant", "line"),
)
