"""The items behind planned units by their digest, and the PSA's units of each line over time.

Frozen like every revision.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0014"
branch_labels = None
depends_on = None


def _of_tenant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name=f"fk_{table}_tenant")


def upgrade() -> None:
    op.create_table(
        "evidence",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        _of_tenant("evidence"),
        sa.PrimaryKeyConstraint("tenant", "digest", name="pk_evidence"),
    )
    op.create_table(
        "line_units",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("line", sa.String, nullable=False),
        sa.Column("valid_from", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("valid_to", sa.Integer, nullable=True),
        sa.Column("units", sa.Integer, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        _of_tenant("line_units"),
        sa.PrimaryKeyConstraint("tenant", "line", "valid_from", name="pk_line_units"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("line_units")
    op.drop_table("evidence")
