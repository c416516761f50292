"""The items that a plan has to look at one by one: those behind filters, and behind metrics that count things once.

Where no rule and no mapping asks for it, nothing is read: the readings say it all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from trueup.app.counting.countable import called, counted_items
from trueup.app.plans.assembling import PlanDays
from trueup.core.counting.item_counting import CountedItems, ItemHistory, ItemSpan, StreamItems
from trueup.core.counting.scope import OrganizationKey
from trueup.core.expression import ExpressionError, parse
from trueup.core.rule import Rule
from trueup.core.usage import BillingType
from trueup.store.metrics import DefinedMetric
from trueup.store.tenant_store import TenantStore

_MANY = 400
"""From so many organizations on a stream is read as a whole."""


def _names_behind(text: str, metrics: Mapping[str, DefinedMetric]) -> set[str]:
    """Names in a quantity, with metrics over billing types opened up."""
    found: set[str] = set()
    pending = [text]
    while pending:
        try:
            names = parse(pending.pop()).names
        except ExpressionError:
            continue
        for name in set(names) - found:
            found.add(name)
            metric = metrics.get(name)
            if metric is not None and not metric.over_items:
                pending.append(metric.expression)
    return found


def _streams_asked(
    rules: Iterable[Rule], metrics: Mapping[str, DefinedMetric], definitions: Mapping[str, CountedItems]
) -> set[str]:
    """Streams behind rules that filter items or count things once."""
    asked: set[str] = set()
    for rule in rules:
        counted = [definitions[name] for name in _names_behind(rule.quantity, metrics) if name in definitions]
        asked |= {one.stream for one in counted if rule.scope.items is not None or one.same_by}
    return asked


def item_history(
    store: TenantStore,
    days: PlanDays,
    rules: Iterable[Rule],
    types: Iterable[BillingType],
    mapped: Iterable[OrganizationKey],
    shared: Iterable[OrganizationKey],
) -> ItemHistory:
    """What the core needs to count item by item on those days: how metrics count, and the items of the organizations
    that are mapped (for rules that ask) or `shared` by several customers. One moment of the database."""
    metrics = {metric.key: metric for metric in store.metrics.list()}
    found = {one.key: counted_items(one) for one in types} | {key: counted_items(one) for key, one in metrics.items()}
    definitions = {key: one for key, one in found.items() if one is not None}
    asked = _streams_asked(rules, metrics, definitions)
    by_connection: dict[str, set[str]] = defaultdict(set)
    for connection, organization in mapped:
        by_connection[connection].add(organization)
    of_shares: dict[str, set[str]] = defaultdict(set)
    for connection, organization in shared:
        of_shares[connection].add(organization)
    streams: dict[tuple[str, str], StreamItems] = {}
    for one in store.connections.list("module"):
        for stream, attributes in store.usage.streams(one.name).items():
            wanted = by_connection[one.name] if stream in asked else of_shares[one.name]
            if wanted:
                some = wanted if len(wanted) < _MANY else None
                read = store.usage.items_between(days.usage_first, days.as_of, one.name, stream, some)
                spans = tuple(ItemSpan(*interval) for interval in read)
                streams[one.name, stream] = StreamItems(attributes, spans, called(one.kind, stream))
    return ItemHistory(days.usage_first, days.as_of, definitions, streams)
