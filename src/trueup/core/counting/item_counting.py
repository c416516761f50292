"""Items counted over intervals of days: those that a filter lets through, and those that are the same counted once.

A filtered count is worked out once for each organization, filter and metric, as steps that hold from a day on; no day
is counted item by item. What cannot be judged makes its days unclear, never smaller (design law 1).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from typing import NamedTuple

from trueup.core.counting.item_filter import Conditions, ItemFilter, names_for_items, row_of
from trueup.core.digest import digest
from trueup.core.expression import fold
from trueup.core.reason import Reason
from trueup.core.usage import Item, Scalar

_DAY = timedelta(days=1)

Days = tuple[date, date | None]
"""First and last day (None: still so)."""

Place = tuple[str, str]
"""A module organization: (connection, key)."""


class ItemSpan(NamedTuple):
    """An item as it stood from `first` to `last` (None: still so), on every day on which its stream was delivered."""

    item: Item
    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class StreamItems:
    """The items of one stream of one connection. `called` are further names of the item's own name in filters."""

    attributes: tuple[str, ...]
    spans: tuple[ItemSpan, ...]
    called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CountedItems:
    """How a metric counts items: the stream, which of its items (None: all), and, where several items may be the same
    thing, the attributes that make them so."""

    stream: str
    condition: str | None = None
    same_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemHistory:
    """The items behind metrics over the days `first` to `last`. `definitions` holds the metrics that count items, by
    key; `streams` the items by (connection, stream), of the organizations that anybody asks about."""

    first: date = date.min
    last: date = date.max
    definitions: Mapping[str, CountedItems] = field(default_factory=dict)
    streams: Mapping[tuple[str, str], StreamItems] = field(default_factory=dict)


class Steps:
    """How many of some intervals stand on a day."""

    def __init__(self, intervals: Iterable[Days]) -> None:
        changes: dict[date, int] = defaultdict(int)
        for first, last in intervals:
            changes[first] += 1
            if last is not None:
                changes[last + _DAY] -= 1
        self._days = sorted(changes)
        self._counts = list(accumulate(changes[day] for day in self._days))

    def on(self, day: date) -> int:
        """The number on that day."""
        place = bisect_right(self._days, day)
        return self._counts[place - 1] if place else 0


class Counted:
    """A count by day. `problem` says why some days are unclear: an item that could not be judged, with its place."""

    def __init__(self, standing: Iterable[Days], unclear: Iterable[Days] = (), problem: Reason | None = None) -> None:
        self._standing = Steps(standing)
        self._unclear = Steps(unclear)
        self.problem = problem

    def on(self, day: date) -> int | None:
        """The count on that day; None where it cannot be said."""
        return None if self._unclear.on(day) else self._standing.on(day)


def joined(intervals: Iterable[Days]) -> list[Days]:
    """The days that at least one of the intervals covers, as intervals that do not touch."""
    found: list[Days] = []
    for first, last in sorted(intervals, key=lambda days: days[0]):
        if found and (found[-1][1] is None or first <= found[-1][1] + _DAY):
            before = found[-1][1]
            end = None if before is None or last is None else max(before, last)
            found[-1] = (found[-1][0], end)
        else:
            found.append((first, last))
    return found


@dataclass(slots=True)
class _Judged:
    """The items of one organization that a metric and a filter let through, each with its days."""

    standing: list[tuple[Item, Days]] = field(default_factory=list)
    unclear: list[Days] = field(default_factory=list)
    problem: Reason | None = None


