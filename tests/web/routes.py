"""The application's routes as a table, for tests that hold for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from trueup.web.application import create_app
from trueup.web.asking import Needs
from trueup.web.site import Site

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
WATCHED = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Addresses that watching machines ask, by the names that such machines expect."""


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One method at one address, with the function that answers."""

    method: str
    path: str
    endpoint: Callable[..., Any]
    needs: Needs | None
    operation: str | None

    @property
    def changes(self) -> bool:
        """Whether its method is one that changes something."""
        return self.method not in SAFE

    @property
    def is_api(self) -> bool:
        """Whether it belongs to the REST API."""
        return self.path.startswith("/api/")

    @property
    def is_page(self) -> bool:
        """Whether a person's browser asks for it."""
        return not self.is_api and self.path not in WATCHED


def declared_by(dependant: Dependant) -> Iterator[object]:
    """Every dependency of a route, however deep."""
    for inner in dependant.dependencies:
        yield inner.call
        yield from declared_by(inner)


def _needs(dependant: Dependant | None) -> Needs | None:
    return next((one for one in declared_by(dependant) if isinstance(one, Needs)), None) if dependant else None


def application() -> FastAPI:
    """The application without a store, for looking at its routes and its OpenAPI."""
    return create_app(cast("Site", None))


def route_rows(app: FastAPI) -> tuple[RouteRow, ...]:
    """Every route that answers by a function."""
    return tuple(
        RouteRow(
            method,
            route.path or "",
            route.endpoint,
            _needs(getattr(route, "dependant", None)),
            getattr(route, "operation_id", None),
        )
        for route in iter_route_contexts(app.routes)
        if route.endpoint is not None
        for method in sorted(route.methods or ())
    )
