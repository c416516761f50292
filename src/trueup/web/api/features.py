"""Every feature of the API, in the order of its reference."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from trueup.web.api import (
    activity,
    beside,
    catch_up,
    checks,
    connections,
    drift,
    entries,
    history,
    mapping,
    margins,
    me,
    metrics,
    modules,
    networks,
    notices,
    overview,
    people,
    plans,
    push_keys,
    rules,
    runs,
    search,
    services,
    settings,
    tokens,
    unbilled,
    usage_files,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    overview.router,
    connections.router,
    modules.router,
    mapping.router,
    metrics.router,
    services.router,
    rules.router,
    plans.router,
    runs.router,
    entries.router,
    drift.router,
    history.router,
    catch_up.router,
    beside.router,
    unbilled.router,
    checks.router,
    margins.router,
    usage_files.router,
    settings.router,
    activity.router,
    search.router,
    people.router,
    tokens.router,
    me.router,
    networks.router,
    notices.router,
    push_keys.router,
)
