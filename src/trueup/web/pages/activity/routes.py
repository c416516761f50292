"""Addresses of the activity: the list with its filters, and the same as a CSV file."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from trueup.app.activity.story import activity
from trueup.web.api.activity import csv_answer, cursor_behind, place_of, question_of
from trueup.web.api.paging import listing_name
from trueup.web.asking import ViewerHere
from trueup.web.doing import shows
from trueup.web.pages.addresses import with_query
from trueup.web.pages.page import page

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/activity")

KINDS: Final = ("deed", "run", "line")
Text = Annotated[str, Query(max_length=200)]
Which = Literal["", "deed", "run", "line"]


@router.get("")
@shows("listActivity")
async def shown(
    request: Request, here: ViewerHere, q: Text = "", failed: bool = False, kind: Which = "", after: Text = ""
) -> HTMLResponse:
    """Entries, newest first; `after` is where the page before ended."""
    of = listing_name("activity", {"q": q, "failed": failed, "kind": kind})
    found, behind = await activity(here.ws, question_of(q, failed, kind or None), place_of(after or None, of))
    base = f"/t/{here.tenant}/activity"
    filters = {"q": q, "failed": "true" if failed else "", "kind": kind}
    older = cursor_behind(behind, of)
    settings = await here.ws.step(here.ws.store.settings.get)
    return page(
        request,
        here,
        "activity/page.html",
        room="activity",
        found=found,
        zone=ZoneInfo(settings.time_zone),
        q=q,
        failed=failed,
        kind=kind,
        kinds=KINDS,
        first=not after,
        newest=with_query(base, **filters),
        older=with_query(base, **filters, after=older) if older else None,
        export=with_query(f"{base}/export.csv", **filters),
    )


@router.get("/export.csv")
@shows("exportActivity")
async def export(here: ViewerHere, q: Text = "", failed: bool = False, kind: Which = "") -> Response:
    """The same as a file."""
    return csv_answer(here, question_of(q, failed, kind or None))
