"""The names that a quantity or a condition may use, each with what it means: what an editor completes."""

from __future__ import annotations

from dataclasses import dataclass

from trueup.app.counting.vocabulary import names_of, vocabulary
from trueup.app.workspace import Workspace
from trueup.core.expression.functions import FUNCTIONS
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class UsableName:
    """A name with its meaning: the module's label of a billing type, a metric's expression, the stream of an attribute;
    `sort` is `type`, `metric`, `attribute` or `function`."""

    name: str
    sort: str
    meaning: str


def _names(ws: Workspace, over_items: bool) -> tuple[UsableName, ...]:
    with ws.store.reading():
        known = vocabulary(ws)
    found: list[UsableName] = []
    if over_items:
        for stream in known.streams:
            place = f"{stream.module}.{stream.stream}"
            found += [
                UsableName(name, "attribute", f"{place} ({kind.value})") for name, kind in stream.attributes.items()
            ]
    else:
        found += [UsableName(kind.key, "type", kind.label) for kind in known.types.values()]
        found += [UsableName(metric.key, "metric", metric.expression) for metric in known.metrics.values()]
    found += [UsableName(name, "function", f"{name}( )") for name in sorted(FUNCTIONS)]
    return tuple({one.name: one for one in found}.values())


async def quantity_names(ws: Workspace) -> tuple[UsableName, ...]:
    """Billing types, metrics of one's own, and functions."""
    return await ws.step(_names, ws, False)


async def item_names(ws: Workspace) -> tuple[UsableName, ...]:
    """Attributes of items, and functions."""
    return await ws.step(_names, ws, True)


def names_using(store: TenantStore, key: str) -> tuple[str, ...]:
    """Metrics, services with their rules, and allocation groups that count by a name; by their own names."""
    services = {service.id: service.name for service in store.psa.services(with_gone=True)}
    found = [metric.key for metric in store.metrics.list() if key in names_of(metric.expression)]
    found += [services.get(rule.service_id, rule.id) for rule in store.rules.list() if key in names_of(rule.quantity)]
    found += [group.name for group in store.groups.list() if key in names_of(group.quantity)]
    return tuple(dict.fromkeys(found))