class ItemCounter:
    """Counts for many lines from one history; equal questions are worked out once."""

    def __init__(self, history: ItemHistory) -> None:
        self._history = history
        self._spans: dict[tuple[str, str], dict[str, list[ItemSpan]]] = {}
        self._conditions: dict[tuple[str, str, str | None, ItemFilter], Conditions] = {}
        self._judged_before: dict[tuple[str, Place, ItemFilter], _Judged] = {}
        self._counts: dict[tuple[str, Place, ItemFilter], Counted] = {}
        self._evidence: dict[tuple[tuple[str, ...], Place, ItemFilter, date], tuple[str, frozenset[str]]] = {}
        self._distinct: dict[tuple[str, tuple[tuple[Place, ItemFilter], ...]], Counted] = {}

    def counts_items(self, metric: str) -> bool:
        """Whether a metric counts items that are known one by one."""
        return metric in self._history.definitions

    def counts_once(self, metric: str) -> bool:
        """Whether a metric counts things of which several items may be the same one."""
        found = self._history.definitions.get(metric)
        return found is not None and bool(found.same_by)

    def count(self, metric: str, place: Place, chosen: ItemFilter) -> Counted:
        """Items of one organization that the metric counts and the filter lets through. For a metric that counts what
        is the same once, it is once in this organization."""
        key = (metric, place, chosen)
        if key not in self._counts:
            if self.counts_once(metric):
                self._counts[key] = self.together(metric, ((place, chosen),))
            else:
                judged = self._judged(metric, place, chosen)
                days = (days for _, days in judged.standing)
                self._counts[key] = Counted(days, judged.unclear, judged.problem)
        return self._counts[key]

    def standing(self, metric: str, place: Place, chosen: ItemFilter) -> Iterable[tuple[Item, Days]]:
        """The items of one organization that the metric counts and the filter lets through, each with its days; one
        that changed in between has several."""
        return self._judged(metric, place, chosen).standing if metric in self._history.definitions else ()

    def together(self, metric: str, scope: tuple[tuple[Place, ItemFilter], ...]) -> Counted:
        """Things over several organizations, each counted once on each day, wherever it stands."""
        key = (metric, scope)
        if key not in self._distinct:
            self._distinct[key] = self._once(metric, scope)
        return self._distinct[key]

    def _once(self, metric: str, scope: tuple[tuple[Place, ItemFilter], ...]) -> Counted:
        definition = self._history.definitions[metric]
        by_thing: dict[object, list[Days]] = defaultdict(list)
        unclear: list[Days] = []
        problem: Reason | None = None
        for place, chosen in scope:
            judged = self._judged(metric, place, chosen)
            unclear += judged.unclear
            problem = problem or judged.problem
            stream = self._history.streams.get((place[0], definition.stream))
            names = names_for_items(stream.attributes, stream.called) if stream else ()
            lacking = [name for name in definition.same_by if name not in names]
            if lacking and judged.standing:
                unclear += [days for _, days in judged.standing]
                problem = problem or Reason.of("note.same_by_missing", metric=metric, attributes=", ".join(lacking))
                continue
            places = [names.index(name) for name in definition.same_by if name in names]
            for item, days in judged.standing:
                by_thing[thing_of(item, places, place)].append(days)
        return Counted((days for found in by_thing.values() for days in joined(found)), unclear, problem)

    def _judged(self, metric: str, place: Place, chosen: ItemFilter) -> _Judged:
        key = (metric, place, chosen)
        if key not in self._judged_before:
            self._judged_before[key] = self._judge(self._history.definitions[metric], place, chosen)
        return self._judged_before[key]

    def _judge(self, definition: CountedItems, place: Place, chosen: ItemFilter) -> _Judged:
        found = _Judged()
        conditions = self._conditions_of(place[0], definition.stream, definition.condition, chosen)
        for span in self._of_place(place, definition.stream):
            for verdict, days in conditions.over(span.item, span.first, span.last):
                if verdict:
                    found.standing.append((span.item, days))
                elif verdict is None:
                    found.unclear.append(days)
                    found.problem = found.problem or conditions.problem
        return found

    def _conditions_of(self, connection: str, stream: str, condition: str | None, chosen: ItemFilter) -> Conditions:
        key = (connection, stream, condition, chosen)
        if key not in self._conditions:
            items = self._history.streams.get((connection, stream)) or StreamItems((), ())
            window = (self._history.first, self._history.last)
            self._conditions[key] = Conditions(condition, chosen, items.attributes, items.called, window)
        return self._conditions[key]

    def _of_place(self, place: Place, stream: str) -> list[ItemSpan]:
        connection, organization = place
        if (connection, stream) not in self._spans:
            grouped: dict[str, list[ItemSpan]] = defaultdict(list)
            items = self._history.streams.get((connection, stream))
            for span in items.spans if items else ():
                grouped[span.item.organization].append(span)
            self._spans[connection, stream] = grouped
        return self._spans[connection, stream].get(organization, [])

    def evidence(
        self, metrics: Iterable[str], place: Place, chosen: ItemFilter, day: date
    ) -> tuple[str, frozenset[str]]:
        """Digest of the items of an organization that the filter lets through on a day, in the streams behind these
        metrics, and their keys. What cannot be judged is part of both: it may count."""
        definitions = (self._history.definitions[name] for name in metrics if name in self._history.definitions)
        streams = tuple(sorted({definition.stream for definition in definitions}))
        question = (streams, place, chosen, day)
        if question not in self._evidence:
            self._evidence[question] = self._let_through(streams, place, chosen, day)
        return self._evidence[question]

    def _let_through(
        self, streams: tuple[str, ...], place: Place, chosen: ItemFilter, day: date
    ) -> tuple[str, frozenset[str]]:
        lines: list[str] = []
        keys: set[str] = set()
        for stream in streams:
            conditions = self._conditions_of(place[0], stream, None, chosen)
            for item, first, last in self._of_place(place, stream):
                if not (first <= day and (last is None or day <= last)) or conditions.on(item, day) is False:
                    continue
                keys.add(f"{stream}/{item.key}")
                lines.append("\x1f".join([stream, item.key, item.name, *(str(value) for value in item.attributes)]))
        return digest(sorted(lines)), frozenset(keys)


def thing_of(item: Item, places: Sequence[int], place: Place) -> object:
    """What makes an item the same thing as another: its values at some places of `names_for_items`. One that lacks a
    value is a thing of its own."""
    row = row_of(item, max(places, default=-1) + 1)
    values = tuple(_comparable(row[index]) for index in places)
    return (*place, item.key) if any(value is None for value in values) else values


def _comparable(value: Scalar) -> tuple[str, Scalar] | None:
    """A value as the language compares it: text trimmed and without case, kinds apart; None where there is none."""
    if isinstance(value, str):
        text = fold(value)
        return ("text", text) if text else None
    return None if value is None else (type(value).__name__, value)
