"""How a list goes on: one step from an answer to the next request, and the guards against lists that never end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from msgspec import UNSET

from trueup.modules.catalogue_schema import Paging
from trueup.modules.failures import source_error
from trueup.modules.field_values import whole


@dataclass(frozen=True, slots=True)
class Query:
    """One reading request. `POST` exists only for streams whose file declares a query by POST."""

    method: Literal["GET", "POST"]
    url: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = None
    turn: str = ""
    """What a header says about the page, where a header leads from page to page."""

    @property
    def identity(self) -> tuple[str, str, bytes | None, str]:
        """Equal for two requests that ask for the same page."""
        return self.url, urlencode(sorted(self.parameters.items())), self.body, self.turn

    @property
    def path(self) -> str:
        """Path without host and parameters, for messages."""
        return urlsplit(self.url).path


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port (the scheme's own where none is written)."""
    parts = urlsplit(url)
    return (
        parts.scheme.lower(),
        (parts.hostname or "").lower(),
        parts.port or {"https": 443, "http": 80}.get(parts.scheme),
    )


class Pager:
    """Walks one list: keeps the first request, the number of pages and what was asked before."""

    def __init__(self, paging: Paging, first: Query, max_pages: int) -> None:
        self._paging = paging
        self._max_pages = max_pages
        self._held: set[int] = set()
        self.pages = 0
        self._rows = 0
        start = dict(first.parameters)
        if paging.size is not None and paging.size_parameter is not None:
            start[paging.size_parameter] = str(paging.size)
        if paging.kind == "page" and paging.parameter is not None:
            start[paging.parameter] = str(paging.start)
        if paging.kind == "offset" and paging.parameter is not None:
            start[paging.parameter] = self._worded("0")
        self.query: Query = replace(first, parameters=start)
        self._first = self.query
        self._asked = {self.query.identity}

    def advance(self, outer: Mapping[str, object], rows: int, last: object, total: int | None) -> bool:
        """Note that the page was read and turn to the next; False at the list's end.

        `outer` holds `next` and `total_pages` as the answer gave them, `rows` the page's number of rows, `last` the
        paging field of its last row. Raises SourceError (`truncated`) when the way on is missing, loops or leaves.
        """
        self.pages += 1
        self._rows += rows
        following = self._following(outer, rows, last, total)
        if following is None:
            return False
        if self.pages >= self._max_pages:
            raise source_error("module.too_many_pages", pages=self.pages)
        if following.identity in self._asked:
            raise source_error("module.page_loop", page=self.pages)
        self._asked.add(following.identity)
        self.query = following
        return True

    def fresh(self, rows: Iterable[int], total: int | None) -> None:
        """Note a page's rows (a digest of each) before `advance`. How many are skipped next follows those that were
        new: a row that came twice must not make another be skipped. Raises SourceError for a page without anything new
        where no total is known: a list that is answered with its first page for ever looks as if it went on."""
        before, given = len(self._held), set(rows)
        self._held |= given
        if given and total is None and len(self._held) == before:
            raise source_error("module.page_loop", page=self.pages + 1)

    def _following(self, outer: Mapping[str, object], rows: int, last: object, total: int | None) -> Query | None:
        kind = self._paging.kind
        if kind == "next_url":
            return self._next_url(self._cursor(outer))
        if kind == "cursor":
            found = self._cursor(outer)
            return None if found is None else self._with(found)
        if kind == "last_id":
            return None if rows == 0 or last is None else self._with(str(last))
        if kind == "page":
            return None if self._is_last(outer, rows, total) else self._with(str(self._paging.start + self.pages))
        if kind == "offset":
            return None if self._is_last(outer, rows, total) else self._with(str(len(self._held) or self._rows))
        return None

    def _worded(self, value: str) -> str:
        template = self._paging.template
        return value if template is None else template.replace("{value}", value)

    def _with(self, value: str) -> Query:
        if self._paging.header is not None:
            headers = {**self._first.headers, self._paging.header: value}
            return replace(self._first, headers=headers, turn=value)
        worded = self._worded(value)
        return replace(self._first, parameters={**self._first.parameters, self._paging.parameter or "": worded})

    def _cursor(self, outer: Mapping[str, object]) -> str | None:
        found = outer.get("next", UNSET)
        if found is UNSET and not self._paging.may_be_missing:
            raise source_error("module.cursor_missing", field=self._paging.path, page=self.pages)
        if found is UNSET or found is None or found == "" or found is False:
            return None
        if isinstance(found, bool) or not isinstance(found, (str, int, Decimal)):
            raise source_error("module.cursor_missing", field=self._paging.path, page=self.pages)
        return str(found)

    def _next_url(self, found: str | None) -> Query | None:
        if found is None:
            return None
        try:
            absolute = urljoin(self.query.url, found.strip())
            same = origin_of(absolute) == origin_of(self._first.url)
            parts = urlsplit(absolute)
        except ValueError:
            raise source_error("module.cursor_missing", field=self._paging.path, page=self.pages) from None
        if not same:
            raise source_error("module.next_page_elsewhere", host=parts.hostname, page=self.pages)
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        if self._paging.reapply:
            given = {**{k: v for k, v in self._first.parameters.items() if k not in given}, **given}
        return replace(self._first, url=urlunsplit(parts._replace(query="", fragment="")), parameters=given)

    def _is_last(self, outer: Mapping[str, object], rows: int, total: int | None) -> bool:
        paging = self._paging
        if paging.total_pages is not None:  # a page may be without rows: of its clients, none has an agent
            pages = whole(outer.get("total_pages", UNSET))
            if pages is None:
                raise source_error("module.cursor_missing", field=paging.total_pages, page=self.pages)
            return self.pages >= pages
        if rows == 0:
            return True
        if total is not None:
            return self._rows >= total
        return paging.stop_on_short_page and paging.size is not None and rows < paging.size
