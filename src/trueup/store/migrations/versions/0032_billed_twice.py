"""Items that more than one line bills, as the newest plan counted them. Frozen like every revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "billed_twice",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("item_count", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name="pk_billed_twice"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_billed_twice_tenant"),
    )


def downgrade() -> None:
    op.drop_table("billed_twice")
