"""What counts items one by one, so that it can be filtered, and how items are named in a filter."""

from __future__ import annotations

from collections.abc import Mapping

from trueup.core.counting.item_counting import CountedItems
from trueup.core.counting.item_filter import names_for_items
from trueup.core.expression import Kind
from trueup.core.usage import BillingType
from trueup.modules.catalogue_files import known_modules, load_catalogue
from trueup.store.metrics import DefinedMetric

_BY_ITEM = ("count", "flag")
"""Measures of the catalogue for which each item counts as one; a sum or a number of different values is none."""


def counted_items(one: BillingType | DefinedMetric) -> CountedItems | None:
    """How a billing type or a metric of one's own counts items; None for a number that has no items, or that is not
    their number (a sum over a field, a count of different values)."""
    if isinstance(one, DefinedMetric):
        return CountedItems(one.stream, one.expression, one.same_by) if one.stream is not None else None
    if one.stream is None or not _one_each(one.key):
        return None
    return CountedItems(one.stream, one.condition)


def _one_each(key: str) -> bool:
    module, _, name = key.partition(".")
    if module not in known_modules():
        return True
    file = load_catalogue(module)
    if file.source == "file":  # a delivery that has items counts them
        return True
    if name in file.billing_types:
        return file.billing_types[name].measure in _BY_ITEM
    return all(spec.measure in _BY_ITEM for spec in file.dynamic)


def called(module: str, stream: str) -> tuple[str, ...]:
    """What a module calls the name of an item of a stream (`hostname`), beside `item_name`."""
    if module not in known_modules():
        return ()
    described = load_catalogue(module).streams.get(stream)
    name = described.item.name if described is not None and described.item is not None else None
    return () if name is None else (name,)


def item_kinds(module: str, stream: str, attributes: Mapping[str, Kind]) -> Mapping[str, Kind]:
    """The names that an expression over the items of a stream may use, each with its kind; the name is a text."""
    names = names_for_items(tuple(attributes), called(module, stream))
    return {name: attributes.get(name, Kind.TEXT) for name in names}
