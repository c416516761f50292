"""Cutting one long listing into parallel walks.

Rows come by id only, so a listing that belongs to known contracts is cut by contract: each cut names its contracts and
walks by row id. Every cut ends with a page that is half full on average, so there are as few cuts as the thread limit
can use. Contracts are dealt out in turn, because older contracts tend to have more lines
(docs/decisions/0035-few-cuts-dealt-by-contract.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from trueup.psa.autotask.query import BEFORE_ALL, Listing, R, one_page, pages, within
from trueup.psa.autotask.together import together
from trueup.psa.autotask.transport import Transport

T = TypeVar("T")


def dealt(ids: Sequence[int], parts: int) -> tuple[tuple[int, ...], ...]:
    """The ids dealt out in turn into at most so many parts, none empty."""
    ordered = sorted(set(ids))
    return tuple(tuple(ordered[part::parts]) for part in range(min(parts, len(ordered))))


def parts_for(ids: int, longest_list: int, threads: int) -> int:
    """How many cuts: one where a single list takes all ids, else the next multiple of the thread limit."""
    if ids <= longest_list:
        return 1
    needed = -(-ids // longest_list)
    return -(-needed // threads) * threads


class Walker:
    """Walks listings of one connection."""

    def __init__(self, transport: Transport, size: int, longest_list: int, threads: int) -> None:
        self._transport = transport
        self._size = size
        self._longest_list = longest_list
        self._threads = threads

    async def whole(
        self, listing: Listing[R], make: Callable[[R], T], seen: Callable[[int], None] | None = None
    ) -> list[T]:
        """All rows of a listing, one page after the other, each made into what is wanted of it as it comes."""
        return await self._cut(listing, make, seen)

    async def by_ids(
        self,
        listing: Listing[R],
        field: str,
        ids: Sequence[int],
        make: Callable[[R], T],
        seen: Callable[[int], None] | None = None,
    ) -> list[T]:
        """All rows whose field is one of the ids, in parallel walks.

        Ids that fit one list are asked for in one call first; only if that is not all is the rest cut.
        """
        if not ids:
            return []
        parts = parts_for(len(set(ids)), self._longest_list, self._threads)
        made: list[T] = []
        after = BEFORE_ALL
        if parts == 1:
            first = listing.narrowed(within(field, sorted(set(ids))))
            rows, more = await one_page(self._transport, first, after, self._size)
            made = [make(row) for row in rows]
            if seen:
                seen(len(rows))
            if not more:
                return made
            after, parts = rows[-1].id, self._threads
        async with together() as group:
            cuts = [
                group.create_task(self._cut(listing.narrowed(within(field, cut)), make, seen, after))
                for cut in dealt(ids, parts)
            ]
        return [*made, *(one for cut in cuts for one in cut.result())]

    async def _cut(
        self,
        listing: Listing[R],
        make: Callable[[R], T],
        seen: Callable[[int], None] | None,
        after: int = BEFORE_ALL,
    ) -> list[T]:
        made: list[T] = []
        async for page in pages(self._transport, listing, self._size, after):
            made.extend(make(row) for row in page)
            if seen:
                seen(len(page))
        return made


def as_it_is(row: R) -> R:
    """The row itself, where what it means depends on something else."""
    return row
