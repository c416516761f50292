"""Tables of what vendors ask and bill; removed rows stay."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import Exact, Instant, of_a_tenant, tenant_table


def _kept() -> tuple[sa.Column[object], ...]:
    """Who saved a row and who took it away."""
    return (
        sa.Column("saved_by", sa.String, nullable=False),
        sa.Column("saved_at", Instant, nullable=False),
        sa.Column("removed_by", sa.String),
        sa.Column("removed_at", Instant),
    )


vendor_price = tenant_table(
    "vendor_price",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("metric", sa.String, nullable=False),
    sa.Column("currency", sa.String, nullable=False),
    sa.Column("first", sa.Date, nullable=False),
    sa.Column("last", sa.Date),
    sa.Column("tiers", sa.Text, nullable=False),
    sa.Column("rule", sa.String, nullable=False),
    *_kept(),
    of_a_tenant(),
)

vendor_commitment = tenant_table(
    "vendor_commitment",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("metric", sa.String, nullable=False),
    sa.Column("quantity", Exact, nullable=False),
    sa.Column("first", sa.Date, nullable=False),
    sa.Column("last", sa.Date),
    *_kept(),
    of_a_tenant(),
)

vendor_profile = tenant_table(
    "vendor_profile",
    sa.Column("vendor", sa.String, primary_key=True),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("saved_by", sa.String, nullable=False),
    sa.Column("saved_at", Instant, nullable=False),
    of_a_tenant(),
)

vendor_invoice = tenant_table(
    "vendor_invoice",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("vendor", sa.String, nullable=False),
    sa.Column("number", sa.String, nullable=False),
    sa.Column("month", sa.Date, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    *_kept(),
    of_a_tenant(),
)
sa.Index(None, vendor_invoice.c.tenant, vendor_invoice.c.month)
