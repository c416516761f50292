"""Every feature of the API, in the order of its reference."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from trueup.web.api import me, people, plans, runs, tokens

ROUTERS: Final[tuple[APIRouter, ...]] = (plans.router, runs.router, people.router, tokens.router, me.router)
