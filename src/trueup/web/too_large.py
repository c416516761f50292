"""A body that is too large, said in our own words: the framework refuses it before any handler of ours is asked."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trueup.core.reason import Reason
from trueup.web.faults import Fault
from trueup.web.problems import answered

_BARE: Final = b"text/plain"


def _is_bare_refusal(message: Message) -> bool:
    if message["type"] != "http.response.start" or message["status"] != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return False
    return any(name == b"content-type" and value.startswith(_BARE) for name, value in message["headers"])


class TooLarge:
    """Around the whole application: a bare 413 becomes the answer that every other refusal is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_replaced = False

        async def ours(message: Message) -> None:
            nonlocal is_replaced
            if _is_bare_refusal(message):
                is_replaced = True
                request = Request(scope)
                reason = Reason.of("web.too_large", path=request.url.path)
                answer = answered(request, Fault(reason, HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
                await answer(scope, receive, send)
            elif not is_replaced:
                await send(message)

        await self._app(scope, receive, ours)
