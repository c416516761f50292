"""A page of a long list, and how many there are in all: what pages and the API show of thousands of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Row = TypeVar("Row")

PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class PageOf(Generic[Row]):
    """Rows of one page; `number` begins at 1, `count` is of all pages."""

    rows: tuple[Row, ...]
    number: int
    count: int
    size: int = PAGE_SIZE

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.count // self.size))


def page_of(rows: Sequence[Row], number: int, size: int = PAGE_SIZE) -> PageOf[Row]:
    """The page of that number; the nearest one that there is."""
    last = max(1, -(-len(rows) // size))
    at = min(max(number, 1), last)
    return PageOf(tuple(rows[(at - 1) * size : at * size]), at, len(rows), size)
