"""People, how they sign in, what they may do in a tenant, and API tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _people()
    _ways_in()
    _in_a_tenant()


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("name_key", sa.String, nullable=False),
        sa.Column("email", sa.String),
        sa.Column("email_key", sa.String),
        sa.Column("language", sa.String),
        sa.Column("password", sa.String),
        sa.Column("password_at", _INSTANT),
        sa.Column("added_by", sa.String, nullable=False),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("name_key", name="uq_person_name_key"),
        sa.UniqueConstraint("email_key", name="uq_person_email_key"),
    )
    op.create_table(
        "installation_setting",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("key_id", sa.String),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("saved_by", sa.String, nullable=False),
        sa.Column("saved_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_installation_setting"),
    )


def _ways_in() -> None:
    op.create_table(
        "session",
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("agent", sa.String, nullable=False),
        sa.Column("began_at", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("confirmed_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_session"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_session_person"),
    )
    op.create_index("ix_session_person", "session", ["person"])
    op.create_table(
        "passkey",
        sa.Column("credential", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.Integer, nullable=False),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT),
        sa.PrimaryKeyConstraint("credential", name="pk_passkey"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_passkey_person"),
    )
    op.create_index("ix_passkey_person", "passkey", ["person"])
    op.create_table(
        "one_time",
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("person", sa.String),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_one_time"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_one_time_person"),
    )
    op.create_index("ix_one_time_person", "one_time", ["person"])
    op.create_table(
        "sign_in_lane",
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_sign_in_lane"),
    )


def _in_a_tenant() -> None:
    op.create_table(
        "membership",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("added_by", sa.String, nullable=False),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "person", name="pk_membership"),
        sa.CheckConstraint("role IN ('viewer', 'billing', 'approver', 'administrator')", name="role"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_membership_person"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_membership_tenant"),
    )
    op.create_table(
        "api_token",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("person", sa.String),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT),
        sa.Column("revoked_by", sa.String),
        sa.Column("revoked_at", _INSTANT),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_api_token"),
        sa.CheckConstraint("scope IN ('read', 'write', 'approve', 'admin')", name="scope"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_api_token_person"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name="fk_api_token_tenant"),
    )
    op.create_index("uq_api_token_hash", "api_token", ["tenant", "hash"], unique=True)


def downgrade() -> None:
    for name in (
        "api_token",
        "membership",
        "sign_in_lane",
        "one_time",
        "passkey",
        "session",
        "installation_setting",
        "person",
    ):
        op.drop_table(name)
