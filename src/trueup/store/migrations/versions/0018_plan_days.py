"""Totals of a plan by the day of a change and without read-only lines; rows found by their line or their service.

Rows of the newest plans are let go: they are made again, with the new totals, when somebody looks at the plan.
Frozen like every revision.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BEFORE = "dimension IN ('plan', 'customer', 'service', 'reason')"
NOW = "dimension IN ('plan', 'customer', 'service', 'reason', 'day')"


def upgrade() -> None:
    with op.batch_alter_table("plan_total") as batch:
        batch.drop_constraint("dimension", type_="check")
        batch.create_check_constraint("dimension", sa.text(NOW))
        batch.add_column(sa.Column("writable", sa.Integer, nullable=False, server_default="0"))
    with op.batch_alter_table("plan_total") as batch:
        batch.alter_column("writable", server_default=None)
    op.execute("DELETE FROM plan_row")
    op.drop_index("ix_plan_row_of_customer", "plan_row")
    for name in ("customer", "service", "line"):
        op.create_index(f"ix_plan_row_of_{name}", "plan_row", ["tenant", "plan", name, "part", "position"])


def downgrade() -> None:
    for name in ("customer", "service", "line"):
        op.drop_index(f"ix_plan_row_of_{name}", "plan_row")
    op.create_index("ix_plan_row_of_customer", "plan_row", ["tenant", "plan", "customer", "part"])
    op.execute("DELETE FROM plan_total WHERE dimension = 'day'")
    with op.batch_alter_table("plan_total") as batch:
        batch.drop_column("writable")
        batch.drop_constraint("dimension", type_="check")
        batch.create_check_constraint("dimension", sa.text(BEFORE))
