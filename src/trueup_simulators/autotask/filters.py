"""The filter grammar of queries: parsed and checked against metadata, then compiled to a test of one row.

Autotask REST, query pages: `eq noteq gt gte lt lte beginsWith endsWith contains exist notExist in notIn`, groups
`and`/`or`, at most 500 OR terms, one user-defined field, JSON types that match the field.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import TypeVar

from trueup_simulators.autotask.errors import RefusedError
from trueup_simulators.autotask.fields import Entity, Field
from trueup_simulators.autotask.store import Bound, Collection
from trueup_simulators.autotask.wire import Json, Value, parse_moment

R = TypeVar("R")

MAX_OR_TERMS = 500
_TOO_MANY = "Invalid query syntax. Queries are limited to 500 or fewer 'OR' conditions."
_COMPARISONS = ("eq", "noteq", "gt", "gte", "lt", "lte")
_TEXT_SEARCHES = ("beginswith", "endswith", "contains")
_LISTS = ("in", "notin")
_PRESENCE = ("exist", "notexist")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field compared with a value, or with a list of values."""

    op: str
    field: Field
    udf: bool = False
    value: Value = None
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all (`and`) or one (`or`) must hold."""

    op: str
    items: tuple[Condition, ...]


Condition = Comparison | Group


def parse(wanted: Json, entity: Entity, udf_names: Mapping[str, str]) -> Group:
    """Parse the `filter` of a query. Raises `RefusedError` with the text the API would answer."""
    if not isinstance(wanted, list):
        raise RefusedError(f"Unexpected character encountered while parsing value: {str(wanted)[:1]}")
    if not wanted:
        raise RefusedError("A filter is required.")
    group = Group("and", tuple(_condition(item, entity, udf_names) for item in wanted))
    if _or_terms(group) > MAX_OR_TERMS:
        raise RefusedError(_TOO_MANY)
    if _udf_terms(group) > 1:
        raise RefusedError("Invalid query syntax. Only one user-defined field may be queried at a time.")
    return group


def _condition(item: Json, entity: Entity, udf_names: Mapping[str, str]) -> Condition:
    if not isinstance(item, dict):
        raise RefusedError("Invalid query syntax. Each filter must be an object.")
    item = {key.lower(): value for key, value in item.items()}
    op = item.get("op")
    if not isinstance(op, str):
        raise RefusedError("Invalid query syntax. The op is missing.")
    op = op.lower()
    if op in {"and", "or"}:
        items = item.get("items")
        if not isinstance(items, list) or not items:
            raise RefusedError(f"Invalid query syntax. The group '{op}' has no items.")
        return Group(op, tuple(_condition(inner, entity, udf_names) for inner in items))
    if op not in {*_COMPARISONS, *_TEXT_SEARCHES, *_LISTS, *_PRESENCE}:
        raise RefusedError(f"Invalid query syntax. The op '{op}' is not known.")
    udf = item.get("udf") is True
    field = _field(item.get("field"), entity, udf_names, udf)
    return _comparison(op, field, udf, item.get("value"))


def _field(name: Json, entity: Entity, udf_names: Mapping[str, str], udf: bool) -> Field:
    if not isinstance(name, str) or not name:
        raise RefusedError("Invalid query syntax. The field is missing.")
    if udf:
        for known in udf_names:
            if known.lower() == name.lower():
                return Field(known, "string")
        raise RefusedError(f"Unable to find user-defined field {name} in the {entity.name} Entity.")
    field = entity.by_name.get(name.lower())
    if field is None or not field.returned:
        raise RefusedError(f"Unable to find {name} in the {entity.name} Entity.")
    if not field.queryable:
        raise RefusedError(f"The field {field.name} of the {entity.name} Entity is not queryable.")
    return field


def _comparison(op: str, field: Field, udf: bool, value: Json) -> Comparison:
    if op in _PRESENCE:
        return Comparison(op, field, udf)
    if op in _LISTS:
        if not isinstance(value, list) or not value:
            raise RefusedError(f"Invalid query syntax. The op '{op}' needs a list of values.")
        return Comparison(op, field, udf, values=tuple(_typed(field, entry) for entry in value))
    if op in _TEXT_SEARCHES and field.kind != "string":
        raise RefusedError(f"Invalid query syntax. The op '{op}' cannot be used with the field {field.name}.")
    return Comparison(op, field, udf, value=_typed(field, value))


def _typed(field: Field, value: Json) -> Value:
    """The value as the field holds it; JSON types must match."""
    if value is None:
        raise RefusedError(f"Invalid query syntax. The field {field.name} cannot be compared with null.")
    if field.is_number:
        if isinstance(value, str):
            raise RefusedError(f"Conversion failed when converting varchar '{value}' to data type int")
        if not isinstance(value, bool) and isinstance(value, int | Decimal):
            return value
    elif field.kind == "boolean":
        if isinstance(value, bool):
            return value
    elif isinstance(value, str):
        return value if field.kind == "string" else _moment(field, value)
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    raise RefusedError(f"Unexpected character encountered while parsing value: {shown[:1]}")


def _moment(field: Field, value: str) -> datetime:
    try:
        if field.kind == "date":  # no zone conversion on date-only fields
            value = value[:19].removesuffix("Z")
        return parse_moment(value)
    except ValueError:
        raise RefusedError(
            f"Conversion failed when converting date and/or time from character string '{value}'."
        ) from None


def _or_terms(node: Condition) -> int:
    if isinstance(node, Comparison):
        return len(node.values) if node.op in _LISTS else 0
    inner = sum(_or_terms(item) for item in node.items)
    if node.op == "or":
        inner += sum(1 for item in node.items if not (isinstance(item, Comparison) and item.op in _LISTS))
    return inner


def _udf_terms(node: Condition) -> int:
    if isinstance(node, Comparison):
        return int(node.udf)
    return sum(_udf_terms(item) for item in node.items)


def predicate_of(node: Condition, rows: Collection[R]) -> Callable[[R], bool]:
    """A function that says whether a row satisfies the condition. Comparing null with a value is never true."""
    if isinstance(node, Group):
        tests = tuple(predicate_of(item, rows) for item in node.items)
        if len(tests) == 1:
            return tests[0]
        if node.op == "or":
            return lambda row: any(test(row) for test in tests)
        return lambda row: all(test(row) for test in tests)
    read = rows.udf_reader(node.field.name) if node.udf else rows.reader(node.field)
    if node.op in _PRESENCE:
        wanted = node.op == "exist"
        return lambda row: (read(row) is not None) is wanted
    make = {"string": _text_test, "date": _day_test}.get(node.field.kind, _plain_test)
    return make(node, read)


_OPERATORS: Mapping[str, Callable[..., bool]] = {
    "eq": operator.eq,
    "noteq": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def _plain_test(node: Comparison, read: Callable[[R], Value]) -> Callable[[R], bool]:
    if node.op in _LISTS:
        values, wanted = frozenset(node.values), node.op == "in"
        return lambda row: (found := read(row)) is not None and (found in values) is wanted
    compare, value = _OPERATORS[node.op], node.value
    return lambda row: (found := read(row)) is not None and compare(found, value)


def _text_test(node: Comparison, read: Callable[[R], Value]) -> Callable[[R], bool]:
    """Texts compare without case, as the vendor's database does."""
    if node.op in _LISTS:
        values, wanted = frozenset(str(value).casefold() for value in node.values), node.op == "in"
        return lambda row: (found := read(row)) is not None and (str(found).casefold() in values) is wanted
    value = str(node.value).casefold()
    compare: Callable[[str, str], bool]
    if node.op == "beginswith":
        compare = str.startswith
    elif node.op == "endswith":
        compare = str.endswith
    elif node.op == "contains":
        compare = str.__contains__
    else:
        compare = _OPERATORS[node.op]
    return lambda row: (found := read(row)) is not None and compare(str(found).casefold(), value)


