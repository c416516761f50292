"""What was done to the installation itself, chained as each tenant's trail is. Frozen like every revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installation_audit",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("content", sa.String, nullable=False),
        sa.Column("link", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_installation_audit"),
    )


def downgrade() -> None:
    op.drop_table("installation_audit")
