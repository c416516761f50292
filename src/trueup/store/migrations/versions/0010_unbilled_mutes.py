"""What persons said of unbilled usage. Frozen like every revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unbilled_mute",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("quantity", sa.String, nullable=False),
        sa.Column("until", sa.Date),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("muted_by", sa.String, nullable=False),
        sa.Column("muted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_unbilled_mute"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_unbilled_mute_tenant"),
    )
    op.create_index("ix_unbilled_mute_tenant_key", "unbilled_mute", ["tenant", "key"])


def downgrade() -> None:
    op.drop_table("unbilled_mute")
