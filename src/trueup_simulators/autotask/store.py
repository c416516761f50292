"""Tables of records with the indexes that keep queries on a large tenant fast."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Generic, Protocol, TypeVar

from trueup_simulators.autotask.fields import Entity, Field
from trueup_simulators.autotask.wire import Record, Value, wire_value

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Bound:
    """What the outer conditions of a query leave possible for one field: listed values, or a closed range."""

    values: frozenset[int] | None = None
    low: int | date | None = None
    high: int | date | None = None


Bounds = Mapping[str, Bound]


class Collection(Protocol, Generic[R]):
    """What the query engine needs of a table."""

    @property
    def entity(self) -> Entity:
        """Metadata of the rows."""

    def get(self, key: int) -> R | None:
        """The row with this id."""

    def key(self, row: R) -> int:
        """Its id."""

    def reader(self, field: Field) -> Callable[[R], Value]:
        """A function that reads one field of a row."""

    def udf_reader(self, name: str) -> Callable[[R], Value]:
        """A function that reads one user-defined field of a row."""

    def scan(self, after: int, bounds: Bounds) -> Iterator[R]:
        """Rows with ids above `after`, ascending, among them all that satisfy the bounds."""

    def wire(self, row: R, fields: tuple[Field, ...]) -> dict[str, object]:
        """The row as JSON holds it."""


class RecordTable:
    """Rows as dictionaries with every field of the entity, ascending by id."""

    def __init__(self, entity: Entity, first_id: int, indexed: Iterable[str] = ()) -> None:
        self._entity = entity
        self._first_id = first_id
        self._rows: dict[int, Record] = {}
        self._ids: list[int] = []
        self._indexes: dict[str, dict[int, list[int]]] = {name: {} for name in indexed}
        self._sorted_keys: dict[str, list[int]] = {}
        self.udf_values: dict[int, dict[str, str | None]] = {}
        self.udf_names: dict[str, str] = {}
        """User-defined fields of the entity: name -> type."""

    @property
    def entity(self) -> Entity:
        """Metadata of the rows."""
        return self._entity

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Record]:
        return iter([self._rows[key] for key in self._ids])

    def get(self, key: int) -> Record | None:
        """The row with this id."""
        return self._rows.get(key)

    def key(self, row: Record) -> int:
        """Its id."""
        return int_of(row["id"])

    def next_id(self) -> int:
        """The id that the next row gets."""
        return max(self._first_id, self._ids[-1] + 1) if self._ids else self._first_id

    def add(self, values: Mapping[str, Value]) -> Record:
        """Insert a row; fields left out are null; without `id` it gets the next one."""
        row: Record = {entry.name: values.get(entry.name) for entry in self._entity.fields}
        key = self.next_id() if row["id"] is None else int_of(row["id"])
        if key in self._rows:
            raise ValueError(f"{self._entity.path}: id {key} exists twice")
        row["id"] = key
        self._rows[key] = row
        if self._ids and key < self._ids[-1]:
            self._ids.insert(bisect_left(self._ids, key), key)
        else:
            self._ids.append(key)
        for name, index in self._indexes.items():
            value = row[name]
            if value is not None:
                self._listed(name, index, int_of(value), key)
        return row

    def _listed(self, name: str, index: dict[int, list[int]], value: int, key: int) -> None:
        keys = index.get(value)
        if keys is None:
            index[value] = [key]
            self._sorted_keys.pop(name, None)
        elif key < keys[-1]:
            keys.insert(bisect_left(keys, key), key)
        else:
            keys.append(key)

    def change(self, row: Record, values: Mapping[str, Value]) -> None:
        """Set fields of a row that is in the table."""
        key = self.key(row)
        for name, value in values.items():
            index = self._indexes.get(name)
            if index is not None and value != row[name]:
                before = row[name]
                if before is not None:
                    index[int_of(before)].remove(key)
                if value is not None:
                    self._listed(name, index, int_of(value), key)
            row[name] = value

    def remove(self, row: Record) -> None:
        """Take a row out."""
        key = self.key(row)
        del self._rows[key]
        del self._ids[bisect_left(self._ids, key)]
        self.udf_values.pop(key, None)
        for name, index in self._indexes.items():
            value = row[name]
            if value is not None:
                index[int_of(value)].remove(key)

    def with_value(self, name: str, value: int) -> list[Record]:
        """All rows whose indexed field has this value."""
        return [self._rows[key] for key in self._indexes[name].get(value, ())]

    def reader(self, field: Field) -> Callable[[Record], Value]:
        """A function that reads one field of a row."""
        return itemgetter(field.name)

    def udf_reader(self, name: str) -> Callable[[Record], Value]:
        """A function that reads one user-defined field of a row."""
        return lambda row: self.udf_values.get(int_of(row["id"]), {}).get(name)

    def scan(self, after: int, bounds: Bounds) -> Iterator[Record]:
        """Rows with ids above `after`, ascending, among them all that satisfy the bounds."""
        for key in self._keys(after, bounds):
            yield self._rows[key]

    def _keys(self, after: int, bounds: Bounds) -> Iterable[int]:
        low, high = id_range(self._ids, after, bounds.get("id"))
        best: Iterable[int] | None = None
        cost = high - low
        by_id = bounds.get("id")
        if by_id is not None and by_id.values is not None and len(by_id.values) < cost:
            best, cost = sorted(key for key in by_id.values if key > after and key in self._rows), len(by_id.values)
        for name, index in self._indexes.items():
            if name in bounds:
                values = keys_within(bounds[name], index, self._sorted(name, index))
                found = sum(len(index[value]) for value in values)
                if found < cost:
                    best = sorted(key for value in values for key in index[value] if key > after)
                    cost = found
        return self._ids[low:high] if best is None else best

    def _sorted(self, name: str, index: Mapping[int, list[int]]) -> list[int]:
        if name not in self._sorted_keys:
            self._sorted_keys[name] = sorted(index)
        return self._sorted_keys[name]

    def wire(self, row: Record, fields: tuple[Field, ...]) -> dict[str, object]:
        """The row as JSON holds it."""
        answer: dict[str, object] = {entry.name: wire_value(row[entry.name]) for entry in fields}
        if self._entity.udf:
            values = self.udf_values.get(self.key(row), {})
            whole = len(fields) == len(self._entity.answered)  # narrowed rows carry an empty list
            answer["userDefinedFields"] = (
                [{"name": name, "value": values.get(name)} for name in self.udf_names] if whole else []
            )
        return answer


def int_of(value: Value) -> int:
    """An id or a count that metadata says is an integer."""
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is not an integer")
    return value


def keys_within(bound: Bound, present: Mapping[int, object], ordered: list[int]) -> list[int]:
    """Keys of an index that a bound leaves possible, ascending."""
    if bound.values is not None:
        return sorted(value for value in bound.values if value in present)
    low = 0 if bound.low is None else bisect_left(ordered, int_of(bound.low))
    high = len(ordered) if bound.high is None else bisect_right(ordered, int_of(bound.high))
    return ordered[low:high]


def id_range(ids: list[int], after: int, bound: Bound | None) -> tuple[int, int]:
    """Positions in a sorted list of ids: those above `after` that a bound on the id leaves possible."""
    low, high = bisect_right(ids, after), len(ids)
    if bound is not None and bound.low is not None:
        low = max(low, bisect_left(ids, int_of(bound.low)))
    if bound is not None and bound.high is not None:
        high = bisect_right(ids, int_of(bound.high))
    return low, max(low, high)
