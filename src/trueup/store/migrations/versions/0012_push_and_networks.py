"""Push and network rules: keys, pushed events, networks, refused calls. Frozen like every revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def _of_a_connection(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant", "connection"], ["connection.tenant", "connection.id"], name=f"fk_{table}_tenant_connection"
    )


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "network_rule",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("network", sa.String, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("added_by", sa.String, nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.Column("removed_by", sa.String),
        sa.Column("removed_at", moment),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_network_rule"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_network_rule_tenant"),
    )
    op.create_table(
        "push_key",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("connection", sa.Integer, nullable=False),
        sa.Column("prefix", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("added_by", sa.String, nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.Column("used_at", moment),
        sa.Column("revoked_by", sa.String),
        sa.Column("revoked_at", moment),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_push_key"),
        _of_a_connection("push_key"),
    )
    op.create_index("ix_push_key_hash", "push_key", ["hash"], unique=True)
    op.create_table(
        "pushed_event",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("connection", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connection", "source", "event", name="pk_pushed_event"),
        _of_a_connection("pushed_event"),
    )
    op.create_index("ix_pushed_event_tenant_connection_day", "pushed_event", ["tenant", "connection", "day"])
    op.create_table(
        "refused_call",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("connection", sa.Integer, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("first_at", moment, nullable=False),
        sa.Column("last_at", moment, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("ended_at", moment),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_refused_call"),
        _of_a_connection("refused_call"),
    )
    op.create_index("ix_refused_call_tenant_connection", "refused_call", ["tenant", "connection"])


def downgrade() -> None:
    for table in ("refused_call", "pushed_event", "push_key", "network_rule"):
        op.drop_table(table)
