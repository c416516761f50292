"""Tables of what was taken back: which run an undo plan undoes, and which changes of each line."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, tenant_table, within

undo = tenant_table(
    "undo",
    sa.Column("plan", sa.String, primary_key=True),
    sa.Column("run", sa.String, nullable=False),
    sa.Column("person", sa.String, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("at", Instant, nullable=False),
    within("plan", of="plan.id"),
    within("run", of="run.id"),
)
sa.Index(None, undo.c.tenant, undo.c.run)

undo_line = tenant_table(
    "undo_line",
    sa.Column("plan", sa.String, primary_key=True),
    sa.Column("line", sa.String, primary_key=True),
    sa.Column("intents", sa.Text, nullable=False),
    sa.Column("units", sa.Integer, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("ended_at", Instant),
    within("plan", of="undo.plan"),
)
sa.Index(None, undo_line.c.tenant, undo_line.c.line)
