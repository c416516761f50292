"""Table of allocation groups, every version of each."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table, unique_where

allocation_group = tenant_table(
    "allocation_group",
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("saved_by", sa.String, nullable=False),
    sa.Column("saved_at", Instant, nullable=False),
    sa.Column("ended_by", sa.String),
    sa.Column("ended_at", Instant),
    of_a_tenant(),
)
unique_where(
    "uq_allocation_group_in_force",
    allocation_group.c.tenant,
    allocation_group.c.name,
    where=allocation_group.c.ended_at.is_(None),
)
