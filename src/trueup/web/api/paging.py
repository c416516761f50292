"""Long lists, page by page: a cursor says where the next page begins.

A cursor is opaque and checks itself: it belongs to one list with its filters, and one that was changed or taken from
another list is refused. It holds the last row's key and no secret; it is good as long as the list is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Final, Generic, TypeVar

from fastapi import Query
from pydantic import Field

from trueup.app.errors import failed
from trueup.web.api.shapes import Answer

DEFAULT: Final = 100
MOST: Final = 500
_CHECK: Final = 8

Cursor = Annotated[str | None, Query(description="`next` of the page before.", max_length=2000)]
Limit = Annotated[int, Query(description="So many rows at most.", ge=1, le=MOST)]

Row = TypeVar("Row")
Item = TypeVar("Item", bound=Answer)
Position = tuple[str | int, ...]


class PageAnswer(Answer, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


def _check(text: bytes, of: str) -> bytes:
    return hashlib.blake2s(of.encode() + b"\0" + text, digest_size=_CHECK, person=b"cursor").digest()


def listing_name(operation: str, filters: Mapping[str, object] | None = None) -> str:
    """What a cursor belongs to: an operation with its filters."""
    return json.dumps([operation, {name: str(value) for name, value in (filters or {}).items()}], sort_keys=True)


def cursor_at(position: Position, of: str) -> str:
    """The cursor behind a position."""
    text = json.dumps(position, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(text, of) + text).decode().rstrip("=")


def position_of(cursor: str | None, of: str) -> Position | None:
    """Where a cursor points to; None for the beginning. Raises UseCaseError `web.cursor`."""
    if cursor is None:
        return None
    try:
        found = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise failed("web.cursor") from None
    check, text = found[:_CHECK], found[_CHECK:]
    if not text or check != _check(text, of):
        raise failed("web.cursor")
    return tuple(json.loads(text))


def page_after(
    rows: Iterable[Row], key: Callable[[Row], Position], cursor: str | None, limit: int, of: str
) -> tuple[Sequence[Row], str | None]:
    """The rows behind the cursor, by their keys, and the cursor of the next page. Keys are unique and of one kind."""
    behind = position_of(cursor, of)
    found = sorted((row for row in rows if behind is None or key(row) > behind), key=key)
    return found[:limit], cursor_at(key(found[limit - 1]), of) if len(found) > limit else None
