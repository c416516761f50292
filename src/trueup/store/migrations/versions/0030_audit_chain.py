"""The audit trail becomes a chain: what is there already is linked as it stands. Frozen like every revision."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0018"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_AUDIT = sa.table(
    "audit",
    sa.column("tenant", sa.String),
    sa.column("id", sa.Integer),
    sa.column("at", _MOMENT),
    *(sa.column(name, sa.String) for name in ("actor", "action", "detail", "content", "link")),
)


def upgrade() -> None:
    with op.batch_alter_table("audit") as batch:
        for name in ("content", "link"):
            batch.add_column(sa.Column(name, sa.String, nullable=False, server_default=""))
    _link()
    with op.batch_alter_table("audit") as batch:
        for name in ("content", "link"):
            batch.alter_column(name, server_default=None)
    op.create_table(
        "audit_rewritten",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("forgetting", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("entry", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("content", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "forgetting", "entry", name="pk_audit_rewritten"),
        sa.ForeignKeyConstraint(
            ["tenant", "forgetting"], ["audit.tenant", "audit.id"], name="fk_audit_rewritten_tenant_forgetting"
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "entry"], ["audit.tenant", "audit.id"], name="fk_audit_rewritten_tenant_entry"
        ),
    )


def _link() -> None:
    connection = op.get_bind()
    links: dict[str, str] = {}
    for row in connection.execute(sa.select(_AUDIT).order_by(_AUDIT.c.tenant, _AUDIT.c.id)).all():
        parts = [row.tenant, row.id, _moment(row.at), row.actor, row.action, row.detail]
        content = _hash(json.dumps(parts, separators=(",", ":"), ensure_ascii=False))
        links[row.tenant] = _hash(f"{links.get(row.tenant, '')}:{content}")
        mine = (_AUDIT.c.tenant == row.tenant, _AUDIT.c.id == row.id)
        connection.execute(sa.update(_AUDIT).where(*mine).values(content=content, link=links[row.tenant]))


def _moment(at: datetime) -> str:
    return (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)).isoformat(timespec="microseconds")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def downgrade() -> None:
    op.drop_table("audit_rewritten")
    with op.batch_alter_table("audit") as batch:
        batch.drop_column("link")
        batch.drop_column("content")
