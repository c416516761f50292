"""Simulations as they were shown, and what became of each. Frozen like every revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "simulation",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("checksum", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("approved_by", sa.String),
        sa.Column("approved_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_simulation"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_simulation_tenant"),
        sa.UniqueConstraint("tenant", "place", name="uq_simulation_tenant_place"),
    )


def downgrade() -> None:
    op.drop_table("simulation")
