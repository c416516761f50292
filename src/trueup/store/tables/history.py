"""Tables of what stays on record: the items behind units that were planned, and the PSA's units of each line."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table

evidence = tenant_table(
    "evidence",
    sa.Column("digest", sa.String, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("kept_at", Instant, nullable=False),
    of_a_tenant(),
)

line_units = tenant_table(
    "line_units",
    sa.Column("line", sa.String, primary_key=True),
    sa.Column("valid_from", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("valid_to", sa.Integer),
    sa.Column("units", sa.Integer, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    of_a_tenant(),
    with_rowid=False,
)
