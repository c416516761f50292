"""Answers to writes that programs send with a key. Frozen like every revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_answer",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.Text),
        sa.Column("body", sa.LargeBinary),
        sa.PrimaryKeyConstraint("tenant", "actor", "key", name="pk_stored_answer"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_stored_answer_tenant"),
    )
    op.create_index("ix_stored_answer_tenant_claimed_at", "stored_answer", ["tenant", "claimed_at"])


def downgrade() -> None:
    op.drop_table("stored_answer")
