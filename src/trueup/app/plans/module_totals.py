"""How many items each module's account has: on its last two days, and as the month began. Each item counts once,
however many billing types count it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from trueup.core.rails.module_rail import ModuleTotal
from trueup.store.tenant_store import TenantStore


def module_totals(store: TenantStore, delivered: Mapping[str, frozenset[date]], as_of: date) -> tuple[ModuleTotal, ...]:
    """The totals of every account whose newest delivered day is the plan's, and that has an earlier one.

    Only inventories that some billing type counts; one that was not delivered on both of two days is left out of
    their comparison.
    """
    found: list[ModuleTotal] = []
    for connection in sorted(delivered):
        days = sorted(day for day in delivered[connection] if day <= as_of)
        if len(days) < 2 or days[-1] != as_of:
            continue
        streams = {kind.stream for kind in store.usage.billing_types(connection) if kind.stream is not None}
        earlier = [day for day in days if day < as_of.replace(day=1)]
        first = earlier[-1] if earlier else days[0]
        now, before, began = (_counts(store, connection, streams, day) for day in (as_of, days[-2], first))
        if not now.keys() & before.keys():
            continue
        shared = now.keys() & before.keys() & began.keys()
        if shared == now.keys():
            found.append(
                ModuleTotal(connection, _sum(before, now), _sum(now, before), _sum(began, now), first, days[-2])
            )
        else:
            found.append(ModuleTotal(connection, _sum(before, now), _sum(now, before), previous_on=days[-2]))
    return tuple(found)


def _counts(store: TenantStore, connection: str, streams: Iterable[str], day: date) -> Mapping[str, int]:
    counts = {stream: store.usage.count_items(day, connection, stream) for stream in streams}
    return {stream: count for stream, count in counts.items() if count is not None}


def _sum(counts: Mapping[str, int], there: Mapping[str, int]) -> Decimal:
    return Decimal(sum(count for stream, count in counts.items() if stream in there))
