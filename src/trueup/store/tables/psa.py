"""Tables of what the PSA showed when it was last read, and what its units were when we last agreed with them."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table

psa_read = tenant_table(
    "psa_read",
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("read_at", Instant, nullable=False),
    sa.Column("calls_left", sa.Integer),
    of_a_tenant(),
)

psa_entry = tenant_table(
    "psa_entry",
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("first_seen", Instant, nullable=False),
    sa.Column("gone_since", Instant),
    sa.CheckConstraint("kind IN ('customer', 'contract', 'service', 'line')", name="kind"),
    of_a_tenant(),
)

known_line = tenant_table(
    "known_line",
    sa.Column("line", sa.String, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("agreed_at", Instant, nullable=False),
    of_a_tenant(),
)
