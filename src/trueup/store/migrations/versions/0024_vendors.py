"""Vendor prices, commitments, invoice profiles and invoices. Frozen like every revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def _kept() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("saved_by", sa.String, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_by", sa.String),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
    )


def _keys(name: str, *columns: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.PrimaryKeyConstraint("tenant", *columns, name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.tenant"], name=f"fk_{name}_tenant"),
    )


def upgrade() -> None:
    op.create_table(
        "vendor_price",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("metric", sa.String, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date),
        sa.Column("tiers", sa.Text, nullable=False),
        sa.Column("rule", sa.String, nullable=False),
        *_kept(),
        *_keys("vendor_price", "id"),
    )
    op.create_table(
        "vendor_commitment",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("metric", sa.String, nullable=False),
        sa.Column("quantity", sa.String, nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date),
        *_kept(),
        *_keys("vendor_commitment", "id"),
    )
    op.create_table(
        "vendor_profile",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("vendor", sa.String, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("saved_by", sa.String, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        *_keys("vendor_profile", "vendor"),
    )
    op.create_table(
        "vendor_invoice",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("vendor", sa.String, nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        *_kept(),
        *_keys("vendor_invoice", "id"),
    )
    op.create_index("ix_vendor_invoice_tenant_month", "vendor_invoice", ["tenant", "month"])


def downgrade() -> None:
    op.drop_index("ix_vendor_invoice_tenant_month", "vendor_invoice")
    for name in ("vendor_invoice", "vendor_profile", "vendor_commitment", "vendor_price"):
        op.drop_table(name)
