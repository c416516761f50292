"""Asking for rows: filters, and the walk by id through a listing.

Rows come sorted by id and in no other order, at most 500 a page (Autotask REST, pages on query calls). A page's own
link to the next one is not followed: after a POST it only works with the same body, and it could lead anywhere. The
next page asks for the ids after the last one instead; the link only says whether there is a next page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from trueup.core.reason import Reason
from trueup.core.usage import Failure, FailureCategory
from trueup.psa.autotask.calls import Call, Purpose
from trueup.psa.autotask.rows import Row, field_names
from trueup.psa.autotask.transport import Transport
from trueup.psa.port import PsaReadError

Value = str | int | bool
Term = dict[str, object]
R = TypeVar("R", bound=Row)

BEFORE_ALL = -1
"""Smaller than every id; the MSP's own company has id 0."""


def term(op: str, field: str, value: Value) -> Term:
    """One comparison, for example `term("gte", "endDate", "2026-11-01T00:00:00")`."""
    return {"op": op, "field": field, "value": value}


def within(field: str, values: Iterable[int]) -> Term:
    """The field is one of some numbers; Autotask takes at most 500 of them."""
    return {"op": "in", "field": field, "value": list(values)}


def filled(field: str) -> Term:
    """The field has a value."""
    return {"op": "exist", "field": field}


class PageDetails(msgspec.Struct, rename="camel"):
    """What a page says about itself."""

    count: int
    next_page_url: str | msgspec.UnsetType | None = msgspec.UNSET


class Page(msgspec.Struct, Generic[R]):
    """One page of rows."""

    items: list[R]
    page_details: PageDetails = msgspec.field(name="pageDetails")


class _Count(msgspec.Struct):
    query_count: int = msgspec.field(name="queryCount")


@dataclass(frozen=True, slots=True)
class Listing(Generic[R]):
    """An entity's rows under a filter. `row` says which fields are asked for."""

    entity: str
    row: type[R]
    terms: tuple[Term, ...] = ()

    def narrowed(self, *terms: Term) -> Listing[R]:
        """The same rows under more conditions."""
        return Listing(self.entity, self.row, (*self.terms, *terms))


def _body(listing: Listing[R], after: int, size: int) -> bytes:
    terms = [*listing.terms, term("gt", "id", after)]
    return msgspec.json.encode({"MaxRecords": size, "IncludeFields": field_names(listing.row), "Filter": terms})


def _failure(category: FailureCategory, code: str, **params: str | int) -> PsaReadError:
    return PsaReadError(Failure(category, Reason.of(code, **params)))


async def one_page(transport: Transport, listing: Listing[R], after: int, size: int) -> tuple[list[R], bool]:
    """The page after an id, and whether there are more. Raises PsaReadError, also where the page is not whole."""
    call = Call(listing.entity, f"V1.0/{listing.entity}/query", Purpose.READ, _body(listing, after, size))
    page = decoded(listing.entity, (await transport.read(call)).body, Page[listing.row])  # type: ignore[name-defined]
    rows: list[R] = page.items
    if page.page_details.count != len(rows):
        raise _failure(
            FailureCategory.TRUNCATED,
            "autotask.page_incomplete",
            endpoint=listing.entity,
            stated=page.page_details.count,
            found=len(rows),
        )
    last = after
    for row in rows:
        if row.id <= last:
            raise _failure(FailureCategory.TRUNCATED, "autotask.page_order", endpoint=listing.entity, id=row.id)
        last = row.id
    link = page.page_details.next_page_url
    more = len(rows) >= size if link is msgspec.UNSET else link is not None
    if more and not rows:
        raise _failure(
            FailureCategory.TRUNCATED, "autotask.page_incomplete", endpoint=listing.entity, stated=size, found=0
        )
    return rows, more


async def pages(
    transport: Transport, listing: Listing[R], size: int, after: int = BEFORE_ALL
) -> AsyncIterator[list[R]]:
    """Every page after an id, to the end."""
    more = True
    while more:
        rows, more = await one_page(transport, listing, after, size)
        if rows:
            after = rows[-1].id
        yield rows


async def count(transport: Transport, entity: str, terms: Iterable[Term]) -> int:
    """How many rows a filter finds, in one call."""
    body = msgspec.json.encode({"Filter": list(terms)})
    answer = await transport.read(Call(entity, f"V1.0/{entity}/query/count", Purpose.READ, body))
    return decoded(entity, answer.body, _Count).query_count


D = TypeVar("D")


def decoded(endpoint: str, body: bytes, shape: type[D]) -> D:
    """The body in its expected shape; raises PsaReadError naming where it differs."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        where = str(error).rsplit(" - at ", maxsplit=1)[-1].strip("`")
        raise _failure(
            FailureCategory.SCHEMA_CHANGED, "autotask.shape_changed", endpoint=endpoint, where=where
        ) from None
