"""Tables of cross-source checks: definitions, of which ended ones stay, and one count a day of each."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table, within

cross_check = tenant_table(
    "cross_check",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("expression", sa.Text, nullable=False),
    sa.Column("items", sa.String),
    sa.Column("tell", sa.Boolean, nullable=False),
    sa.Column("saved_by", sa.String, nullable=False),
    sa.Column("saved_at", Instant, nullable=False),
    sa.Column("ended_by", sa.String),
    sa.Column("ended_at", Instant),
    of_a_tenant(),
)
sa.Index(None, cross_check.c.tenant, cross_check.c.key)

cross_check_count = tenant_table(
    "cross_check_count",
    sa.Column("check_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("found", sa.Integer, nullable=False),
    sa.Column("judged", sa.Integer, nullable=False),
    sa.Column("left_out", sa.Integer, nullable=False),
    sa.Column("counted_at", Instant, nullable=False),
    within("check_id", of="cross_check.id"),
)
