"""Metrics may say which attributes make two items the same thing (a JSON list of names; null: every item counts)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("metric", recreate="always") as table:
        table.add_column(sa.Column("same_by", sa.Text()))


def downgrade() -> None:
    with op.batch_alter_table("metric", recreate="always") as table:
        table.drop_column("same_by")
