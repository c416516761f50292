"""Keys that sign statements, and the logo on top of them. Frozen like every revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "statement_key",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("public", sa.LargeBinary, nullable=False),
        sa.Column("key_id", sa.String, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_statement_key"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_statement_key_tenant"),
    )
    op.create_table(
        "statement_logo",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("image", sa.LargeBinary, nullable=False),
        sa.Column("saved_by", sa.String, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_statement_logo"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_statement_logo_tenant"),
    )


def downgrade() -> None:
    op.drop_table("statement_logo")
    op.drop_table("statement_key")
