"""The overview's addresses."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.web.asking import ViewerHere
from trueup.web.pages.page import page

router = APIRouter(include_in_schema=False)


@router.get("/")
async def front(here: ViewerHere) -> Response:
    """To the overview of the asker's first tenant."""
    return RedirectResponse(f"/t/{here.tenant}/overview", 303)


@router.get("/t/{tenant}/overview")
async def overview(request: Request, here: ViewerHere) -> HTMLResponse:
    """The first screen."""
    return page(request, here, "overview/page.html", room="overview")
