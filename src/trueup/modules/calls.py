"""Sending reading calls: the window, the retries, a second login after a 401, and what each refusal means.

Nothing here can write: a call is a `GET`, a query by POST that a catalogue file declares, or a token request.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

import httpx2

from trueup.core.reason import Param
from trueup.core.wire_text import without_nul
from trueup.modules.authentication import Authentication, Outgoing
from trueup.modules.catalogue_schema import Limits
from trueup.modules.failures import SourceError, source_error
from trueup.modules.limits import Pace, RequestWindow
from trueup.modules.paging import Query
from trueup.modules.refusals import Standing, login_refusal, refusal
from trueup.retrying import tries
from trueup.trust import NotReachedError

T = TypeVar("T")

ANSWER_BYTES: Final = 100_000_000
"""Bytes of one unpacked answer. The largest pages of the modules known are below a tenth of it."""
ANSWER_SECONDS: Final = 600
"""Seconds within which an answer must be whole, however slowly it comes."""
_PACKED: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers that speak of how the body travelled."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the reading a call stands. `before` says that the same list already gave a page."""

    stream: str
    page: int = 1
    before: bool = False


@dataclass(slots=True)
class Clock:
    """The vendor's clock as its last answer showed it, beside ours: seconds that ours is ahead."""

    ahead: int | None = None


class Caller:
    """Sends the calls of one collection or check, and counts them."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        authentication: Authentication,
        window: RequestWindow,
        limits: Limits,
        pace: Pace,
    ) -> None:
        self._client = client
        self._authentication = authentication
        self._window = window
        self._limits = limits
        self._pace = pace
        self._answered = False
        self.calls = 0
        self.clock = Clock()

    async def read(
        self,
        query: Query,
        place: Place,
        decode: Callable[[bytes], T],
        empty_on: tuple[int, ...] = (),
        headed: Callable[[T, Mapping[str, str]], None] | None = None,
    ) -> T | None:
        """Send one reading call until it gives an answer that `decode` takes; None for a status of `empty_on`. `headed`
        is told what was decoded and the answer's headers.

        Raises SourceError once attempts are used up or the refusal is final.
        """
        pace, limits = self._pace, self._limits
        attempts = tries(
            on=self._wait_for,
            attempts=limits.attempts,
            wait_initial=pace.first * pace.scale,
            wait_max=pace.longest * pace.scale,
            wait_jitter=pace.first * pace.scale,
        )
        async for attempt in attempts:
            with attempt:
                decoded, headers = await self._once(query, place, decode, empty_on)
                if headed is not None and decoded is not None:
                    headed(decoded, headers)
                return decoded
        raise AssertionError("unreachable")

    def _wait_for(self, error: Exception) -> bool | float:
        if not isinstance(error, SourceError) or not error.retry:
            return False
        return True if error.wait is None else error.wait * self._pace.scale

    async def _once(
        self, query: Query, place: Place, decode: Callable[[bytes], T], empty_on: tuple[int, ...]
    ) -> tuple[T | None, Mapping[str, str]]:
        response = await self._dressed(query, place)
        if response.status_code == 401 and self._authentication.forget(response.request.headers):
            response = await self._dressed(query, place)
        if response.status_code in empty_on:
            return None, response.headers
        where: dict[str, Param] = {"stream": place.stream, "path": query.path, "page": place.page}
        if not 200 <= response.status_code < 300:
            raise refusal(self._limits, response.status_code, response, self._standing(place)).placed(where)
        try:
            decoded = decode(response.content)
        except SourceError as error:
            status = error.reason.get("status") if error.reason.code == "module.error_in_body" else None
            if isinstance(status, int) and status >= 400:
                raise refusal(self._limits, status, response, self._standing(place)).placed(where) from None
            raise error.placed(where) from None
        self._answered = True
        return decoded, response.headers

    def _standing(self, place: Place) -> Standing:
        return Standing.LIST if place.before else Standing.RUN if self._answered else Standing.NOTHING

    async def _dressed(self, query: Query, place: Place) -> httpx2.Response:
        outgoing = Outgoing(query.method, query.url, dict(query.parameters), query.body, dict(query.headers))
        await self._authentication.dress(outgoing, self._token_answer)
        return await self._send(outgoing, query.path, place)

    async def _token_answer(self, outgoing: Outgoing) -> bytes:
        path = httpx2.URL(outgoing.url).path
        place = Place("login")
        response = await self._send(outgoing, path, place)
        if 200 <= response.status_code < 300:
            return response.content
        raise login_refusal(self._limits, response).placed({"stream": "login", "path": path})

    async def _send(self, outgoing: Outgoing, path: str, place: Place) -> httpx2.Response:
        await self._window.enter()
        self.calls += 1
        where: dict[str, Param] = {"stream": place.stream, "path": path, "page": place.page}
        try:
            request = self._client.build_request(
                outgoing.method,
                outgoing.url,
                params=outgoing.query or None,
                content=outgoing.body,
                headers=outgoing.headers,
            )
            response = await self._client.send(request, stream=True)
        except NotReachedError as error:
            raise source_error("module.address_refused", host=error.host, **where) from None
        except httpx2.TimeoutException:
            raise source_error("module.timed_out", **where).retrying() from None
        except httpx2.TransportError as error:
            raise source_error("module.unreachable", kind=type(error).__name__, **where).retrying() from None
        except httpx2.InvalidURL:
            raise source_error("module.setting_wrong", setting="base_url", why="not_allowed", **where) from None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):  # the library's own limit holds for each piece of the answer
                whole = await _whole(response)
        except (httpx2.TimeoutException, TimeoutError):
            raise source_error("module.timed_out", **where).retrying() from None
        except httpx2.TransportError:
            raise source_error("module.connection_dropped", **where).retrying() from None
        except httpx2.DecodingError:
            raise source_error("module.not_json", **where).retrying() from None
        except SourceError as error:
            raise error.placed(where) from None
        finally:
            await response.aclose()
        self._note_clock(whole)
        return whole

    def _note_clock(self, response: httpx2.Response) -> None:
        text = response.headers.get("Date")
        if text is not None:
            try:
                self.clock.ahead = int(time.time() - parsedate_to_datetime(text).timestamp())
            except (ValueError, OverflowError):
                self.clock.ahead = None


async def _whole(response: httpx2.Response) -> httpx2.Response:
    """The answer with its body in memory, which is never more than a body may be, however small it was packed."""
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > ANSWER_BYTES:
            raise source_error("module.answer_too_large", limit=ANSWER_BYTES)
        pieces.append(piece)
    headers = [(name, text) for name, text in response.headers.multi_items() if name not in _PACKED]
    return httpx2.Response(
        response.status_code, headers=headers, content=without_nul(b"".join(pieces)), request=response.request
    )
