"""Tables of runs and of the journal of writes."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table, within

run = tenant_table(
    "run",
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("actor", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("reasons", sa.Text, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    sa.UniqueConstraint("tenant", "place"),
    of_a_tenant(),
)

run_step = tenant_table(
    "run_step",
    sa.Column("run", sa.String, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("numbers", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    within("run", of="run.id"),
)

intent = tenant_table(
    "intent",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("run", sa.String, nullable=False),
    sa.Column("plan", sa.String, nullable=False),
    sa.Column("line", sa.String, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("change", sa.Integer, nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("digest", sa.String, nullable=False),
    sa.Column("details", sa.Text, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("intended_at", Instant, nullable=False),
    sa.Column("sent_at", Instant),
    sa.Column("settled_at", Instant),
    sa.Column("reason", sa.Text),
    sa.CheckConstraint(
        "state IN ('intended', 'sent', 'unsettled', 'done', 'refused', 'skipped', 'conflict')", name="state"
    ),
    sa.UniqueConstraint("tenant", "plan", "line", "day"),
    within("run", of="run.id"),
    within("plan", of="plan.id"),
)
sa.Index(None, intent.c.tenant, intent.c.line)
sa.Index(None, intent.c.tenant, intent.c.run)
sa.Index(None, intent.c.tenant, intent.c.state)
