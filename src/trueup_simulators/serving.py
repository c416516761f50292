"""Start a simulator on a loopback port: in this process (tests, demo) or as the whole process."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType

import uvicorn
from starlette.types import ASGIApp

_START_SECONDS = 20.0


def free_socket(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """Bind a listening TCP socket; port 0 lets the system choose a free one."""
    # named TCP, so that the server turns off Nagle's delay of small answers
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # on Windows the same option would let two servers share the port
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    return bound


def _server(app: ASGIApp) -> uvicorn.Server:
    config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", proxy_headers=False)
    config.timeout_graceful_shutdown = 1
    return uvicorn.Server(config)


@dataclass(slots=True)
class RunningSimulator:
    """A simulator that answers on `url` until `stop()`; also a context manager.

    `credentials` are those that its scenario accepts, by the names a connection asks for.
    """

    url: str
    credentials: Mapping[str, str]
    _server: uvicorn.Server = field(repr=False)
    _thread: threading.Thread = field(repr=False)

    def stop(self) -> None:
        """Stop answering and release the port; harmless when already stopped."""
        self._server.should_exit = True
        self._thread.join(timeout=_START_SECONDS)

    def __enter__(self) -> RunningSimulator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_in_thread(
    app: ASGIApp, bound: socket.socket, credentials: Mapping[str, str], path: str = ""
) -> RunningSimulator:
    """Serve `app` on `bound` from a daemon thread and return once it accepts connections."""
    server = _server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    waited = threading.Event()
    for _ in range(int(_START_SECONDS * 100)):
        if server.started:
            break
        if not thread.is_alive():
            raise RuntimeError("the simulator stopped while starting")
        waited.wait(0.01)
    else:
        raise RuntimeError("the simulator did not start in time")
    host, port = bound.getsockname()[:2]
    return RunningSimulator(f"http://{host}:{port}{path}", credentials, server, thread)


def serve_forever(app: ASGIApp, bound: socket.socket) -> None:
    """Serve `app` on `bound` as the whole process, until interrupted."""
    _server(app).run(sockets=[bound])
