"""What was taken back: which run an undo plan undoes, and which changes of each line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _within(table: str, parent: str, column: str, key: str) -> sa.ForeignKeyConstraint:
    theirs = [f"{parent}.tenant", f"{parent}.{key}"]
    return sa.ForeignKeyConstraint(["tenant", column], theirs, name=f"fk_{table}_tenant_{column}")


def upgrade() -> None:
    op.create_table(
        "undo",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("run", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "plan", name="pk_undo"),
        _within("undo", "plan", "plan", "id"),
        _within("undo", "run", "run", "id"),
    )
    op.create_index("ix_undo_tenant_run", "undo", ["tenant", "run"])
    op.create_table(
        "undo_line",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("line", sa.String, nullable=False),
        sa.Column("intents", sa.Text, nullable=False),
        sa.Column("units", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "plan", "line", name="pk_undo_line"),
        _within("undo_line", "undo", "plan", "plan"),
    )
    op.create_index("ix_undo_line_tenant_line", "undo_line", ["tenant", "line"])


def downgrade() -> None:
    op.drop_table("undo_line")
    op.drop_table("undo")
