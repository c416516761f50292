"""Table of simulations as they were shown, and of what became of each."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table

simulation = tenant_table(
    "simulation",
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("made_by", sa.String, nullable=False),
    sa.Column("checksum", sa.String, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("approved_by", sa.String),
    sa.Column("approved_at", Instant),
    sa.Column("reason", sa.Text),
    sa.UniqueConstraint("tenant", "place"),
    of_a_tenant(),
)
