"""What was taken back: which run an undo plan undoes, and which changes of each line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "undo",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("run", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "plan", name="pk_undo"),
        sa.ForeignKeyConstraint(["tenant", "plan"], ["plan.tenant", "plan.id"], name="fk_undo_tenant_plan"),
        sa.ForeignKeyConstraint(["tenant", "run"], ["run.tenant", "run.id"], name="fk_undo_tenant_run"),
    )
    op.create_index("ix_undo_tenant_run", "undo", ["tenant", "run"])
    op.create_table(
        "undo_line",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("line", sa.String, nullable=False),
        sa.Column("intents", sa.Text, nullable=False),
        sa.Column("units", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "plan", "line", name="pk_undo_line"),
        sa.ForeignKeyConstraint(["tenant", "plan"], ["undo.tenant", "undo.plan"], name="fk_undo_line_tenant_plan"),
    )
    op.create_index("ix_undo_line_tenant_line", "undo_line", ["tenant", "line"])


def downgrade() -> None:
    op.drop_table("undo_line")
    op.drop_table("undo")
