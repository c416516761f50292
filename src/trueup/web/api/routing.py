"""Routes of the REST API: every one below /api/v1, and every write safe to send twice.

A program may send `Idempotency-Key` with a write. The endpoint then runs once: the same call again gets the stored
answer, with `Idempotency-Replayed: true`.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import anyio
from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from trueup.app.repeated.answers import KeyedCall, checked_key, claim
from trueup.app.workspace import Workspace
from trueup.store.answers import StoredAnswer
from trueup.web.asking import Here
from trueup.web.same_origin import SAFE

PREFIX: Final = "/api/v1"
KEY_HEADER: Final = "Idempotency-Key"
REPLAYED_HEADER: Final = "Idempotency-Replayed"

_SHOWN_ONCE: Final = "__trueup_shown_once__"
_KEPT_HEADERS: Final = ("content-type", "location", "etag")

Endpoint = Callable[..., Coroutine[Any, Any, Any]]
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _AnsweredBeforeError(Exception):
    """The same call was answered before; leaves the endpoint unrun."""

    def __init__(self, answer: StoredAnswer) -> None:
        self.answer = answer


@dataclass(slots=True)
class _Attempt:
    """A keyed call at work. `ws` is known once who asks was let in."""

    call: KeyedCall
    ws: Workspace | None = None

    async def begin(self, here: Here) -> None:
        """Take the key, or leave with the answer of before."""
        found = await here.ws.step(claim, here.ws, self.call)
        if found is not None:
            raise _AnsweredBeforeError(found)
        self.ws = here.ws

    async def keep(self, response: Response) -> None:
        """Keep the answer under the key."""
        if self.ws is not None:
            kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
            answers, actor, key = self.ws.store.answers, self.ws.actor, self.call.key
            await self.ws.step(answers.keep, actor, key, response.status_code, kept, bytes(response.body))

    async def give_up(self) -> None:
        """The call was refused: the key is free again."""
        if self.ws is not None:
            with anyio.CancelScope(shield=True):
                await self.ws.step(self.ws.store.answers.free, self.ws.actor, self.call.key)


_ATTEMPT: ContextVar[_Attempt | None] = ContextVar("attempt", default=None)


def _once(endpoint: Endpoint) -> Endpoint:
    @functools.wraps(endpoint)
    async def run(**given: Any) -> Any:  # noqa: ANN401 - whatever the endpoint takes and gives
        attempt = _ATTEMPT.get()
        here = next((value for value in given.values() if isinstance(value, Here)), None)
        if attempt is not None and here is not None:
            await attempt.begin(here)
        return await endpoint(**given)

    return run


def says_secret(endpoint: Endpoint) -> Endpoint:
    """The answer shows a secret once: it is never stored, so a key is of no use with it."""
    setattr(endpoint, _SHOWN_ONCE, True)
    return endpoint


def takes_key(endpoint: Endpoint, methods: set[str] | frozenset[str]) -> bool:
    """Whether calls of this endpoint may carry a key."""
    return not methods <= SAFE and not getattr(endpoint, _SHOWN_ONCE, False)


class ApiRoute(APIRoute):
    """A route of the REST API."""

    def __init__(self, path: str, endpoint: Endpoint, **given: Any) -> None:  # noqa: ANN401 - as the base has it
        super().__init__(path, _once(endpoint), **given)

    def get_route_handler(self) -> Handler:
        """The handler, with keys for writes."""
        answer = super().get_route_handler()
        if not takes_key(self.endpoint, self.methods or set()):
            return answer

        async def keyed(request: Request) -> Response:
            key = request.headers.get(KEY_HEADER)
            if key is None:
                return await answer(request)
            attempt = _Attempt(KeyedCall(checked_key(key), await _digest(request)))
            token = _ATTEMPT.set(attempt)
            try:
                response = await answer(request)
            except _AnsweredBeforeError as before:
                kept = {**before.answer.headers, REPLAYED_HEADER: "true"}
                return Response(before.answer.body, before.answer.status or 200, kept)
            except BaseException:
                await attempt.give_up()
                raise
            finally:
                _ATTEMPT.reset(token)
            await attempt.keep(response)
            return response

        return keyed


async def _digest(request: Request) -> str:
    found = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    found.update(await request.body())
    return found.hexdigest()


class _Below(APIRouter):
    """A router all of whose addresses begin alike: a call elsewhere is not compared with each of them."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether one of its routes takes the call, and with what."""
        return super().matches(scope) if self.prefix in scope["path"] else (Match.NONE, {})


def api_router(tag: str, below: str = "") -> APIRouter:
    """A router for one feature of the API, its addresses below /api/v1 and `below`; `tag` is its chapter in the
    reference."""
    return _Below(prefix=PREFIX + below, tags=[tag], route_class=ApiRoute)
