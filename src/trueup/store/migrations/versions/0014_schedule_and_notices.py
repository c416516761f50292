"""When each connection is collected, days that were missed, and who is told of what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_IN_USE = sa.text("removed_at IS NULL")
_OPEN = sa.text("closed_at IS NULL")


def _of_a_connection(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant", "connection"], ["connection.tenant", "connection.id"], name=f"fk_{table}_tenant_connection"
    )


def _schedule() -> None:
    op.create_table(
        "schedule",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("connection", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", sa.String(5), nullable=False),
        sa.Column("zone", sa.String),
        sa.Column("is_on", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("saved_by", sa.String, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connection", name="pk_schedule"),
        _of_a_connection("schedule"),
    )
    op.create_table(
        "collecting",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("connection", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("asked_by", sa.String),
        sa.Column("asked_at", sa.DateTime(timezone=True)),
        sa.Column("run", sa.String),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("noted_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("stream", sa.String),
        sa.Column("organizations", sa.Integer, nullable=False),
        sa.Column("items", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connection", name="pk_collecting"),
        _of_a_connection("collecting"),
    )
    op.create_table(
        "missed_day",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("connection", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("failure", sa.Text),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("tenant", "connection", "day", name="pk_missed_day"),
        sa.CheckConstraint("state IN ('waiting', 'collected', 'lost')", name="state"),
        _of_a_connection("missed_day"),
    )


def _receivers() -> None:
    op.create_table(
        "receiver",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("only", sa.Text, nullable=False),
        sa.Column("remind_days", sa.Integer),
        sa.Column("added_by", sa.String, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_by", sa.String),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_receiver"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_receiver_tenant"),
        sa.CheckConstraint("kind IN ('email', 'webhook', 'chat')", name="kind"),
    )
    op.create_index(
        "uq_receiver_name_in_use",
        "receiver",
        ["tenant", "name"],
        unique=True,
        sqlite_where=_IN_USE,
        postgresql_where=_IN_USE,
    )
    op.create_table(
        "receiver_secret",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("receiver", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("field", sa.String, nullable=False),
        sa.Column("key_id", sa.String, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "receiver", "field", name="pk_receiver_secret"),
        sa.ForeignKeyConstraint(
            ["tenant", "receiver"], ["receiver.tenant", "receiver.id"], name="fk_receiver_secret_tenant_receiver"
        ),
    )


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_notice"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_notice_tenant"),
    )
    op.create_index(
        "uq_notice_open",
        "notice",
        ["tenant", "kind", "subject"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_table(
        "notice_message",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("notice", sa.Integer, nullable=False),
        sa.Column("receiver", sa.Integer, nullable=False),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True)),
        sa.Column("failure", sa.Text),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_notice_message"),
        sa.CheckConstraint("event IN ('opened', 'closed', 'reminder')", name="event"),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'given_up')", name="state"),
        sa.ForeignKeyConstraint(
            ["tenant", "notice"], ["notice.tenant", "notice.id"], name="fk_notice_message_tenant_notice"
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "receiver"], ["receiver.tenant", "receiver.id"], name="fk_notice_message_tenant_receiver"
        ),
    )
    op.create_index("ix_notice_message_tenant_state", "notice_message", ["tenant", "state"])


def upgrade() -> None:
    _schedule()
    _receivers()
    _notices()


def downgrade() -> None:
    for table in ("notice_message", "notice", "receiver_secret", "receiver", "missed_day", "collecting", "schedule"):
        op.drop_table(table)
