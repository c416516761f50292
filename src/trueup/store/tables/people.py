"""Tables of people: who they are and how they get in (the installation's), what they may do in a tenant (the tenant's).

Decision: docs/decisions/0110-people-and-tenants.md. No secret is kept that would open anything: passwords as argon2id
hashes, session ids, links and tokens as SHA-256 of 256 random bits.
"""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, installation_table, of_a_tenant, tenant_table

person = installation_table(
    "person",
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("name_key", sa.String, nullable=False, unique=True),
    sa.Column("email", sa.String),
    sa.Column("email_key", sa.String, unique=True),
    sa.Column("language", sa.String),
    sa.Column("password", sa.String),
    sa.Column("password_at", Instant),
    sa.Column("added_by", sa.String, nullable=False),
    sa.Column("added_at", Instant, nullable=False),
)

session = installation_table(
    "session",
    sa.Column("hash", sa.String, primary_key=True),
    sa.Column("person", sa.String, sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("method", sa.String, nullable=False),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("agent", sa.String, nullable=False),
    sa.Column("began_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("confirmed_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
)

passkey = installation_table(
    "passkey",
    sa.Column("credential", sa.String, primary_key=True),
    sa.Column("person", sa.String, sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("sign_count", sa.Integer, nullable=False),
    sa.Column("added_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
)

one_time = installation_table(
    "one_time",
    sa.Column("hash", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("person", sa.String, sa.ForeignKey("person.id"), index=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
)

sign_in_lane = installation_table(
    "sign_in_lane",
    sa.Column("subject", sa.String, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
)

installation_setting = installation_table(
    "installation_setting",
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.Text),
    sa.Column("key_id", sa.String),
    sa.Column("sealed", sa.LargeBinary),
    sa.Column("saved_by", sa.String, nullable=False),
    sa.Column("saved_at", Instant, nullable=False),
)

installation_audit = installation_table(
    "installation_audit",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.String, nullable=False),
    sa.Column("action", sa.String, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("content", sa.String, nullable=False),
    sa.Column("link", sa.String, nullable=False),
)

membership = tenant_table(
    "membership",
    sa.Column("person", sa.String, sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("added_by", sa.String, nullable=False),
    sa.Column("added_at", Instant, nullable=False),
    of_a_tenant(),
    sa.CheckConstraint("role IN ('viewer', 'billing', 'approver', 'administrator')", name="role"),
)

api_token = tenant_table(
    "api_token",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
    sa.Column("scope", sa.String, nullable=False),
    sa.Column("person", sa.String, sa.ForeignKey("person.id")),
    sa.Column("made_by", sa.String, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    sa.Column("revoked_by", sa.String),
    sa.Column("revoked_at", Instant),
    of_a_tenant(),
    sa.CheckConstraint("scope IN ('read', 'write', 'approve', 'admin')", name="scope"),
)
sa.Index("uq_api_token_hash", api_token.c.tenant, api_token.c.hash, unique=True)