def _day_test(node: Comparison, read: Callable[[R], Value]) -> Callable[[R], bool]:
    """A date-only field is its midnight: turned into a comparison of plain dates."""
    if node.op in _LISTS:
        days = frozenset(_midnight(value) for value in node.values)
        wanted = node.op == "in"
        return lambda row: (found := read(row)) is not None and (found in days) is wanted
    if not isinstance(node.value, datetime):
        raise TypeError("a date was expected")
    op, day = node.op, node.value.date()
    if node.value.time() != time(0):  # later than midnight of `day`
        if op in {"eq", "noteq"}:
            return lambda row: read(row) is not None and op == "noteq"
        op = {"gte": "gt", "gt": "gt", "lt": "lte", "lte": "lte"}[op]
    compare = _OPERATORS[op]
    return lambda row: (found := read(row)) is not None and compare(found, day)


def _midnight(value: Value) -> date | None:
    return value.date() if isinstance(value, datetime) and value.time() == time(0) else None


def bounds_of(group: Group) -> dict[str, Bound]:
    """What the outer AND leaves possible for numbers and dates; a row outside of it cannot satisfy the filter."""
    found: dict[str, Bound] = {}
    for item in group.items:
        if isinstance(item, Group):
            if item.op == "and":
                inner = bounds_of(item)
                found.update({name: bound for name, bound in inner.items() if name not in found})
            continue
        bound = _bound(item)
        if bound is not None:
            before = found.get(item.field.name)
            found[item.field.name] = bound if before is None else _both(before, bound)
    return found


def _bound(item: Comparison) -> Bound | None:
    if item.udf:
        return None
    if item.field.kind in {"integer", "long"}:
        if item.op == "in":
            return Bound(values=frozenset(value for value in item.values if isinstance(value, int)))
        return _range(item.op, item.value) if isinstance(item.value, int) else None
    if item.field.kind == "date" and isinstance(item.value, datetime):
        day = item.value.date()
        low = day if item.op in {"eq", "gt", "gte"} else None
        high = day if item.op in {"eq", "lt", "lte"} else None
        return None if low is None and high is None else Bound(low=low, high=high)
    return None


def _range(op: str, value: int) -> Bound | None:
    ranges = {
        "eq": Bound(low=value, high=value),
        "gt": Bound(low=value + 1),
        "gte": Bound(low=value),
        "lt": Bound(high=value - 1),
        "lte": Bound(high=value),
    }
    return ranges.get(op)


def _both(one: Bound, other: Bound) -> Bound:
    if one.values is not None or other.values is not None:
        if one.values is not None and other.values is not None:
            return Bound(values=one.values & other.values)
        return one if one.values is not None else other
    lows = [low for low in (one.low, other.low) if low is not None]
    highs = [high for high in (one.high, other.high) if high is not None]
    return Bound(low=_extreme(lows, operator.gt), high=_extreme(highs, operator.lt))


def _extreme(values: list[int | date], better: Callable[..., bool]) -> int | date | None:
    best: int | date | None = None
    for value in values:
        if best is None or better(value, best):
            best = value
    return best
