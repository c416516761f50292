"""Tables of items that are billed twice, as the newest plan counted them, and of what persons said of them and of
unbilled usage; ended words stay."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Exact, Instant, of_a_tenant, tenant_table

unbilled_mute = tenant_table(
    "unbilled_mute",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("quantity", Exact, nullable=False),
    sa.Column("until", sa.Date),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("muted_by", sa.String, nullable=False),
    sa.Column("muted_at", Instant, nullable=False),
    sa.Column("ended_by", sa.String),
    sa.Column("ended_at", Instant),
    of_a_tenant(),
)
sa.Index(None, unbilled_mute.c.tenant, unbilled_mute.c.key)

billed_twice = tenant_table(
    "billed_twice",
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("item_count", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    of_a_tenant(),
)
