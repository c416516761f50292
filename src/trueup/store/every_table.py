"""Every table of the schema. Whoever needs a few imports those: making all takes longer than a small command."""

from __future__ import annotations

from trueup.store.columns import belongs_to_installation, belongs_to_tenant, metadata
from trueup.store.tables import (  # noqa: F401 - importing them fills `metadata`
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

TENANT_TABLES = frozenset(table for table in metadata.tables.values() if belongs_to_tenant(table))
"""Every table whose rows belong to tenants."""

INSTALLATION_TABLES = frozenset(table for table in metadata.tables.values() if belongs_to_installation(table))
"""Every table of the installation itself: people and how they sign in."""

__all__ = ["INSTALLATION_TABLES", "TENANT_TABLES", "metadata"]
