"""The schema as a whole, and the revisions of it that this version of the program knows."""

from __future__ import annotations

import sqlalchemy as sa

from trueup.store.columns import belongs_to_installation, belongs_to_tenant, metadata
from trueup.store.tables import (
    access,
    answers,
    beside,
    billed,
    catch_up,
    checks,
    customers,
    entries,
    groups,
    history,
    notices,
    people,
    plan_rows,
    plans,
    psa,
    rails,
    renewals,
    rules,
    runs,
    schedule,
    simulations,
    statements,
    tenancy,
    unbilled,
    undos,
    usage,
    vendors,
)

KNOWN_REVISIONS: tuple[str, ...] = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0019",
    "0021",
    "0022",
    "0023",
    "0024",
    "0017",
    "0018",
    "0030",
    "0031",
    "0032",
)
"""Every revision, oldest first; a test compares this list with the folder of migrations."""

HEAD = KNOWN_REVISIONS[-1]
"""The revision that this program works with. It is known here so that a matching database needs no Alembic."""

VERSION = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), primary_key=True),
)
"""Alembic's own table; it belongs to no tenant."""

TENANT_TABLES = frozenset(table for table in metadata.tables.values() if belongs_to_tenant(table))
"""Every table whose rows belong to tenants."""

INSTALLATION_TABLES = frozenset(table for table in metadata.tables.values() if belongs_to_installation(table))
"""Every table of the installation itself: people and how they sign in."""

FEATURES = (
    access,
    answers,
    beside,
    billed,
    catch_up,
    checks,
    customers,
    entries,
    groups,
    history,
    notices,
    people,
    plan_rows,
    plans,
    psa,
    rails,
    renewals,
    rules,
    runs,
    schedule,
    simulations,
    statements,
    tenancy,
    unbilled,
    undos,
    usage,
    vendors,
)
"""The modules that define the tables; importing them fills `metadata`."""
