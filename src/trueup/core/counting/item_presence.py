"""Which items came and which left between two days, by name and with the day of each."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from trueup.core.counting.item_counting import Days, ItemCounter, Place
from trueup.core.counting.scope import Chosen
from trueup.core.usage import Item


class ItemEvent(NamedTuple):
    """An item that began to count on a day, or did not any more. `metric` is one that counts it."""

    day: date
    came: bool
    item: Item
    place: Place
    metric: str


@dataclass(frozen=True, slots=True)
class _Presence:
    item: Item
    metric: str
    days: list[Days]


def item_events(
    counter: ItemCounter,
    metrics: Sequence[str],
    scope: Chosen,
    delivered: Mapping[str, Sequence[date]],
    first: date,
    last: date,
) -> Iterable[ItemEvent]:
    """What came and left after `first`, up to `last`, in order. `delivered` holds the days of each connection, in
    order: an item leaves on the first delivered day without it. One that only moves from one of the metrics to another
    stays."""
    for place, chosen in scope.items():
        found: dict[str, _Presence] = {}
        for metric in metrics:
            for item, days in counter.standing(metric, place, chosen):
                found.setdefault(item.key, _Presence(item, metric, [])).days.append(days)
        for one in found.values():
            yield from _events(one, place, delivered.get(place[0], ()), first, last)


def _events(one: _Presence, place: Place, delivered: Sequence[date], first: date, last: date) -> Iterable[ItemEvent]:
    """A stay that goes on with the next delivery is one stay."""
    left: date | None = None
    began = False
    for begin, end in sorted(one.days, key=lambda days: days[0]):
        if not began or (left is not None and begin > left):
            if left is not None and first < left <= last:
                yield ItemEvent(left, False, one.item, place, one.metric)
            if first < begin <= last:
                yield ItemEvent(begin, True, one.item, place, one.metric)
        began = True
        left = None if end is None else _next(delivered, end)
        if left is None:
            return
    if left is not None and first < left <= last:
        yield ItemEvent(left, False, one.item, place, one.metric)


def _next(delivered: Sequence[date], day: date) -> date | None:
    """The first delivery after a day."""
    at = bisect_right(delivered, day)
    return delivered[at] if at < len(delivered) else None


def net(events: Iterable[ItemEvent]) -> tuple[tuple[ItemEvent, ...], tuple[ItemEvent, ...]]:
    """Items that are there at the end and were not at the beginning, and the other way round; those that came and left
    again in between are in neither."""
    by_item: dict[tuple[Place, str], list[ItemEvent]] = defaultdict(list)
    for event in sorted(events, key=lambda one: one.day):
        by_item[event.place, event.item.key].append(event)
    moved = [found[-1] for found in by_item.values() if found[0].came == found[-1].came]
    ordered = sorted(moved, key=lambda one: (one.day, one.item.name.casefold(), one.item.key))
    return tuple(one for one in ordered if one.came), tuple(one for one in ordered if not one.came)
