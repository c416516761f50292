"""Settings: which networks people may come from, and modules; and the keys with which modules push."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.access.networks import allow_network, list_networks, remove_network
from trueup.app.errors import Exit, UseCaseError
from trueup.app.usage import push_keys
from trueup.app.usage.push_keys import MadeKey
from trueup.core.access.networks import Purpose
from trueup.core.reason import Reason
from trueup.store.errors import StoreError
from trueup.web.asking import Here, RecentAdministratorHere, site_of
from trueup.web.doing import does, shows
from trueup.web.origin import source_of
from trueup.web.pages.settings.tabs import Refusal, settings_page

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/settings/networks")

Text = Annotated[str, Form(max_length=300)]


async def _shown(
    request: Request, here: Here, error: Refusal | None = None, made: MadeKey | None = None, **typed: str
) -> HTMLResponse:
    found = await list_networks(here.ws)
    lists = [(purpose, [one for one in found if one.purpose is purpose]) for purpose in Purpose]
    zone = ZoneInfo((await here.ws.step(here.ws.store.settings.get)).time_zone)
    form = {"purpose": "", "network": "", "note": "", "connection": ""} | typed
    keys = await push_keys.list_keys(here.ws)
    known = await here.ws.step(here.ws.store.connections.list, "module")
    own = source_of(request, site_of(request))
    return settings_page(
        request,
        here,
        "networks",
        error,
        lists=lists,
        zone=zone,
        own=str(own or ""),
        typed=form,
        keys=keys,
        made=made,
        connections=[one.name for one in known if push_keys.takes_pushes(one)],
    )


def _purpose(text: str) -> Purpose:
    try:
        return Purpose(text)
    except ValueError:
        raise UseCaseError(Reason.of("web.shape", place="purpose"), Exit.USAGE) from None


@router.get("")
@shows("listNetworks", "listPushKeys", "listConnections")
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


@router.post("/keys")
@does("makePushKey")
async def make_key(
    request: Request, here: RecentAdministratorHere, connection: Text = "", note: Text = ""
) -> HTMLResponse:
    """Make a key; the page shows it this once."""
    try:
        made = await push_keys.create_key(here.ws, connection, note)
    except (UseCaseError, StoreError) as error:
        return await _shown(request, here, error, purpose="keys", connection=connection)
    return await _shown(request, here, made=made)


@router.post("/keys/{number}/revoke")
@does("revokePushKey")
async def revoke_key(
    request: Request, here: RecentAdministratorHere, number: Annotated[int, Path(ge=1, le=2**31 - 1)]
) -> Response:
    """Let a key open nothing any more."""
    try:
        await push_keys.revoke_key(here.ws, number)
    except UseCaseError as error:
        return await _shown(request, here, error, purpose="keys")
    return RedirectResponse(f"/t/{here.tenant}/settings/networks", 303)
