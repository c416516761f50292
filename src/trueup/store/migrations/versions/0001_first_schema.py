"""The first schema. Frozen: a later change of a table is a later revision.

Each table is written as its name, its key behind the tenant, and its columns with their types ("?": may be null).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TYPES: dict[str, Callable[[], Any]] = {
    "boolean": sa.Boolean,
    "bytes": sa.LargeBinary,
    "day": sa.Date,
    "integer": sa.Integer,
    "letter": lambda: sa.String(1),
    "moment": lambda: sa.DateTime(timezone=True),
    "string": sa.String,
    "text": sa.Text,
}

TABLES = (
    "item",
    "item_past",
    "item_superseded",
    "reading",
    "reading_past",
    "reading_superseded",
    "tenant",
    "audit",
    "connection",
    "counter",
    "entry_request",
    "known_line",
    "lease",
    "metric",
    "plan",
    "psa_entry",
    "psa_read",
    "release",
    "rule",
    "run",
    "approval",
    "billing_type",
    "connection_secret",
    "delivery",
    "intent",
    "organization",
    "outcome",
    "run_step",
    "stream",
    "mapping",
)
"""In the order of their making: a table comes after those it refers to."""


def _table(name: str, key: str, columns: str, *constraints: sa.Constraint, with_rowid: bool = True) -> None:
    keys = ["tenant", *filter(None, key.split(", "))]
    parts = [sa.Column("tenant", sa.String, nullable=False)]
    for part in columns.split(", ") if columns else ():
        column, kind = part.split(" ")
        made = TYPES[kind.removesuffix("?")]()
        parts.append(sa.Column(column, made, nullable=kind.endswith("?"), autoincrement=False))
    primary = sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}")
    op.create_table(name, *parts, primary, *constraints, sqlite_with_rowid=with_rowid)


def _within(table: str, parent: str, column: str | None = None, key: str | None = None) -> sa.Constraint:
    mine = ["tenant", column] if column else ["tenant"]
    theirs = [f"{parent}.tenant", f"{parent}.{key}"] if key else [f"{parent}.tenant"]
    return sa.ForeignKeyConstraint(mine, theirs, name=f"fk_{table}_{'_'.join(mine)}")


def _unique_where(name: str, table: str, columns: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns.split(", "), unique=True, sqlite_where=condition, postgresql_where=condition)


def upgrade() -> None:
    _table(
        "item",
        "stream, key",
        "stream integer, key string, organization integer, name string, attributes string, since integer",
        with_rowid=False,
    )
    _table(
        "item_past",
        "stream, valid_to, key",
        "stream integer, valid_to integer, key string, valid_from integer, organization integer, name string, "
        "attributes string",
        with_rowid=False,
    )
    _table(
        "item_superseded",
        "stream, day, attempt, key",
        "stream integer, day integer, attempt integer, key string, organization integer?, name string?, "
        "attributes string?",
        with_rowid=False,
    )
    _table(
        "reading",
        "connection, metric, organization",
        "connection integer, metric integer, organization integer, value string, coverage letter, since integer",
        with_rowid=False,
    )
    _table(
        "reading_past",
        "connection, valid_to, metric, organization",
        "connection integer, valid_to integer, metric integer, organization integer, valid_from integer, "
        "value string, coverage letter",
        with_rowid=False,
    )
    _table(
        "reading_superseded",
        "connection, day, attempt, metric, organization",
        "connection integer, day integer, attempt integer, metric integer, organization integer, value "
        "string?, coverage letter?",
        with_rowid=False,
    )
    _table("tenant", "", "settings text, created_at moment, saved_at moment, saved_by string")
    _table("audit", "id", "id integer, at moment, actor string, action string, detail text", _within("audit", "tenant"))
    _table(
        "connection",
        "id",
        "id integer, name string, role string, kind string, settings text, added_by string, added_at moment, "
        "removed_by string?, removed_at moment?, lookups text?, delivered_at moment?, delivered_day day?, "
        "failure text?, failed_at moment?",
        _within("connection", "tenant"),
        sa.CheckConstraint("role IN ('psa', 'module')", name=op.f("ck_connection_role")),
    )
    _unique_where("uq_connection_name_in_use", "connection", "tenant, name", "removed_at IS NULL")
    _table("counter", "name", "name string, value integer", _within("counter", "tenant"))
    _table(
        "entry_request",
        "id",
        "id string, kind string, body text, state string, created_id string?, requested_by string, "
        "requested_at moment, ended_at moment?",
        _within("entry_request", "tenant"),
        sa.CheckConstraint("kind IN ('create_service', 'add_line')", name=op.f("ck_entry_request_kind")),
        sa.CheckConstraint("state IN ('wanted', 'done', 'withdrawn')", name=op.f("ck_entry_request_state")),
    )
    _table("known_line", "line", "line string, body text, agreed_at moment", _within("known_line", "tenant"))
    _table("lease", "name", "name string, holder string?, epoch integer, expires_at moment", _within("lease", "tenant"))
    _table(
        "metric",
        "key, version",
        "key string, version integer, expression text, kind string, module string?, stream string?, saved_by "
        "string, saved_at moment, ended_by string?, ended_at moment?",
        _within("metric", "tenant"),
    )
    _table(
        "plan",
        "id",
        "id string, place integer, run string?, as_of day, created_at moment, checksum string, notes text, "
        "state string, state_at moment, superseded_by string?",
        _within("plan", "tenant"),
        sa.UniqueConstraint("tenant", "place", name="uq_plan_tenant_place"),
    )
    _table(
        "psa_entry",
        "kind, id",
        "kind string, id string, body text, first_seen moment, gone_since moment?",
        _within("psa_entry", "tenant"),
        sa.CheckConstraint("kind IN ('customer', 'contract', 'service', 'line')", name=op.f("ck_psa_entry_kind")),
    )
    _table("psa_read", "kind", "kind string, read_at moment", _within("psa_read", "tenant"))
    _table(
        "release",
        "id",
        "id integer, line string, rail string, units integer, day day, person string, reason text, at moment, "
        "ended_at moment?",
        _within("release", "tenant"),
    )
    op.create_index("ix_release_tenant_line", "release", ["tenant", "line"])
    _table(
        "rule",
        "id, version",
        "id string, version integer, level string, service string, target string, body text, saved_by string, "
        "saved_at moment, ended_by string?, ended_at moment?",
        _within("rule", "tenant"),
    )
    _unique_where("uq_rule_in_force", "rule", "tenant, level, service, target", "ended_at IS NULL")
    _table(
        "run",
        "id",
        "id string, place integer, kind string, actor string, status string, reasons text, started_at moment, "
        "finished_at moment?",
        _within("run", "tenant"),
        sa.UniqueConstraint("tenant", "place", name="uq_run_tenant_place"),
    )
    _table(
        "approval",
        "id",
        "id integer, plan string, checksum string, digests text, person string, reason text, at moment",
        _within("approval", "plan", "plan", "id"),
    )
    op.create_index("ix_approval_tenant_plan", "approval", ["tenant", "plan"])
    _table(
        "billing_type",
        "id",
        "id integer, connection integer, key string, body text?",
        _within("billing_type", "connection", "connection", "id"),
        sa.UniqueConstraint("tenant", "connection", "key", name="uq_billing_type_tenant_connection_key"),
    )
    _table(
        "connection_secret",
        "connection, field",
        "connection integer, field string, key_id string, sealed bytes, saved_at moment",
        _within("connection_secret", "connection", "connection", "id"),
    )
    _table(
        "delivery",
        "connection, day, attempt",
        "connection integer, day integer, attempt integer, state string, superseded_at moment?, observed_at "
        "moment, coverage string, provisional boolean, run string?, calls integer, definition string, streams "
        "text, partial text, failure text?, notes text",
        _within("delivery", "connection", "connection", "id"),
    )
    _table(
        "intent",
        "id",
        "id integer, run string, plan string, line string, day day, change integer, before text, after text, "
        "digest string, details text, state string, epoch integer, tries integer, intended_at moment, sent_at "
        "moment?, settled_at moment?, reason text?",
        _within("intent", "run", "run", "id"),
        _within("intent", "plan", "plan", "id"),
        sa.UniqueConstraint("tenant", "plan", "line", "day", name="uq_intent_tenant_plan_line_day"),
        sa.CheckConstraint(
            "state IN ('intended', 'sent', 'unsettled', 'done', 'refused', 'skipped', 'conflict')",
            name=op.f("ck_intent_state"),
        ),
    )
    op.create_index("ix_intent_tenant_line", "intent", ["tenant", "line"])
    op.create_index("ix_intent_tenant_run", "intent", ["tenant", "run"])
    op.create_index("ix_intent_tenant_state", "intent", ["tenant", "state"])
    _table(
        "organization",
        "id",
        "id integer, connection integer, key string, name string, psa_hint string?, since integer?, last_seen "
        "integer?, present boolean",
        _within("organization", "connection", "connection", "id"),
        sa.UniqueConstraint("tenant", "connection", "key", name="uq_organization_tenant_connection_key"),
    )
    _table(
        "outcome",
        "plan, position",
        "plan string, position integer, line string, status string, kind string, customer string, contract "
        "string, service string, currency string?, amount string?, recurring string?, codes string, digest "
        "string, body bytes",
        _within("outcome", "plan", "plan", "id"),
        with_rowid=False,
    )
    op.create_index("ix_outcome_tenant_line", "outcome", ["tenant", "line"])
    _table(
        "run_step",
        "run, position",
        "run string, position integer, name string, state string, numbers text, at moment",
        _within("run_step", "run", "run", "id"),
    )
    _table(
        "stream",
        "id",
        "id integer, connection integer, name string, attributes text",
        _within("stream", "connection", "connection", "id"),
    )
    _table(
        "mapping",
        "id",
        "id integer, organization integer, customer string?, item_filter text?, reason text?, valid_from "
        "day?, valid_to day?, decided_by string, decided_at moment, ended_by string?, ended_at moment?",
        _within("mapping", "organization", "organization", "id"),
    )
    op.create_index("ix_mapping_tenant_organization", "mapping", ["tenant", "organization"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
