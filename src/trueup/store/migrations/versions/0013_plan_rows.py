"""Rows and totals of plans, for pages. Those of earlier plans are made from their outcomes when somebody looks at them.

Frozen like every revision.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ORDERS = {
    "customer": ("part", "customer_order", "customer", "service_order", "position"),
    "service": ("part", "service_order", "service", "customer_order", "position"),
    "reason": ("part", "reason", "customer_order", "position"),
    "change": ("part", "change_order", "position"),
    "day": ("part", "day_order", "position"),
    "amount": ("part", "amount_order", "position"),
    "of_customer": ("customer", "part"),
}


def _of_plan(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant", "plan"], ["plan.tenant", "plan.id"], name=f"fk_{table}_tenant_plan")


def upgrade() -> None:
    op.create_table(
        "plan_row",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("line", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("customer", sa.String, nullable=False),
        sa.Column("customer_name", sa.String, nullable=False),
        sa.Column("customer_order", sa.String, nullable=False),
        sa.Column("contract_name", sa.String, nullable=False),
        sa.Column("service", sa.String, nullable=False),
        sa.Column("service_name", sa.String, nullable=False),
        sa.Column("service_order", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("before", sa.Integer),
        sa.Column("after", sa.Integer),
        sa.Column("moves", sa.Boolean, nullable=False),
        sa.Column("change_order", sa.Integer, nullable=False),
        sa.Column("day_order", sa.String, nullable=False),
        sa.Column("amount_order", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String),
        sa.Column("monthly", sa.BigInteger),
        sa.Column("amount", sa.BigInteger),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("releasable", sa.String, nullable=False),
        sa.Column("first_time", sa.Boolean, nullable=False),
        sa.Column("mode", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "plan", "position", name="pk_plan_row"),
        _of_plan("plan_row"),
    )
    for name, columns in ORDERS.items():
        op.create_index(f"ix_plan_row_{name}", "plan_row", ["tenant", "plan", *columns])
    op.create_table(
        "plan_total",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("dimension", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("part", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("name_order", sa.String, nullable=False),
        sa.Column("lines", sa.Integer, nullable=False),
        sa.Column("moving", sa.Integer, nullable=False),
        sa.Column("units_before", sa.BigInteger, nullable=False),
        sa.Column("units_after", sa.BigInteger, nullable=False),
        sa.Column("monthly", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("recurring", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "plan", "dimension", "key", "part", "currency", name="pk_plan_total"),
        sa.CheckConstraint("dimension IN ('plan', 'customer', 'service', 'reason')", name="dimension"),
        _of_plan("plan_total"),
    )


def downgrade() -> None:
    op.drop_table("plan_total")
    op.drop_table("plan_row")
