"""Tables of what statements need: the keys that sign them, and the logo on top."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Instant, of_a_tenant, tenant_table

statement_key = tenant_table(
    "statement_key",
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("public", sa.LargeBinary, nullable=False),
    sa.Column("key_id", sa.String, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("made_by", sa.String, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    of_a_tenant(),
)

statement_logo = tenant_table(
    "statement_logo",
    sa.Column("image", sa.LargeBinary, nullable=False),
    sa.Column("saved_by", sa.String, nullable=False),
    sa.Column("saved_at", Instant, nullable=False),
    of_a_tenant(),
)
