"""Table of the answers to writes that programs send with a key."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table

stored_answer = tenant_table(
    "stored_answer",
    sa.Column("actor", sa.String, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("digest", sa.String, nullable=False),
    sa.Column("claimed_at", Instant, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("headers", sa.Text),
    sa.Column("body", sa.LargeBinary),
    of_a_tenant(),
)
sa.Index(None, stored_answer.c.tenant, stored_answer.c.claimed_at)
