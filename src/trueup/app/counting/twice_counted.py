"""Quantities that count an item twice, shown with the items (`desktop + desktop_laptop` counts each desktop twice)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from trueup.app.counting.countable import called
from trueup.app.counting.vocabulary import Vocabulary
from trueup.core.counting.item_filter import item_predicate
from trueup.core.expression import Expression, ExpressionError, linear_terms, parse
from trueup.core.reason import Reason
from trueup.store.tenant_store import TenantStore

SHOWN: Final = 5
"""How many items are named."""


def _conditions(known: Vocabulary, expression: Expression) -> Mapping[tuple[str, str], dict[str, str | None]]:
    """The counts that an expression adds up, by module and stream: name -> condition over the stream's items."""
    terms = linear_terms(expression)
    if terms is None:
        return {}
    found: dict[tuple[str, str], dict[str, str | None]] = defaultdict(dict)
    for name, factor in terms.items():
        kind, metric = known.types.get(name), known.metrics.get(name)
        if factor <= 0:
            continue
        if kind is not None and kind.stream is not None:
            found[name.partition(".")[0], kind.stream][name] = kind.condition
        elif metric is not None and metric.module is not None and metric.stream is not None:
            found[metric.module, metric.stream][name] = metric.expression
        elif metric is not None:
            for place, conditions in _conditions(known, parse(metric.expression)).items():
                found[place].update(conditions)
    return found


def counted_twice(store: TenantStore, known: Vocabulary, expression: Expression) -> tuple[Reason, ...]:
    """One reason for each pair of counts in a sum that share items on the newest day: how many, and the first names.

    Only sums can be judged; products and choices are left to the person.
    """
    found: list[Reason] = []
    for (module, stream), conditions in _conditions(known, expression).items():
        if len(conditions) < 2:
            continue
        shared: dict[tuple[str, str], list[str]] = defaultdict(list)
        for connection in store.connections.list("module"):
            day = store.connections.state(connection.name).delivered_day
            if connection.kind != module or day is None:
                continue
            attributes = store.usage.streams(connection.name).get(stream, ())
            try:
                predicates = {
                    name: item_predicate(text, attributes, called(module, stream))
                    for name, text in sorted(conditions.items())
                }
                for item in store.usage.items(day, connection.name, stream):
                    names = [name for name, fits in predicates.items() if fits(item)]
                    for place, one in enumerate(names):
                        for other in names[place + 1 :]:
                            shared[one, other].append(item.name or item.key)
            except ExpressionError:  # a condition that the newest items cannot answer is not judged here
                continue
        for (one, other), items in sorted(shared.items()):
            named = ", ".join(sorted(items)[:SHOWN])
            found.append(Reason.of("rules.counts_twice", first=one, second=other, items=len(items), names=named))
    return tuple(found)
