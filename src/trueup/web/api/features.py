"""Every feature of the API, in the order of its reference."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from trueup.web.api import (
    beside,
    catch_up,
    connections,
    drift,
    entries,
    mapping,
    me,
    metrics,
    networks,
    people,
    plans,
    rules,
    runs,
    settings,
    tokens,
    unbilled,
    usage_files,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    connections.router,
    mapping.router,
    metrics.router,
    rules.router,
    plans.router,
    runs.router,
    entries.router,
    drift.router,
    catch_up.router,
    beside.router,
    unbilled.router,
    usage_files.router,
    settings.router,
    people.router,
    tokens.router,
    me.router,
    networks.router,
)
