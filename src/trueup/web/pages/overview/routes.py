"""The overview's addresses."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.overview.looking import overview as look
from trueup.web.asking import ViewerHere
from trueup.web.doing import only_in_browsers, shows
from trueup.web.pages.metrics.chart import chart_of
from trueup.web.pages.overview.next_step import PLACES
from trueup.web.pages.page import page
from trueup.web.pages.plan.view import counts_of, parts_of, sums_told

router = APIRouter(include_in_schema=False)


@router.get("/")
@only_in_browsers("it leads to the first page of a browser")
async def front(here: ViewerHere) -> Response:
    """To the overview of the asker's first tenant."""
    return RedirectResponse(f"/t/{here.tenant}/overview", 303)


@router.get("/t/{tenant}/overview")
@shows("getOverview", "getSettings")
async def overview(request: Request, here: ViewerHere) -> HTMLResponse:
    """The first screen: is it right, what waits, what is it worth; and what is left to set up."""
    shown = await look(here.ws)
    settings = await here.ws.step(here.ws.store.settings.get)
    zone = ZoneInfo(settings.time_zone)
    parts = parts_of(shown.totals)
    return page(
        request,
        here,
        "overview/page.html",
        room="overview",
        shown=shown,
        base=f"/t/{here.tenant}",
        places=PLACES,
        left=[one for one in shown.steps if not one.done],
        modules=sorted(shown.modules, key=lambda one: one.state == "delivered"),
        parts=parts,
        counts=counts_of(parts),
        made=shown.head.plan.created_at.astimezone(zone) if shown.head else None,
        recurring=[(one, chart_of(one.days)) for one in shown.recurring],
        units=[(one, chart_of(one.days)) for one in shown.units],
        currency=settings.currency,
        sums=sums_told,
        zone=zone,
    )
