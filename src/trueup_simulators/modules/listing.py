"""A list on its way out: which rows a page has, and the vendor's envelope around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trueup_simulators.modules.calls import Call

Row = dict[str, Any]


@dataclass(slots=True)
class Slice:
    """One page: `start` rows come before it, `total` rows are in the list, `next_start` is none on the last page."""

    rows: list[Row]
    start: int
    size: int
    total: int
    next_start: int | None

    @property
    def number(self) -> int:
        """Which page it is; the first is 1."""
        return self.start // self.size + 1

    @property
    def pages(self) -> int:
        """How many pages there are; none when the list is empty."""
        return -(-self.total // self.size)

    def next(self, first: int = 1) -> int | None:
        """The number of the page that follows, where the first page has the number `first`."""
        return None if self.next_start is None else self.next_start // self.size + first


def _bare(page: Slice) -> object:
    return page.rows


@dataclass(slots=True)
class Listing:
    """All rows that were asked for, and how they are dealt out.

    `size` none: no paging. `wrap` makes the body of a page. `ways_on` are the paths (`a/b`) in that body which say
    how the list goes on: `links` when addresses stand there, `cursor` when values do; else the client counts pages,
    and totals or nothing stand there. `organization` are the paths of a row that name its customer. `on_headers` gives
    a page's headers; `past_end` is the status of a page behind the last.
    """

    rows: Sequence[Row]
    wrap: Callable[[Slice], object] = _bare
    start: int = 0
    size: int | None = None
    ways_on: tuple[str, ...] = ()
    links: bool = False
    cursor: bool = False
    organization: tuple[str, ...] = ()
    on_headers: Callable[[Slice], Mapping[str, str]] | None = None
    past_end: int | None = None

    def page(self) -> Slice:
        """The page that was asked for."""
        total = len(self.rows)
        if self.size is None:
            return Slice(list(self.rows), 0, max(1, total), total, None)
        end = self.start + self.size
        return Slice(list(self.rows[self.start : end]), self.start, self.size, total, end if end < total else None)


@dataclass(slots=True)
class Sizes:
    """How large a page is: what the client asks for, at most `most`, and `page_max` of a scenario below that."""

    page_max: int | None = None
    most: dict[str, int] = field(default_factory=dict)

    def of(self, call: Call, parameter: str, default: int, most: int) -> int:
        """The size of the page that `call` asks for."""
        asked = max(1, min(call.number(parameter, default), most))
        return asked if self.page_max is None else min(asked, self.page_max)


def numbered(call: Call, sizes: Sizes, page: str, size: str, first: int, default: int, most: int) -> tuple[int, int]:
    """Return start and size for a list whose pages have numbers."""
    length = sizes.of(call, size, default, most)
    return max(0, call.number(page, first) - first) * length, length


def dig(value: object, path: str) -> object:
    """What stands at a path; none when it is not there."""
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def put(value: object, path: str, new: object) -> None:
    """Set what stands at a path (`a/b`), where the way to it exists."""
    *way, last = path.split("/")
    for name in way:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, dict) and last in value:
        value[last] = new


def drop(value: object, path: str) -> None:
    """Take away what stands at a path (`a/b`)."""
    *way, last = path.split("/")
    for name in way:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, dict):
        value.pop(last, None)
