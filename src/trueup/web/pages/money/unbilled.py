"""Usage that nobody bills, the largest amounts first; muted with a reason, or spoken of again."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.errors import Exit, UseCaseError
from trueup.app.unbilled import finding, muting
from trueup.core.reason import Reason
from trueup.web.asking import BillingHere, Here, ViewerHere
from trueup.web.doing import does, shows
from trueup.web.faults import status_of
from trueup.web.pages.money.shown import money_page

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/money")

Text = Annotated[str, Form(max_length=2000)]


FIRST: Final = 50
"""Rows that the page begins with; they are the largest amounts."""


async def _shown(
    request: Request,
    here: Here,
    *,
    whole: bool = False,
    refused: UseCaseError | None = None,
    key: str = "",
    reason: str = "",
    until: str = "",
) -> HTMLResponse:
    report = await finding.unbilled(here.ws)
    currency = (await here.ws.step(here.ws.store.settings.get)).currency
    return money_page(
        request,
        here,
        "unbilled",
        "money/unbilled.html",
        status=status_of(refused.reason, refused.exit_code) if refused else 200,
        report=report,
        rows=report.rows if whole else report.rows[:FIRST],
        currency=currency,
        why=finding.why,
        wrong=refused.reason if refused else None,
        typed={"key": key, "reason": reason, "until": until},
    )


def day_typed(text: str) -> date | None:
    """The day that a person typed; None for none. Raises UseCaseError `unbilled.no_day`."""
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError:
        raise UseCaseError(Reason.of("unbilled.no_day", day=text[:40]), Exit.USAGE) from None


@router.get("")
@shows("findUnbilled")
async def unbilled_page(
    request: Request, here: ViewerHere, whole: Annotated[bool, Query(alias="all")] = False
) -> HTMLResponse:
    """What is billed nowhere, the largest amounts first and all of it where asked; what is billed for nothing, and what
    ends."""
    return await _shown(request, here, whole=whole)


@router.post("/mute")
@does("muteUnbilled")
async def mute(request: Request, here: BillingHere, key: Text = "", reason: Text = "", until: Text = "") -> Response:
    """Let a row be silent."""
    try:
        await muting.mute(here.ws, key, reason, day_typed(until))
    except UseCaseError as error:
        return await _shown(request, here, whole=True, refused=error, key=key, reason=reason, until=until)
    return RedirectResponse(f"/t/{here.tenant}/money", 303)


@router.post("/unmute")
@does("unmuteUnbilled")
async def unmute(request: Request, here: BillingHere, key: Text = "") -> Response:
    """Let a row speak again."""
    try:
        await muting.unmute(here.ws, key)
    except UseCaseError as error:
        return await _shown(request, here, refused=error)
    return RedirectResponse(f"/t/{here.tenant}/money", 303)
