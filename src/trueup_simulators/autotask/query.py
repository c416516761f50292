"""Queries: the request read and checked, the page of rows, and the links to the pages beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar
from urllib.parse import quote

from trueup_simulators.autotask.errors import RefusedError
from trueup_simulators.autotask.fields import Entity, Field
from trueup_simulators.autotask.filters import Group, bounds_of, parse, predicate_of
from trueup_simulators.autotask.store import Collection
from trueup_simulators.autotask.wire import Json, NotJsonError, decode, encode

R = TypeVar("R")

MAX_PAGE = 500
_BEFORE_FIRST = -1


@dataclass(frozen=True, slots=True)
class Query:
    """A checked query."""

    group: Group
    max_records: int
    fields: tuple[Field, ...]
    has_id: bool


@dataclass(frozen=True, slots=True)
class Paging:
    """Where a page stands: the ids after which the pages so far began, this page's own last."""

    size: int
    previous: tuple[int, ...]
    next: int

    def link(self) -> str:
        """The `paging` parameter."""
        position = {"pageSize": self.size, "previousIds": list(self.previous), "nextIds": [self.next]}
        return quote(encode(position).decode(), safe="")


@dataclass(frozen=True, slots=True)
class Page:
    """Rows ready to answer, and the positions of the pages beside them."""

    items: list[dict[str, object]]
    size: int
    following: Paging | None
    preceding: Paging | None


def parse_json(text: bytes | str) -> Json:
    """A body or `search` parameter. Raises `RefusedError` with the vendor's parser's wording."""
    try:
        return decode(text)
    except NotJsonError:
        shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        raise RefusedError(
            f"Unexpected character encountered while parsing value: {shown.strip()[:1]}. Path '', line 0, position 0."
        ) from None


def parse_query(wanted: Json, entity: Entity, udf_names: Mapping[str, str]) -> Query:
    """Check a query's body. Raises `RefusedError`."""
    if not isinstance(wanted, dict):
        raise RefusedError("A filter is required.")
    given = {key.lower(): value for key, value in wanted.items()}
    if given.get("filter") is None:
        raise RefusedError("A filter is required.")
    size = given.get("maxrecords")
    size = MAX_PAGE if size is None else size
    if isinstance(size, bool) or not isinstance(size, int):
        raise RefusedError(f"Unexpected character encountered while parsing value: {str(size)[:1].lower()}")
    if not 1 <= size <= MAX_PAGE:
        raise RefusedError("maxCountOfRecordsToReturn must be between 1 and 500")
    fields, has_id = _included(given.get("includefields"), entity)
    return Query(parse(given["filter"], entity, udf_names), size, fields, has_id)


def _included(wanted: Json, entity: Entity) -> tuple[tuple[Field, ...], bool]:
    if wanted is None or wanted == []:
        return entity.answered, True
    if not isinstance(wanted, list):
        raise RefusedError(f"Unexpected character encountered while parsing value: {str(wanted)[:1]}")
    names = set()
    for name in wanted:
        if not isinstance(name, str) or name.lower() not in entity.by_name:
            raise RefusedError(f"Unable to find {name} in the {entity.name} Entity.")
        names.add(name.lower())
    return tuple(entry for entry in entity.answered if entry.name.lower() in names), "id" in names


def parse_paging(text: str) -> Paging:
    """The `paging` parameter of a link. Raises `RefusedError`."""
    given = parse_json(text)
    if isinstance(given, dict):
        size, previous, following = given.get("pageSize"), given.get("previousIds"), given.get("nextIds")
        if isinstance(size, int) and isinstance(previous, list) and isinstance(following, list) and following:
            ids = tuple(key for key in previous if isinstance(key, int))
            last = following[-1]
            if 1 <= size <= MAX_PAGE and isinstance(last, int):
                return Paging(size, ids, last)
    raise RefusedError("Invalid query syntax. The paging information is not valid.")


def page_of(rows: Collection[R], query: Query, paging: Paging | None, sees: Callable[[R], bool] | None) -> Page:
    """One page of the rows that satisfy the query and that the user may see. Raises `RefusedError`."""
    after = _BEFORE_FIRST if paging is None else paging.next
    size = query.max_records if paging is None else paging.size
    found = list(islice(_matching(rows, query, after, sees), size + 1))
    following = preceding = None
    previous = () if paging is None else paging.previous
    if len(found) > size:
        if not query.has_id:
            raise RefusedError("Invalid query syntax. IncludeFields must contain id when there are more pages.")
        found.pop()
        following = Paging(size, (*previous, after), rows.key(found[-1]))
    if previous:
        preceding = Paging(size, previous[:-1], previous[-1])
    return Page([rows.wire(row, query.fields) for row in found], size, following, preceding)


def count_of(rows: Collection[R], query: Query, sees: Callable[[R], bool] | None) -> int:
    """How many rows satisfy the query."""
    return sum(1 for _ in _matching(rows, query, _BEFORE_FIRST, sees))


def _matching(rows: Collection[R], query: Query, after: int, sees: Callable[[R], bool] | None) -> filter[R]:
    matching = filter(predicate_of(query.group, rows), rows.scan(after, bounds_of(query.group)))
    return matching if sees is None else filter(sees, matching)
