"""Catch-up entries, and what the PSA billed beside what was previewed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catch_up",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("line", sa.String, nullable=False),
        sa.Column("period_start", sa.Date, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_by", sa.String),
        sa.Column("person", sa.String),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_catch_up"),
        sa.CheckConstraint(
            "state IN ('open', 'reopened', 'superseded', 'obsolete', 'replanned', 'billed', 'waived')",
            name="state",
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_catch_up_tenant"),
    )
    op.create_index("ix_catch_up_tenant_line", "catch_up", ["tenant", "line"])
    op.create_table(
        "billed_item",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("item", sa.String, nullable=False),
        sa.Column("line", sa.String, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("quantity", sa.String, nullable=False),
        sa.Column("previewed", sa.String, nullable=False),
        sa.Column("billed", sa.String, nullable=False),
        sa.Column("formula", sa.String),
        sa.Column("intent", sa.Integer),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "item", name="pk_billed_item"),
        sa.CheckConstraint("kind IN ('period', 'change')", name="kind"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_billed_item_tenant"),
    )
    op.create_index("ix_billed_item_tenant_line", "billed_item", ["tenant", "line"])


def downgrade() -> None:
    op.drop_table("billed_item")
    op.drop_table("catch_up")
