"""Which items came and which went between two days, by name: the first question about a number that moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from trueup.core.counting.evidence import MetricShown


@dataclass(frozen=True, slots=True)
class ItemMove:
    """One item that counts on one of the two days only."""

    metric: str
    name: str
    organization: str


@dataclass(frozen=True, slots=True)
class ItemMoves:
    """What came after the day `since`, and what was gone. Empty where a number came without its items."""

    since: date
    came: tuple[ItemMove, ...]
    went: tuple[ItemMove, ...]


def _items(metrics: Sequence[MetricShown]) -> Iterator[tuple[tuple[str, str, str, str], ItemMove]]:
    for metric in metrics:
        for count in metric.counts:
            for item in count.items or ():
                key = metric.name, count.connection, count.organization, item.key
                yield key, ItemMove(metric.label, item.name, count.name)


def moves_between(since: date, before: Sequence[MetricShown], after: Sequence[MetricShown]) -> ItemMoves:
    """The moves between the items of two days. A metric of which either day has no items is left out."""
    named = [
        {metric.name for metric in day if any(count.items is not None for count in metric.counts)}
        for day in (before, after)
    ]
    known = named[0] & named[1]
    old = {key: move for key, move in _items(before) if key[0] in known}
    new = {key: move for key, move in _items(after) if key[0] in known}

    def sole(
        mine: dict[tuple[str, str, str, str], ItemMove], other: set[tuple[str, str, str, str]]
    ) -> tuple[ItemMove, ...]:
        return tuple(sorted((mine[key] for key in mine.keys() - other), key=lambda one: (one.metric, one.name)))

    return ItemMoves(since, sole(new, set(old)), sole(old, set(new)))
