"""Answers as bytes with a status, and the ways in which they can be spoilt or lost."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from starlette.types import Send

from trueup_simulators.autotask.errors import RefusedError, RoutingError, TooManyError, UnauthorisedError
from trueup_simulators.autotask.switches import Switches
from trueup_simulators.autotask.wire import encode

_GATEWAY_PAGE = (
    b"<html><head><title>504 Gateway Time-out</title></head><body><center><h1>504 Gateway Time-out</h1></center>"
    b"</body></html>"
)
_ERROR_PAGE = (
    b"<!DOCTYPE html><html><head><title>Runtime Error</title></head><body><h1>Server Error in '/ATServicesRest' "
    b"Application.</h1><p>An application error occurred on the server.</p></body></html>"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; `rows` counts what it carries, for the log."""

    status: int
    body: bytes = b""
    media: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0
    value: dict[str, object] | None = None
    """The JSON value of a successful answer, for faults that change it."""


def success(value: dict[str, object], rows: int = 0) -> Answer:
    """A successful answer."""
    return Answer(200, encode(value), rows=rows, value=value)


def html(status: int) -> Answer:
    """A page of a gateway or of a broken server."""
    return Answer(status, _GATEWAY_PAGE if status == 504 else _ERROR_PAGE, "text/html")


def failure(error: Exception, switches: Switches) -> Answer:
    """The answer that an error of this package stands for; other errors are raised again."""
    if isinstance(error, RefusedError):
        return Answer(error.status, encode({"errors": list(error.texts)}))
    if isinstance(error, RoutingError):
        return Answer(error.status, encode({"Message": error.message}))
    if isinstance(error, UnauthorisedError):
        if switches.unauthorised_body == "errors":
            return Answer(401, encode({"errors": [error.text]}))
        return Answer(401, b"", "text/plain")
    if isinstance(error, TooManyError):
        headers = {}
        if switches.retry_after_seconds >= 0 and error.status == 429:
            headers["Retry-After"] = str(switches.retry_after_seconds)
        return Answer(error.status, encode({"errors": [error.text]}), headers=headers)
    raise error


async def send_answer(answer: Answer, send: Send, *, half: bool = False) -> None:
    """Send an answer; with `half` promise all of the body, send half of it and break the connection."""
    headers = [(b"content-length", str(len(answer.body)).encode())]
    if answer.body:
        headers.append((b"content-type", answer.media.encode()))
    headers += [(name.encode(), value.encode()) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if half:
        await send({"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True})
        await drop(send)
        return
    await send({"type": "http.response.body", "body": answer.body})


async def drop(send: Send) -> None:
    """Break the connection at once, as far as the server lets its application do so."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if not isinstance(transport, asyncio.Transport):
        raise ConnectionAbortedError("the connection is broken on purpose")
    if transport.get_write_buffer_size():
        transport.close()  # what was sent shall arrive
    else:
        transport.abort()
    await asyncio.sleep(0.01)  # let the server notice


def broken(answer: Answer) -> Answer:
    """The answer with JSON that does not parse."""
    return replace(answer, body=answer.body[:-1] + b",,}")
