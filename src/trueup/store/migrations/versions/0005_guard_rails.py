"""Guard rails: thresholds that a person set, figures of each plan, and the definitions that lines count by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _tenant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name=op.f(f"fk_{table}_tenant"))


def upgrade() -> None:
    op.create_table(
        "rail_choice",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("level", sa.String, nullable=False),
        sa.Column("target", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("parts", sa.Text, nullable=False),
        sa.Column("saved_by", sa.String, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        _tenant("rail_choice"),
        sa.PrimaryKeyConstraint("tenant", "level", "target", "version", name=op.f("pk_rail_choice")),
    )
    op.create_table(
        "plan_figures",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("lines", sa.Integer, nullable=False),
        sa.Column("changing", sa.Integer, nullable=False),
        sa.Column("opened", sa.Date),
        sa.ForeignKeyConstraint(
            ["tenant", "plan"], ["plan.tenant", "plan.id"], name=op.f("fk_plan_figures_tenant_plan")
        ),
        sa.PrimaryKeyConstraint("tenant", "plan", name=op.f("pk_plan_figures")),
    )
    op.create_index("ix_plan_figures_tenant_opened", "plan_figures", ["tenant", "opened"])
    op.create_table(
        "line_definition",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("line", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        _tenant("line_definition"),
        sa.PrimaryKeyConstraint("tenant", "line", name=op.f("pk_line_definition")),
    )


def downgrade() -> None:
    op.drop_table("line_definition")
    op.drop_index("ix_plan_figures_tenant_opened", "plan_figures")
    op.drop_table("plan_figures")
    op.drop_table("rail_choice")
