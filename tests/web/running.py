"""The web application as it really answers: uvicorn on a loopback port, spoken to over HTTP."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from trueup.web.serving import listening, server_of
from trueup_simulators.serving import PromptServer


@contextmanager
def answering(app: FastAPI, bound: socket.socket | None = None) -> Iterator[str]:
    """Serve the application from a thread, on loopback unless told; gives its address without the last slash."""
    bound = bound or listening("127.0.0.1", 0)
    server = PromptServer(server_of(app).config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the web application stopped while starting"
            time.sleep(0.002)
        host, port = bound.getsockname()[:2]
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        server.tell()
        thread.join(10)
        bound.close()
