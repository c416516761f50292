"""Tables of notices: who is told, what is the matter, and which message went to whom."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table, unique_where, within

receiver = tenant_table(
    "receiver",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("only", sa.Text, nullable=False),
    sa.Column("remind_days", sa.Integer),
    sa.Column("added_by", sa.String, nullable=False),
    sa.Column("added_at", Instant, nullable=False),
    sa.Column("removed_by", sa.String),
    sa.Column("removed_at", Instant),
    sa.Column("is_on", sa.Boolean(create_constraint=False), nullable=False),
    of_a_tenant(),
    sa.CheckConstraint("kind IN ('email', 'webhook', 'chat')", name="kind"),
)
unique_where(
    "uq_receiver_name_in_use",
    receiver.c.tenant,
    receiver.c.name,
    where=receiver.c.removed_at.is_(None),
)

receiver_secret = tenant_table(
    "receiver_secret",
    sa.Column("receiver", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("field", sa.String, primary_key=True),
    sa.Column("key_id", sa.String, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("saved_at", Instant, nullable=False),
    within("receiver", of="receiver.id"),
)

notice = tenant_table(
    "notice",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("closed_at", Instant),
    of_a_tenant(),
)
unique_where(
    "uq_notice_open",
    notice.c.tenant,
    notice.c.kind,
    notice.c.subject,
    where=notice.c.closed_at.is_(None),
)

notice_message = tenant_table(
    "notice_message",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("notice", sa.Integer, nullable=False),
    sa.Column("receiver", sa.Integer, nullable=False),
    sa.Column("event", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("tried_at", Instant),
    sa.Column("failure", sa.Text),
    within("notice", of="notice.id"),
    within("receiver", of="receiver.id"),
    sa.CheckConstraint("event IN ('opened', 'closed', 'reminder')", name="event"),
    sa.CheckConstraint("state IN ('waiting', 'sent', 'given_up')", name="state"),
    sa.Index(None, "tenant", "state"),
)
