"""The application's routes as a table, for tests that hold for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from trueup.web.application import create_app
from trueup.web.site import Site

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One method at one address, with the function that answers."""

    method: str
    path: str
    endpoint: Callable[..., Any]

    @property
    def changes(self) -> bool:
        """Whether its method is one that changes something."""
        return self.method not in SAFE

    @property
    def is_api(self) -> bool:
        """Whether it belongs to the REST API."""
        return self.path.startswith("/api/")


def application() -> FastAPI:
    """The application without a store, for looking at its routes and its OpenAPI."""
    return create_app(cast("Site", None))


def route_rows(app: FastAPI) -> tuple[RouteRow, ...]:
    """Every route that answers by a function."""
    return tuple(
        RouteRow(method, route.path or "", route.endpoint)
        for route in iter_route_contexts(app.routes)
        if route.endpoint is not None
        for method in sorted(route.methods or ())
    )
