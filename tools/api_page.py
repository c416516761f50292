"""The reference of the REST API, made from its description."""

from __future__ import annotations

from typing import Any, cast

from trueup.web.application import create_app
from trueup.web.site import Site

_HEAD = """# REST API

<!-- Made by `python -m tools.docs api`; change the routes in src/trueup/web/api instead. -->

The whole description (OpenAPI 3.1) is served at `/api/v1/openapi.json`: shapes, parameters, and every status.
This page lists what there is.
"""


def _row(path: str, method: str, operation: dict[str, Any]) -> str:
    told = operation.get("description", "").split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
    return f"| `{operation['operationId']}` | `{method.upper()} {path}` | {told} |"


def api_page() -> str:
    """The page."""
    described = create_app(cast("Site", None)).openapi()
    chapters: dict[str, list[str]] = {}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            chapters.setdefault(operation["tags"][0], []).append(_row(path, method, operation))
    parts = [_HEAD, described["info"]["description"].strip()]
    for chapter, rows in chapters.items():
        table = "\n".join(["| Operation | Call | What it does |", "| --- | --- | --- |", *rows])
        parts.append(f"## {chapter}\n\n{table}")
    return "\n\n".join(part.strip() for part in parts) + "\n"
