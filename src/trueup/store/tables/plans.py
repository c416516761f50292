"""Tables of plans, their outcomes, approvals and releases."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Exact, Instant, of_a_tenant, tenant_table, within

plan = tenant_table(
    "plan",
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("run", sa.String),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("checksum", sa.String, nullable=False),
    sa.Column("notes", sa.Text, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("state_at", Instant, nullable=False),
    sa.Column("superseded_by", sa.String),
    sa.UniqueConstraint("tenant", "place"),
    of_a_tenant(),
)

outcome = tenant_table(
    "outcome",
    sa.Column("plan", sa.String, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("line", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("customer", sa.String, nullable=False),
    sa.Column("contract", sa.String, nullable=False),
    sa.Column("service", sa.String, nullable=False),
    sa.Column("currency", sa.String),
    sa.Column("amount", Exact),
    sa.Column("recurring", Exact),
    sa.Column("codes", sa.String, nullable=False),
    sa.Column("digest", sa.String, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    within("plan", of="plan.id"),
    with_rowid=False,
)
sa.Index(None, outcome.c.tenant, outcome.c.line)

approval = tenant_table(
    "approval",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("plan", sa.String, nullable=False),
    sa.Column("checksum", sa.String, nullable=False),
    sa.Column("digests", sa.Text, nullable=False),
    sa.Column("person", sa.String, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    within("plan", of="plan.id"),
)
sa.Index(None, approval.c.tenant, approval.c.plan)

release = tenant_table(
    "release",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("line", sa.String, nullable=False),
    sa.Column("rail", sa.String, nullable=False),
    sa.Column("units", sa.Integer, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("person", sa.String, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    of_a_tenant(),
)
sa.Index(None, release.c.tenant, release.c.line)
