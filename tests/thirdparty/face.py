"""The small face behind which each third-party client stands, so that the same cycle can be asked of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

Row = Mapping[str, Any]
Conditions = Sequence[Mapping[str, Any]]

PAGE = 500


@dataclass(frozen=True, slots=True)
class Access:
    """Where a client starts looking for its zone (ends in a slash), and what it signs in with."""

    base_url: str
    user: str
    code: str
    secret: str = field(repr=False)


class RefusalError(Exception):
    """The client took the answer for a refusal; the text is what the client lets its caller see of it."""


class ThirdPartyClient(Protocol):
    """What the cycle asks of a client."""

    def zone(self) -> str:
        """The base address that the client found by itself."""
        ...

    def rows(self, entity: str, conditions: Conditions) -> list[Row]:
        """The first page."""
        ...

    def all_rows(self, entity: str, conditions: Conditions) -> list[Row]:
        """Every row, the way the client pages."""
        ...

    def adjust(self, contract: int, line: int, change: int, day: date) -> int | None:
        """Create a contract service adjustment; the id that the client was given, or `RefusalError`."""
        ...


def walk_by_id(rows: Callable[[str, Conditions], list[Row]], entity: str, conditions: Conditions) -> list[Row]:
    """Every row in pages of 500, each asking for ids above the last: for clients that follow no page link."""
    found: list[Row] = []
    while True:
        after = {"op": "gt", "field": "id", "value": found[-1]["id"] if found else -1}
        page = rows(entity, [*conditions, after])
        found += page
        if len(page) < PAGE:
            return found
