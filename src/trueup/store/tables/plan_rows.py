"""Tables of a plan as a page shows it: one narrow row a line with indexes for filters and orders, and totals.

Both are worked out of the plan's outcomes when it is saved. Amounts are whole ten-thousandths of the currency's
unit, so that the database adds and orders them exactly.
"""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import tenant_table, within

plan_row = tenant_table(
    "plan_row",
    sa.Column("plan", sa.String, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("part", sa.Integer, nullable=False),
    sa.Column("line", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("customer", sa.String, nullable=False),
    sa.Column("customer_name", sa.String, nullable=False),
    sa.Column("customer_order", sa.String, nullable=False),
    sa.Column("contract_name", sa.String, nullable=False),
    sa.Column("service", sa.String, nullable=False),
    sa.Column("service_name", sa.String, nullable=False),
    sa.Column("service_order", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("before", sa.Integer),
    sa.Column("after", sa.Integer),
    sa.Column("moves", sa.Boolean, nullable=False),
    sa.Column("change_order", sa.Integer, nullable=False),
    sa.Column("day_order", sa.String, nullable=False),
    sa.Column("amount_order", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String),
    sa.Column("monthly", sa.BigInteger),
    sa.Column("amount", sa.BigInteger),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("releasable", sa.String, nullable=False),
    sa.Column("first_time", sa.Boolean, nullable=False),
    sa.Column("mode", sa.String, nullable=False),
    sa.Column("digest", sa.String, nullable=False),
    within("plan", of="plan.id"),
)
_of = (plan_row.c.tenant, plan_row.c.plan)
sa.Index("ix_plan_row_customer", *_of, plan_row.c.part, plan_row.c.customer_order, plan_row.c.customer,
         plan_row.c.service_order, plan_row.c.position)  # fmt: skip
sa.Index("ix_plan_row_service", *_of, plan_row.c.part, plan_row.c.service_order, plan_row.c.service,
         plan_row.c.customer_order, plan_row.c.position)  # fmt: skip
sa.Index("ix_plan_row_reason", *_of, plan_row.c.part, plan_row.c.reason, plan_row.c.customer_order,
         plan_row.c.position)  # fmt: skip
sa.Index("ix_plan_row_change", *_of, plan_row.c.part, plan_row.c.change_order, plan_row.c.position)
sa.Index("ix_plan_row_day", *_of, plan_row.c.part, plan_row.c.day_order, plan_row.c.position)
sa.Index("ix_plan_row_amount", *_of, plan_row.c.part, plan_row.c.amount_order, plan_row.c.position)
# those below find rows, and count them without looking at the table
sa.Index("ix_plan_row_of_customer", *_of, plan_row.c.customer, plan_row.c.part, plan_row.c.position)
sa.Index("ix_plan_row_of_service", *_of, plan_row.c.service, plan_row.c.part, plan_row.c.position)
sa.Index("ix_plan_row_of_line", *_of, plan_row.c.line, plan_row.c.part, plan_row.c.position)

plan_total = tenant_table(
    "plan_total",
    sa.Column("plan", sa.String, primary_key=True),
    sa.Column("dimension", sa.String, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("currency", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("name_order", sa.String, nullable=False),
    sa.Column("lines", sa.Integer, nullable=False),
    sa.Column("moving", sa.Integer, nullable=False),
    sa.Column("units_before", sa.BigInteger, nullable=False),
    sa.Column("units_after", sa.BigInteger, nullable=False),
    sa.Column("monthly", sa.BigInteger, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("recurring", sa.BigInteger, nullable=False),
    sa.Column("writable", sa.Integer, nullable=False),
    sa.CheckConstraint("dimension IN ('plan', 'customer', 'service', 'reason', 'day')", name="dimension"),
    within("plan", of="plan.id"),
)
