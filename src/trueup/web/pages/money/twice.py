"""Items that more than one line bills: the rows with what persons said of them, and the items of a row by name."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.errors import UseCaseError
from trueup.app.items import twice
from trueup.app.paging import page_of
from trueup.app.unbilled import muting
from trueup.web.asking import BillingHere, Here, ViewerHere
from trueup.web.doing import does, shows
from trueup.web.faults import status_of
from trueup.web.pages.addresses import with_query
from trueup.web.pages.money.shown import money_page
from trueup.web.pages.money.unbilled import day_typed

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/money/twice")

Text = Annotated[str, Form(max_length=2000)]


async def _shown(
    request: Request, here: Here, refused: UseCaseError | None = None, key: str = "", reason: str = "", until: str = ""
) -> HTMLResponse:
    return money_page(
        request,
        here,
        "twice",
        "money/twice.html",
        status=status_of(refused.reason, refused.exit_code) if refused else 200,
        report=await twice.twice(here.ws),
        wrong=refused.reason if refused else None,
        typed={"key": key, "reason": reason, "until": until},
    )


@router.get("")
@shows("listBilledTwice")
async def twice_page(request: Request, here: ViewerHere) -> HTMLResponse:
    """What is billed by more than one line, the most items first, and what is muted."""
    return await _shown(request, here)


@router.get("/items")
@shows("listItemsBilledTwice")
async def items_page(
    request: Request,
    here: ViewerHere,
    key: Annotated[str, Query(max_length=200)] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=1_000_000)] = 1,
) -> HTMLResponse:
    """The items of a row by name, page by page."""
    report = await twice.twice(here.ws)
    row = next((one for one in (*report.rows, *report.muted) if one.found.key == key), None)
    found = page_of(await twice.items_twice(here.ws, key), number)
    base = f"/t/{here.tenant}/money/twice/items"
    return money_page(
        request,
        here,
        "twice",
        "money/twice_items.html",
        row=row,
        report=report,
        found=found,
        at=lambda page: with_query(base, key=key, page=page),
    )


@router.post("/mute")
@does("muteBilledTwice")
async def mute(request: Request, here: BillingHere, key: Text = "", reason: Text = "", until: Text = "") -> Response:
    """Let a row be silent."""
    try:
        await twice.mute_twice(here.ws, key, reason, day_typed(until))
    except UseCaseError as error:
        return await _shown(request, here, error, key, reason, until)
    return RedirectResponse(f"/t/{here.tenant}/money/twice", 303)


@router.post("/unmute")
@does("unmuteBilledTwice")
async def unmute(request: Request, here: BillingHere, key: Text = "") -> Response:
    """Let a row speak again."""
    try:
        await muting.unmute(here.ws, key)
    except UseCaseError as error:
        return await _shown(request, here, error)
    return RedirectResponse(f"/t/{here.tenant}/money/twice", 303)
