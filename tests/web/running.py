"""The web application as it really answers: uvicorn on a loopback port, spoken to over HTTP."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from trueup.web.serving import address_of, listening, server_of


@contextmanager
def answering(app: FastAPI, bound: socket.socket | None = None) -> Iterator[str]:
    """Serve the application from a thread, on loopback unless told; gives its address without the last slash."""
    bound = bound or listening("127.0.0.1", 0)
    server = server_of(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        yield address_of(bound).rstrip("/")
    finally:
        server.should_exit = True
        thread.join(10)
        bound.close()
