"""Receivers of notices can be switched off without losing their settings; those of earlier versions are on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("receiver") as receiver:
        receiver.add_column(
            sa.Column("is_on", sa.Boolean(create_constraint=False), nullable=False, server_default=sa.true())
        )
    with op.batch_alter_table("receiver") as receiver:
        receiver.alter_column("is_on", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("receiver") as receiver:
        receiver.drop_column("is_on")
