"""Tables of running beside somebody else: what was compared, what is still behind, and lines that are contested."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Exact, of_a_tenant, tenant_table

comparison = tenant_table(
    "comparison",
    sa.Column("line", sa.String, primary_key=True),
    sa.Column("first", sa.Date, primary_key=True),
    sa.Column("last", sa.Date, nullable=False),
    sa.Column("service", sa.String, nullable=False),
    sa.Column("customer", sa.String, nullable=False),
    sa.Column("verdict", sa.String, nullable=False),
    sa.Column("wanted", sa.Integer),
    sa.Column("found", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("currency", sa.String),
    sa.Column("monthly", Exact),
    sa.CheckConstraint("verdict IN ('agreed', 'differs', 'undecided')", name="verdict"),
    of_a_tenant(),
    with_rowid=False,
)

comparison_behind = tenant_table(
    "comparison_behind",
    sa.Column("line", sa.String, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("nights", sa.Integer, nullable=False),
    sa.Column("seen", sa.Date, nullable=False),
    of_a_tenant(),
    with_rowid=False,
)

contest = tenant_table(
    "contest",
    sa.Column("line", sa.String, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    of_a_tenant(),
)
