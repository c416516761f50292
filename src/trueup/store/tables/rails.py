"""Tables of the guard rails: what a person set (every version), figures of each plan, and what lines count by."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table, within

rail_choice = tenant_table(
    "rail_choice",
    sa.Column("level", sa.String, primary_key=True),
    sa.Column("target", sa.String, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("parts", sa.Text, nullable=False),
    sa.Column("saved_by", sa.String, nullable=False),
    sa.Column("saved_at", Instant, nullable=False),
    sa.Column("ended_by", sa.String),
    sa.Column("ended_at", Instant),
    of_a_tenant(),
)

plan_figures = tenant_table(
    "plan_figures",
    sa.Column("plan", sa.String, primary_key=True),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("lines", sa.Integer, nullable=False),
    sa.Column("changing", sa.Integer, nullable=False),
    sa.Column("opened", sa.Date),
    within("plan", of="plan.id"),
)
sa.Index(None, plan_figures.c.tenant, plan_figures.c.opened)

line_definition = tenant_table(
    "line_definition",
    sa.Column("line", sa.String, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("agreed_at", Instant, nullable=False),
    of_a_tenant(),
)
