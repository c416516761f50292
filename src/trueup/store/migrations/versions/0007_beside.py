"""Running beside a clerk or another tool: comparisons of lines by day, as intervals, and lines that are contested."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _tenant(table: str) -> tuple[sa.Column[str], sa.Constraint]:
    key = sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name=f"fk_{table}_tenant")
    return sa.Column("tenant", sa.String, nullable=False), key


def upgrade() -> None:
    """Make the tables."""
    verdict = sa.CheckConstraint("verdict IN ('agreed', 'differs', 'undecided')", name=op.f("ck_comparison_verdict"))
    tenant, key = _tenant("comparison")
    op.create_table(
        "comparison",
        tenant,
        sa.Column("line", sa.String, nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("service", sa.String, nullable=False),
        sa.Column("customer", sa.String, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("wanted", sa.Integer),
        sa.Column("found", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("currency", sa.String),
        sa.Column("monthly", sa.String),
        sa.PrimaryKeyConstraint("tenant", "line", "first", name="pk_comparison"),
        verdict,
        key,
        sqlite_with_rowid=False,
    )
    tenant, key = _tenant("comparison_behind")
    op.create_table(
        "comparison_behind",
        tenant,
        sa.Column("line", sa.String, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("nights", sa.Integer, nullable=False),
        sa.Column("seen", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "line", "day", name="pk_comparison_behind"),
        key,
        sqlite_with_rowid=False,
    )
    tenant, key = _tenant("contest")
    op.create_table(
        "contest",
        tenant,
        sa.Column("line", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "line", name="pk_contest"),
        key,
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("contest", "comparison_behind", "comparison"):
        op.drop_table(table)
