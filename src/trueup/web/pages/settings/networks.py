"""Settings: which networks people may come from, and modules."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.access.networks import allow_network, list_networks, remove_network
from trueup.app.errors import Exit, UseCaseError
from trueup.core.access.networks import Purpose
from trueup.core.reason import Reason
from trueup.web.asking import Here, RecentAdministratorHere, site_of
from trueup.web.doing import does
from trueup.web.origin import source_of
from trueup.web.pages.settings.tabs import settings_page

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/settings/networks")

Text = Annotated[str, Form(max_length=300)]


async def _shown(request: Request, here: Here, error: UseCaseError | None = None, **typed: str) -> HTMLResponse:
    found = await list_networks(here.ws)
    lists = [(purpose, [one for one in found if one.purpose is purpose]) for purpose in Purpose]
    zone = ZoneInfo((await here.ws.step(here.ws.store.settings.get)).time_zone)
    form = {"purpose": "", "network": "", "note": ""} | typed
    own = source_of(request, site_of(request))
    return settings_page(request, here, "networks", error, lists=lists, zone=zone, own=str(own or ""), typed=form)


def _purpose(text: str) -> Purpose:
    try:
        return Purpose(text)
    except ValueError:
        raise UseCaseError(Reason.of("web.shape", place="purpose"), Exit.USAGE) from None


@router.get("")
async def networks_page(request: Request, here: RecentAdministratorHere) -> HTMLResponse:
    """Both lists."""
    return await _shown(request, here)


@router.post("")
@does("allowNetwork")
async def allow(
    request: Request, here: RecentAdministratorHere, purpose: Text = "", network: Text = "", note: Text = ""
) -> Response:
    """Add a network."""
    own = source_of(request, site_of(request))
    try:
        await allow_network(here.ws, _purpose(purpose), network, note, own=own)
    except UseCaseError as error:
        return await _shown(request, here, error, purpose=purpose, network=network, note=note)
    return RedirectResponse(f"/t/{here.tenant}/settings/networks", 303)


@router.post("/remove")
@does("removeNetwork")
async def remove(request: Request, here: RecentAdministratorHere, purpose: Text = "", network: Text = "") -> Response:
    """Take a network off its list."""
    own = source_of(request, site_of(request))
    try:
        await remove_network(here.ws, _purpose(purpose), network, own=own)
    except UseCaseError as error:
        return await _shown(request, here, error)
    return RedirectResponse(f"/t/{here.tenant}/settings/networks", 303)
