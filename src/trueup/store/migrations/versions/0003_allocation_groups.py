"""Allocation groups: one quantity shared out over several lines, every version kept. Frozen like every revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "allocation_group",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("saved_by", sa.String, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("tenant", "name", "version", name="pk_allocation_group"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_allocation_group_tenant"),
    )
    condition = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_allocation_group_in_force",
        "allocation_group",
        ["tenant", "name"],
        unique=True,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def downgrade() -> None:
    op.drop_table("allocation_group")
