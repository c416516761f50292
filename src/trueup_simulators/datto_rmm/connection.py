"""The network connection under a request: whose address it is, and how to cut it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from starlette.types import Scope, Send


@runtime_checkable
class _Transport(Protocol):
    """What is needed of an event loop's transport, whichever loop it is."""

    def close(self) -> None: ...

    def get_extra_info(self, name: str, default: object = None) -> object: ...


def _transport(send: Send) -> _Transport | None:
    """Return the server's transport, which ASGI itself does not offer; the server binds `send` to its exchange."""
    found: object = getattr(getattr(send, "__self__", None), "transport", None)
    return found if isinstance(found, _Transport) else None


def address_of(scope: Scope, send: Send) -> str:
    """Return the address at the other end of the socket, whatever a forwarding header says."""
    transport = _transport(send)
    peer = None if transport is None else transport.get_extra_info("peername")
    if isinstance(peer, tuple) and peer:
        return str(peer[0])
    client = scope.get("client")
    return str(client[0]) if client else "127.0.0.1"


def cut(send: Send) -> None:
    """Close the connection now, without another byte."""
    transport = _transport(send)
    if transport is None:
        raise ConnectionAbortedError("the server offers no way to cut the connection")
    transport.close()
