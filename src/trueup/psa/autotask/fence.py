"""The fence before the network: the last look at the clocks before a write's bytes leave.

The HTTP library calls the hook of a request just before it hands the head, and again before it hands the body, to the
socket (`httpcore2`, trace extension). A write without its body is no write, so the second look is the one that counts;
what is refused there has certainly not been sent.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping

from trueup.psa.window import ARRIVES_WITHIN, SendWindow

_USER_TIMEOUT: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)
"""A connection that leaves bytes unacknowledged for that long is given up by the system (RFC 5482), also after the
process has died, so that a write cannot arrive long after it left. A system without it has a limit of its own."""


class WindowClosedError(Exception):
    """The time in which the write might leave is over; it was not sent."""


class Fence:
    """Watches one request. `left` says whether any byte of it may have gone out."""

    def __init__(self, window: SendWindow | None) -> None:
        self._window = window
        self.left = False

    async def __call__(self, event: str, info: Mapping[str, object]) -> None:
        """What the HTTP library tells. Raises WindowClosedError at the last moment."""
        if event == "connection.connect_tcp.complete":
            _give_up_soon(info.get("return_value"))
        elif event.endswith((".send_request_headers.started", ".send_request_body.started")):
            if self._window is not None and self._window.closed():
                raise WindowClosedError
            self.left = True


def _give_up_soon(stream: object) -> None:
    ask = getattr(stream, "get_extra_info", None)
    found = ask("socket") if ask is not None else None
    if _USER_TIMEOUT is not None and isinstance(found, socket.socket):
        found.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, int(ARRIVES_WITHIN.total_seconds() * 1000))
