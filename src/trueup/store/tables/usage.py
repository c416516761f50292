"""Tables of usage: deliveries by day, items and readings as intervals, and what was replaced.

Days in these tables are whole numbers (`date.toordinal`): they are compared and counted, and there are many of them.
`docs/decisions/0021-usage-as-intervals.md` explains the layout.
"""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, tenant_table, within

organization = tenant_table(
    "organization",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("connection", sa.Integer, nullable=False),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("psa_hint", sa.String),
    sa.Column("since", sa.Integer),
    sa.Column("last_seen", sa.Integer),
    sa.Column("present", sa.Boolean(create_constraint=False), nullable=False),
    within("connection", of="connection.id"),
    sa.UniqueConstraint("tenant", "connection", "key"),
)

stream = tenant_table(
    "stream",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("connection", sa.Integer, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("attributes", sa.Text, nullable=False),
    within("connection", of="connection.id"),
)

billing_type = tenant_table(
    "billing_type",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("connection", sa.Integer, nullable=False),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("body", sa.Text),
    within("connection", of="connection.id"),
    sa.UniqueConstraint("tenant", "connection", "key"),
)

delivery = tenant_table(
    "delivery",
    sa.Column("connection", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("superseded_at", Instant),
    sa.Column("observed_at", Instant, nullable=False),
    sa.Column("coverage", sa.String, nullable=False),
    sa.Column("provisional", sa.Boolean(create_constraint=False), nullable=False),
    sa.Column("run", sa.String),
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("definition", sa.String, nullable=False),
    sa.Column("streams", sa.Text, nullable=False),
    sa.Column("partial", sa.Text, nullable=False),
    sa.Column("failure", sa.Text),
    sa.Column("notes", sa.Text, nullable=False),
    within("connection", of="connection.id"),
)


def _item_value(*, absent: bool) -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("organization", sa.Integer, nullable=absent),
        sa.Column("name", sa.String, nullable=absent),
        sa.Column("attributes", sa.String, nullable=absent),
    )


def _reading_value(*, absent: bool) -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("value", sa.String, nullable=absent),
        sa.Column("coverage", sa.String(1), nullable=absent),
    )


def _whole(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer, primary_key=True, autoincrement=False)


item = tenant_table(
    "item",
    _whole("stream"),
    sa.Column("key", sa.String, primary_key=True),
    *_item_value(absent=False),
    sa.Column("since", sa.Integer, nullable=False),
    with_rowid=False,
)

item_past = tenant_table(
    "item_past",
    _whole("stream"),
    _whole("valid_to"),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("valid_from", sa.Integer, nullable=False),
    *_item_value(absent=False),
    with_rowid=False,
)

item_superseded = tenant_table(
    "item_superseded",
    _whole("stream"),
    _whole("day"),
    _whole("attempt"),
    sa.Column("key", sa.String, primary_key=True),
    *_item_value(absent=True),
    with_rowid=False,
)

reading = tenant_table(
    "reading",
    _whole("connection"),
    _whole("metric"),
    _whole("organization"),
    *_reading_value(absent=False),
    sa.Column("since", sa.Integer, nullable=False),
    with_rowid=False,
)

reading_past = tenant_table(
    "reading_past",
    _whole("connection"),
    _whole("valid_to"),
    _whole("metric"),
    _whole("organization"),
    sa.Column("valid_from", sa.Integer, nullable=False),
    *_reading_value(absent=False),
    with_rowid=False,
)

reading_superseded = tenant_table(
    "reading_superseded",
    _whole("connection"),
    _whole("day"),
    _whole("attempt"),
    _whole("metric"),
    _whole("organization"),
    *_reading_value(absent=True),
    with_rowid=False,
)
