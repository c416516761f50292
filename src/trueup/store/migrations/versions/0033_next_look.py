"""When a worker has to look at a tenant again. Frozen like every revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "next_look",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_next_look"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_next_look_tenant"),
    )


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS look_again() CASCADE")
    else:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'look_again_%'"
        for name in connection.exec_driver_sql(triggers).scalars().all():
            op.execute(f"DROP TRIGGER {name}")
    op.drop_table("next_look")
