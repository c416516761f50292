"""A server between Trueup and a simulator that changes single answers: what the simulators cannot be told to break."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import TracebackType

import httpx2
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from tests.loopback import NO_TLS

from trueup_simulators.serving import free_socket, start_in_thread

Document = dict[str, object]
Change = Callable[[str, Document], None]
"""Changes an answer's JSON in place; the first argument is the path that was asked."""


class Between:
    """Passes everything on to `target`; a change, while one is set, is made to each JSON answer."""

    def __init__(self, target: str) -> None:
        self.change: Change | None = None
        self._target = target

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await self._answer(Request(scope, receive), scope, receive, send)

        self._running = start_in_thread(app, free_socket(), {})
        self.url = self._running.url

    async def _answer(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        async with httpx2.AsyncClient(base_url=self._target, trust_env=False, verify=NO_TLS, timeout=30) as client:
            answer = await client.request(
                request.method, path, content=await request.body(), headers=_passed(request.headers)
            )
        body = answer.content
        if self.change is not None and answer.status_code < 300 and "json" in answer.headers.get("content-type", ""):
            document = json.loads(body)
            self.change(request.url.path, document)
            body = json.dumps(document).encode()
        headers = {name: value for name, value in answer.headers.items() if name in ("content-type", "date")}
        await Response(body, answer.status_code, headers)(scope, receive, send)

    def close(self) -> None:
        self._running.stop()

    def __enter__(self) -> Between:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _passed(headers: Mapping[str, str]) -> dict[str, str]:
    """The request's headers, its host among them: simulators write it into the addresses that they give."""
    left = {"content-length", "connection", "transfer-encoding", "accept-encoding"}
    return {name: value for name, value in headers.items() if name.lower() not in left}


def rows_of(document: Document, *names: str) -> list[Document]:
    """The rows under the first of these names that the answer has."""
    for name in names:
        rows = document.get(name)
        if isinstance(rows, list):
            return rows
    return []
