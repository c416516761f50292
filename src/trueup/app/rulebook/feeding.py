"""Which billing types feed which services, through the rules in force: the picture of what drives the invoices."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from trueup.app.connections.known_psa import PsaNames
from trueup.app.counting.vocabulary import vocabulary
from trueup.app.rulebook.counted_names import type_labels
from trueup.app.workspace import Workspace
from trueup.core.expression import ExpressionError, parse


@dataclass(frozen=True, slots=True)
class Feed:
    """A billing type, or a metric over items, that a rule of a service counts; `own` says that it stands in the rule
    of the service itself, and not only in a narrower one or a group."""

    metric: str
    label: str
    service_id: str
    service_name: str
    own: bool


@dataclass(frozen=True, slots=True)
class Feeding:
    """All feeds, by billing type in the modules' order and service; `unused` are billing types that no rule counts, as
    (key, label)."""

    feeds: tuple[Feed, ...]
    unused: tuple[tuple[str, str], ...]


def _feeding(ws: Workspace) -> Feeding:
    store = ws.store
    with store.reading():
        known = vocabulary(ws)
        names = PsaNames(ws)
        found: dict[tuple[str, str], bool] = defaultdict(bool)
        counted = [
            (rule.quantity, rule.service_id, rule.level.value == "service")
            for rule in store.rules.list()
            if not rule.exclude and rule.mirror is None
        ]
        counted += [(group.quantity, line.service_id, False) for group in store.groups.list() for line in group.lines]
    for text, service_id, own in counted:
        try:
            metrics = known.base_types(parse(text))
        except ExpressionError:
            continue
        for metric in metrics:
            found[metric, service_id] |= own
    order = {key: place for place, key in enumerate((*known.types, *known.metrics))}
    labels = type_labels(known)
    feeds = [
        Feed(metric, labels.get(metric, metric), service_id, names.service(service_id), own)
        for (metric, service_id), own in found.items()
    ]
    feeds.sort(key=lambda feed: (order.get(feed.metric, len(order)), feed.service_name.casefold()))
    used = {feed.metric for feed in feeds}
    return Feeding(tuple(feeds), tuple((key, label) for key, label in labels.items() if key not in used))


async def feeding(ws: Workspace) -> Feeding:
    """Billing types beside the services whose rules count them."""
    return await ws.step(_feeding, ws)
