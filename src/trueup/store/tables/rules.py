"""Tables of what a tenant defines: metrics and rules, every version of each."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table, unique_where

metric = tenant_table(
    "metric",
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("expression", sa.Text, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("module", sa.String),
    sa.Column("stream", sa.String),
    sa.Column("saved_by", sa.String, nullable=False),
    sa.Column("saved_at", Instant, nullable=False),
    sa.Column("ended_by", sa.String),
    sa.Column("ended_at", Instant),
    sa.Column("same_by", sa.Text),
    of_a_tenant(),
)

rule = tenant_table(
    "rule",
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("level", sa.String, nullable=False),
    sa.Column("service", sa.String, nullable=False),
    sa.Column("target", sa.String, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("saved_by", sa.String, nullable=False),
    sa.Column("saved_at", Instant, nullable=False),
    sa.Column("ended_by", sa.String),
    sa.Column("ended_at", Instant),
    of_a_tenant(),
)
unique_where(
    "uq_rule_in_force",
    rule.c.tenant,
    rule.c.level,
    rule.c.service,
    rule.c.target,
    where=rule.c.ended_at.is_(None),
)
