"""Addresses of the room of modules: tiles, one module, connecting one, its night, and syncing now."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.access.networks import list_networks
from trueup.app.connections.kinds import kind_named, kinds
from trueup.app.connections.setup import NotConnectedError, connect_module, connect_psa, disconnect
from trueup.app.connections.tiles import Tile, tiles
from trueup.app.errors import UseCaseError
from trueup.app.schedule.states import IN_TROUBLE, sync_now
from trueup.app.schedule.timetable import set_time
from trueup.core.access.networks import Purpose
from trueup.core.finding import Finding
from trueup.core.reason import Reason
from trueup.core.roles import Role
from trueup.store.errors import StoreError
from trueup.web.asking import AdministratorHere, BillingHere, Here, ViewerHere
from trueup.web.doing import does, shows
from trueup.web.faults import status_of
from trueup.web.kept import SECRET
from trueup.web.pages.addresses import with_query
from trueup.web.pages.overview.next_step import coming
from trueup.web.pages.page import page

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/modules")

Text = Annotated[str, Query(max_length=200)]


def _room(here: Here) -> str:
    return f"/t/{here.tenant}/modules"


async def _zone(here: Here) -> ZoneInfo:
    return ZoneInfo((await here.ws.step(here.ws.store.settings.get)).time_zone)


async def _tile(here: Here, connection: str) -> Tile:
    found = next((one for one in await tiles(here.ws) if one.state.connection == connection), None)
    if found is None:
        raise StoreError("store.unknown_connection", connection=connection)
    return found


@router.get("")
@shows("listModules", "listConnections", "getSchedule", "listDeliveries")
async def room(request: Request, here: ViewerHere, done: Text = "") -> HTMLResponse:
    """Every module; those in trouble first."""
    found = sorted(await tiles(here.ws), key=lambda one: one.state.stands not in IN_TROUBLE)
    psa = await here.ws.step(here.ws.store.connections.list, "psa")
    parts: dict[str, Any] = {
        "next": await coming(here) if done else None,
        "found": found,
        "trouble": sum(1 for one in found if one.state.stands in IN_TROUBLE),
        "zone": await _zone(here),
        "psa": psa,
        "done": done,
        "may": here.role.includes(Role.BILLING),
    }
    return page(request, here, "modules/page.html", room="modules", **parts)


@router.get("/tile/{connection}")
@shows("listModules", "listDeliveries")
async def tile(request: Request, here: ViewerHere, connection: str) -> HTMLResponse:
    """One tile again, while a collection runs."""
    found = await _tile(here, connection)
    parts: dict[str, Any] = {"one": found, "zone": await _zone(here), "may": here.role.includes(Role.BILLING)}
    return page(request, here, "modules/tile.html", room="modules", **parts)


@router.get("/of/{connection}")
@shows("listModules", "listDeliveries", "getSchedule")
async def one_module(request: Request, here: ViewerHere, connection: str) -> HTMLResponse:
    """One module: its collections, its night, and the network rules."""
    found = await _tile(here, connection)
    governs = here.role.includes(Role.ADMINISTRATOR)
    networks = await list_networks(here.ws) if governs else ()
    parts: dict[str, Any] = {
        "one": found,
        "zone": await _zone(here),
        "may": here.role.includes(Role.BILLING),
        "governs": governs,
        "networks": [one for one in networks if one.purpose is Purpose.MODULES],
    }
    return page(request, here, "modules/module.html", room="modules", **parts)


@router.post("/of/{connection}/sync")
@does("syncConnection")
async def sync(request: Request, here: BillingHere, connection: str) -> Response:
    """Ask for its usage now; the tile shows how far it has come."""
    await sync_now(here.ws, connection)
    if request.headers.get("hx-request") == "true":
        return await tile(request, here, connection)
    return RedirectResponse(with_query(_room(here), done=connection), 303)


@router.post("/of/{connection}/enable")
@does("enableConnection")
async def enable(here: AdministratorHere, connection: str) -> Response:
    """Collect it each night again."""
    await set_time(here.ws, connection, on=True)
    return RedirectResponse(f"{_room(here)}/of/{connection}", 303)


@router.post("/of/{connection}/disable")
@does("disableConnection")
async def disable(here: AdministratorHere, connection: str) -> Response:
    """Leave it alone at night."""
    await set_time(here.ws, connection, on=False)
    return RedirectResponse(f"{_room(here)}/of/{connection}", 303)


@router.post("/of/{connection}/disconnect")
@does("disconnect")
async def take_away(here: AdministratorHere, connection: str) -> Response:
    """Take it out of use and destroy its secrets."""
    await disconnect(here.ws, connection)
    return RedirectResponse(_room(here), 303)


@router.get("/connect")
@shows("listKinds")
async def connecting(request: Request, here: AdministratorHere, kind: Text = "") -> HTMLResponse:
    """Which product, and then what it asks for."""
    return await _form(request, here, kind)


async def _form(
    request: Request,
    here: Here,
    kind: str,
    *,
    status: int = 200,
    typed: dict[str, str] | None = None,
    wrong: Reason | None = None,
    findings: tuple[Finding, ...] = (),
) -> HTMLResponse:
    chosen = await here.ws.step(kind_named, kind)
    offered = await here.ws.step(kinds)
    parts = {"offered": offered, "chosen": chosen, "typed": typed or {}, "wrong": wrong, "findings": findings}
    return page(request, here, "modules/connect.html", room="modules", status=status, **parts)


@router.post("/connect")
@does("connect", "syncConnection")
async def connect(request: Request, here: AdministratorHere) -> Response:
    """Try it live, store it, and ask for its usage at once. What was typed is kept, but for the secrets."""
    given = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    kind = given.get("kind", "")
    chosen = await here.ws.step(kind_named, kind)
    if chosen is None:
        return await _form(request, here, kind, status=422)
    secret = {one.name: given.get(f"{SECRET}{one.name}", "") for one in chosen.asked if one.secret}
    settings = {
        one.name: value.strip()
        for one in chosen.asked
        if not one.secret and (value := given.get(f"field.{one.name}", "")).strip()
    }
    name = given.get("name", "").strip() or kind.replace("_", "-")
    use = connect_psa if chosen.role == "psa" else connect_module
    try:
        await use(here.ws, kind, name, settings, secret)
    except UseCaseError as error:
        findings = error.findings if isinstance(error, NotConnectedError) else ()
        status = status_of(error.reason, error.exit_code)
        typed = {"name": name, **settings}
        return await _form(request, here, kind, status=status, typed=typed, wrong=error.reason, findings=findings)
    if chosen.role == "module" and not chosen.delivered:
        await sync_now(here.ws, name)
    return RedirectResponse(with_query(_room(here), done=name), 303)
