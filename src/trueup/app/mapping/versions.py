"""Two people at one mapping: a decision made on a page that is no longer true is refused, never laid over another."""

from __future__ import annotations

from collections.abc import Iterable

from trueup.app.errors import refused
from trueup.core.digest import digest
from trueup.store.customers import Mapping
from trueup.store.tenant_store import TenantStore


def version_of(decisions: Iterable[Mapping]) -> str:
    """Twelve characters that stand for all decisions in force on one organization; they change with any of them."""
    parts = [
        [one.customer_id, one.item_filter, one.reason, one.decided_by, one.decided_at.isoformat()] for one in decisions
    ]
    return digest(sorted(map(str, parts)))[:12]


def decisions_on(store: TenantStore, connection: str, key: str) -> tuple[Mapping, ...]:
    """The decisions in force on one organization."""
    return tuple(one for one in store.customers.mappings(connection=connection) if one.organization_key == key)


def refuse_changed(store: TenantStore, connection: str, key: str, name: str, expected: str | None) -> None:
    """Refuse a decision on what somebody else has decided meanwhile; None asks nothing.

    Raises UseCaseError `customers.changed_meanwhile` with exit code 4, which says what holds now and by whom.
    """
    if expected is None:
        return
    now = decisions_on(store, connection, key)
    if version_of(now) == expected:
        return
    newest = max(now, key=lambda one: one.decided_at, default=None)
    names = {customer.id: customer.name for customer in store.psa.customers(with_gone=True)}
    owners = sorted(names.get(one.customer_id, one.customer_id) for one in now if one.customer_id is not None)
    raise refused(
        "customers.changed_meanwhile",
        connection=connection,
        organization=name,
        state="unmapped" if not now else "mapped" if owners else "ignored",
        customers=", ".join(owners) or None,
        person=newest.decided_by if newest else None,
    )
