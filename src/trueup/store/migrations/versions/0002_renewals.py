"""Renewals of contracts and lines, so that rules and memory go on after a contract was renewed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "renewal",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("later", sa.String, nullable=False),
        sa.Column("earlier", sa.String, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", "later", name="pk_renewal"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_renewal_tenant"),
        sa.CheckConstraint("kind IN ('contract', 'line')", name=op.f("ck_renewal_kind")),
    )


def downgrade() -> None:
    op.drop_table("renewal")
