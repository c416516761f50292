"""Tables of a tenant itself: its settings, its connections with their secrets, leases and the audit trail."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table, unique_where, within

tenant = tenant_table(
    "tenant",
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("saved_at", Instant, nullable=False),
    sa.Column("saved_by", sa.String, nullable=False),
)

counter = tenant_table(
    "counter",
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
    of_a_tenant(),
)

connection = tenant_table(
    "connection",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("added_by", sa.String, nullable=False),
    sa.Column("added_at", Instant, nullable=False),
    sa.Column("removed_by", sa.String),
    sa.Column("removed_at", Instant),
    sa.Column("lookups", sa.Text),
    sa.Column("delivered_at", Instant),
    sa.Column("delivered_day", sa.Date),
    sa.Column("failure", sa.Text),
    sa.Column("failed_at", Instant),
    of_a_tenant(),
    sa.CheckConstraint("role IN ('psa', 'module')", name="role"),
)
unique_where(
    "uq_connection_name_in_use",
    connection.c.tenant,
    connection.c.name,
    where=connection.c.removed_at.is_(None),
)

connection_secret = tenant_table(
    "connection_secret",
    sa.Column("connection", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("field", sa.String, primary_key=True),
    sa.Column("key_id", sa.String, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("saved_at", Instant, nullable=False),
    within("connection", of="connection.id"),
)

lease = tenant_table(
    "lease",
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("holder", sa.String),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    of_a_tenant(),
)

audit = tenant_table(
    "audit",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.String, nullable=False),
    sa.Column("action", sa.String, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("content", sa.String, nullable=False),
    sa.Column("link", sa.String, nullable=False),
    of_a_tenant(),
)

audit_rewritten = tenant_table(
    "audit_rewritten",
    sa.Column("forgetting", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("entry", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("content", sa.String, nullable=False),
    within("forgetting", of="audit.id"),
    within("entry", of="audit.id"),
)
