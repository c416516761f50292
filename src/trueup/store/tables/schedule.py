"""Tables of the schedule: when each connection is collected, how a collection goes, days that were missed, and when
a worker looks again."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table, within

schedule = tenant_table(
    "schedule",
    sa.Column("connection", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(5), nullable=False),
    sa.Column("zone", sa.String),
    sa.Column("is_on", sa.Boolean(create_constraint=False), nullable=False),
    sa.Column("saved_by", sa.String, nullable=False),
    sa.Column("saved_at", Instant, nullable=False),
    within("connection", of="connection.id"),
)

collecting = tenant_table(
    "collecting",
    sa.Column("connection", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("asked_by", sa.String),
    sa.Column("asked_at", Instant),
    sa.Column("run", sa.String),
    sa.Column("started_at", Instant),
    sa.Column("noted_at", Instant),
    sa.Column("finished_at", Instant),
    sa.Column("stream", sa.String),
    sa.Column("organizations", sa.Integer, nullable=False),
    sa.Column("items", sa.Integer, nullable=False),
    within("connection", of="connection.id"),
)

missed_day = tenant_table(
    "missed_day",
    sa.Column("connection", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("failure", sa.Text),
    sa.Column("noted_at", Instant, nullable=False),
    sa.Column("settled_at", Instant),
    sa.CheckConstraint("state IN ('waiting', 'collected', 'lost')", name="state"),
    within("connection", of="connection.id"),
)

next_look = tenant_table(
    "next_look",
    sa.Column("looked_at", Instant, nullable=False),
    sa.Column("not_before", Instant, nullable=False),
    of_a_tenant(),
)
