"""Tables of who may call from where, of modules' keys, of what they pushed, and of calls that were refused."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table, within

network_rule = tenant_table(
    "network_rule",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("purpose", sa.String, nullable=False),
    sa.Column("network", sa.String, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("added_by", sa.String, nullable=False),
    sa.Column("added_at", Instant, nullable=False),
    sa.Column("removed_by", sa.String),
    sa.Column("removed_at", Instant),
    of_a_tenant(),
)

push_key = tenant_table(
    "push_key",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("connection", sa.Integer, nullable=False),
    sa.Column("prefix", sa.String, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("added_by", sa.String, nullable=False),
    sa.Column("added_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    sa.Column("revoked_by", sa.String),
    sa.Column("revoked_at", Instant),
    within("connection", of="connection.id"),
)
sa.Index(None, push_key.c.hash, unique=True)

pushed_event = tenant_table(
    "pushed_event",
    sa.Column("connection", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("event", sa.String, primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("day", sa.Integer, nullable=False),
    sa.Column("digest", sa.String, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    within("connection", of="connection.id"),
)
sa.Index(None, pushed_event.c.tenant, pushed_event.c.connection, pushed_event.c.day)

refused_call = tenant_table(
    "refused_call",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("connection", sa.Integer, nullable=False),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("first_at", Instant, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("ended_at", Instant),
    within("connection", of="connection.id"),
)
sa.Index(None, refused_call.c.tenant, refused_call.c.connection)
