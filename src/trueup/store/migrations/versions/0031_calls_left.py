"""What the PSA's budget of calls held when it was last read. Frozen like every revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("psa_read") as batch:
        batch.add_column(sa.Column("calls_left", sa.Integer))


def downgrade() -> None:
    with op.batch_alter_table("psa_read") as batch:
        batch.drop_column("calls_left")
