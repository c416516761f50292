"""`/health/live`, `/health/ready` and `/metrics`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse

from trueup.app.monitoring.figures import Gauge, gauges
from trueup.app.monitoring.health import health_of
from trueup.web.asking import ViewerHere, site_of

EXPOSITION: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Content type of the Prometheus text format (Prometheus documentation, exposition formats)."""

router = APIRouter(include_in_schema=False)


@router.get("/health/live")
async def live() -> JSONResponse:
    """The process answers; nothing is said about its store."""
    return JSONResponse({"status": "ok"})


@router.get("/health/ready")
async def ready(request: Request) -> JSONResponse:
    """Whether calls may come: 503 while the store is away, has another revision, or its key is not here."""
    site = site_of(request)
    health = await site.installation.step(health_of, site.database)
    status = HTTPStatus.OK if health.is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    parts = {name: "ok" if fine else "failed" for name, fine in asdict(health).items()}
    return JSONResponse({"status": "ok" if health.is_ready else "failed", **parts}, status)


@router.get("/metrics")
async def metrics(here: ViewerHere) -> PlainTextResponse:
    """The tenant's figures for Prometheus, with the API token of a person who may look."""
    return PlainTextResponse(exposed(await gauges(here.ws), here.ws.store.tenant), media_type=EXPOSITION)


def exposed(found: Iterable[Gauge], tenant: str) -> str:
    """Gauges in the text format: those of one name together, under its type."""
    families: dict[str, list[str]] = {}
    for one in found:
        name = f"trueup_{one.name}"
        families.setdefault(name, [f"# TYPE {name} gauge"]).append(
            f"{name}{{{_labels({'tenant': tenant, **one.labels})}}} {one.value}"
        )
    return "".join(f"{line}\n" for lines in families.values() for line in lines)


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
