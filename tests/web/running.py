"""The web application as it really answers: uvicorn on a loopback port, spoken to over HTTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from trueup.web.serving import listening, serving_beside


@contextmanager
def answering(app: FastAPI, bound: socket.socket | None = None) -> Iterator[str]:
    """Serve the application from a thread, on loopback unless told; gives its address without the last slash."""
    with serving_beside(app, bound or listening("127.0.0.1", 0)) as address:
        yield address
