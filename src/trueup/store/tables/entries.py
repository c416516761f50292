"""Tables of what a person asked to have created in the PSA: services and lines."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table

entry_request = tenant_table(
    "entry_request",
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("created_id", sa.String),
    sa.Column("requested_by", sa.String, nullable=False),
    sa.Column("requested_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.CheckConstraint("kind IN ('create_service', 'add_line')", name="kind"),
    sa.CheckConstraint("state IN ('wanted', 'done', 'withdrawn')", name="state"),
    of_a_tenant(),
)
