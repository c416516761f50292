"""Start a simulator on a loopback port: in this process (tests, demo) or as the whole process."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
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


def _config(app: ASGIApp) -> uvicorn.Config:
    config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", proxy_headers=False)
    config.timeout_graceful_shutdown = 1
    return config


class PromptServer(uvicorn.Server):
    """A server that stops as soon as it is told. uvicorn's own looks ten times a second whether it was, and then waits
    a tenth even where nobody is connected: longer than most of the two thousand servers of a test run live."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def tell(self) -> None:
        """Stop; from another thread."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # it has stopped already
                self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        """Keep the date of the answers right until told."""
        self._loop = asyncio.get_running_loop()
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Release the port, and give calls in the middle their time."""
        for listener in (*self.servers, *(sockets or ())):
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        until = asyncio.get_running_loop().time() + (self.config.timeout_graceful_shutdown or 0)
        while self.server_state.connections or self.server_state.tasks:
            if asyncio.get_running_loop().time() > until:
                break  # what is left is cancelled with the loop
            await asyncio.sleep(0.002)
        await self.lifespan.shutdown()


@dataclass(slots=True)
class RunningSimulator:
    """A simulator that answers on `url` until `stop()`; also a context manager.

    `credentials` are those that its scenario accepts, by the names a connection asks for.
    """

    url: str
    credentials: Mapping[str, str]
    _server: PromptServer = field(repr=False)
    _thread: threading.Thread = field(repr=False)

    def stop(self) -> None:
        """Stop answering and release the port; harmless when already stopped."""
        self._server.tell()
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
    server = PromptServer(_config(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    waited = threading.Event()
    for _ in range(int(_START_SECONDS * 1000)):
        if server.started:
            break
        if not thread.is_alive():
            raise RuntimeError("the simulator stopped while starting")
        waited.wait(0.001)
    else:
        raise RuntimeError("the simulator did not start in time")
    host, port = bound.getsockname()[:2]
    return RunningSimulator(f"http://{host}:{port}{path}", credentials, server, thread)


def serve_forever(app: ASGIApp, bound: socket.socket) -> None:
    """Serve `app` on `bound` as the whole process, until interrupted."""
    uvicorn.Server(_config(app)).run(sockets=[bound])
