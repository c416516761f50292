"""The search's address."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from trueup.app.search import search
from trueup.web.asking import ViewerHere
from trueup.web.doing import shows
from trueup.web.pages.page import page

router = APIRouter(include_in_schema=False)


@router.get("/t/{tenant}/search")
@shows("search")
async def found(request: Request, here: ViewerHere, q: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
    """Customers, services, lines, organizations and items whose names hold the words, by kind."""
    return page(request, here, "search/found.html", room="search", found=await search(here.ws, q), q=q)
