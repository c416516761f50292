"""Items that suddenly name no organization: the one that they were counted for is then known in part only.

A source that forgets whose item it is has not said that the customer uses less (design law 1). Without this the count
of that customer would fall as measured, while the item waits among those of nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from trueup.core.reason import Reason
from trueup.core.usage import Collection, Coverage, Inventory
from trueup.modules.port import UNASSIGNED
from trueup.store.tenant_store import TenantStore

REMEMBERED = timedelta(days=35)
"""How long an item's last owner is taken for its owner: as far back as a plan may date a change
(docs/decisions/0026-items-that-lose-their-owner.md)."""


def _last_owners(store: TenantStore, collection: Collection, inventory: Inventory) -> Mapping[str, str]:
    """The last organization of each item that has none now, by the item's key."""
    orphans = {item.key for item in inventory.items if item.organization == UNASSIGNED}
    if not orphans:
        return {}
    first = collection.day - REMEMBERED
    spans = store.usage.items_between(first, collection.day, collection.connection, inventory.stream)
    return {
        span.item.key: span.item.organization
        for span in sorted(spans, key=lambda span: span.valid_from)
        if span.item.key in orphans and span.item.organization != UNASSIGNED
    }


def with_lost_owners(store: TenantStore, collection: Collection) -> Collection:
    """The collection in which organizations that lost items to nobody are partial in that stream, with a note."""
    if collection.coverage is Coverage.UNKNOWN:
        return collection
    with store.reading():
        known = {one.stream: _last_owners(store, collection, one) for one in collection.inventories}
    lost = {stream: frozenset(owners.values()) for stream, owners in known.items() if owners}
    if not lost:
        return collection
    counted_in = {kind.key: kind.stream for kind in collection.billing_types}
    readings = tuple(
        replace(reading, coverage=Coverage.PARTIAL)
        if reading.coverage is Coverage.MEASURED
        and reading.organization in lost.get(counted_in.get(reading.metric) or "", frozenset())
        else reading
        for reading in collection.readings
    )
    inventories = tuple(
        replace(one, partial=one.partial | lost.get(one.stream, frozenset())) for one in collection.inventories
    )
    names = {one.key: one.name for one in collection.organizations}
    owners = sorted({names.get(key, key) for keys in lost.values() for key in keys})
    items = sum(len(owned) for owned in known.values())
    note = Reason.of("collect.owner_lost", items=items, organizations=", ".join(owners))
    return replace(
        collection,
        coverage=Coverage.PARTIAL,
        readings=readings,
        inventories=inventories,
        notes=(*collection.notes, note),
    )
