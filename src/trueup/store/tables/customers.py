"""Tables of matching: which organization of a module is which customer of the PSA, and since when."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, tenant_table, within

mapping = tenant_table(
    "mapping",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("organization", sa.Integer, nullable=False),
    sa.Column("customer", sa.String),
    sa.Column("item_filter", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_to", sa.Date),
    sa.Column("decided_by", sa.String, nullable=False),
    sa.Column("decided_at", Instant, nullable=False),
    sa.Column("ended_by", sa.String),
    sa.Column("ended_at", Instant),
    within("organization", of="organization.id"),
)
sa.Index(None, mapping.c.tenant, mapping.c.organization)
