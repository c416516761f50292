"""Tables of catch-up entries: what closed days should have billed, and how a person settled it."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table

catch_up = tenant_table(
    "catch_up",
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("line", sa.String, nullable=False),
    sa.Column("period_start", sa.Date, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("state_at", Instant, nullable=False),
    sa.Column("superseded_by", sa.String),
    sa.Column("person", sa.String),
    sa.Column("reason", sa.Text),
    sa.CheckConstraint(
        "state IN ('open', 'reopened', 'superseded', 'obsolete', 'replanned', 'billed', 'waived')", name="state"
    ),
    of_a_tenant(),
    sa.Index(None, "tenant", "line"),
)
