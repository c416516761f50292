"""Serving the application with uvicorn: as the whole process, or beside other work of the same loop.

The source address of a call is the socket's own; who may name another one in a header is decided by us and not by the
server (see docs/guides/network-rules.md), so uvicorn's handling of proxy headers stays off.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from fastapi import FastAPI


def listening(host: str, port: int) -> socket.socket:
    """A listening TCP socket; port 0 lets the system choose a free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if hasattr(socket, "SO_REUSEADDR") and not hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # on Windows it would let two share the port
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def address_of(bound: socket.socket) -> str:
    """The address that a browser on this machine can open; of a loopback address its name, because passkeys belong to
    a name (WebAuthn: no address is a relying party)."""
    host, port = bound.getsockname()[:2]
    if ipaddress.ip_address(host).is_loopback:
        host = "localhost"
    return f"{_url(host, port)}/"


def _url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def server_of(app: FastAPI) -> uvicorn.Server:
    """The server of an application; ends calls that take longer than five seconds when it is told to stop."""
    config = uvicorn.Config(app, log_level="warning", access_log=False, proxy_headers=False, server_header=False)
    config.timeout_graceful_shutdown = 5
    return uvicorn.Server(config)


@contextmanager
def serving_beside(app: FastAPI, bound: socket.socket) -> Iterator[str]:
    """Serve from a thread of this process while other work goes on; gives the address without the last slash."""
    server = server_of(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the web application stopped while starting")
            time.sleep(0.005)
        yield _url(*bound.getsockname()[:2])
    finally:
        server.should_exit = True
        thread.join(10)
        bound.close()


def serve(app: FastAPI, bound: socket.socket) -> None:
    """Serve until interrupted."""
    with suppress(KeyboardInterrupt):
        server_of(app).run(sockets=[bound])
