"""Which methods an address takes, over all routes that share it (RFC 9110, `Allow`)."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path


def methods_at(app: FastAPI, path: str) -> tuple[str, ...]:
    """The methods of every route whose pattern fits the path, sorted."""
    found: set[str] = set()
    for route in iter_route_contexts(app.routes):
        if route.path is not None and route.methods and compile_path(route.path)[0].match(path):
            found |= route.methods
    return tuple(sorted(found))
