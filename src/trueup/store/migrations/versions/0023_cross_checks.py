"""Cross-source checks with their counts by day. Frozen like every revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cross_check",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("expression", sa.Text, nullable=False),
        sa.Column("items", sa.String),
        sa.Column("tell", sa.Boolean, nullable=False),
        sa.Column("saved_by", sa.String, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_cross_check"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_cross_check_tenant"),
    )
    op.create_index("ix_cross_check_tenant_key", "cross_check", ["tenant", "key"])
    op.create_table(
        "cross_check_count",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("check_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("found", sa.Integer, nullable=False),
        sa.Column("judged", sa.Integer, nullable=False),
        sa.Column("left_out", sa.Integer, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "check_id", "day", name="pk_cross_check_count"),
        sa.ForeignKeyConstraint(
            ["tenant", "check_id"],
            ["cross_check.tenant", "cross_check.id"],
            name="fk_cross_check_count_tenant_check_id",
        ),
    )


def downgrade() -> None:
    op.drop_table("cross_check_count")
    op.drop_index("ix_cross_check_tenant_key", "cross_check")
    op.drop_table("cross_check")
