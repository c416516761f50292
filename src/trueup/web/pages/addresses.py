"""Addresses of pages: whatever a person filtered, sorted or searched stands in them."""

from __future__ import annotations

from urllib.parse import urlencode


def with_query(path: str, **params: str | int | None) -> str:
    """The path with those parameters that say something."""
    said = {name: value for name, value in params.items() if value not in (None, "", 0)}
    return f"{path}?{urlencode(said)}" if said else path
