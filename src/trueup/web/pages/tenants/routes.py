"""Addresses of the tenants of the installation: how each stands, and letting them come, rest and go. For operators,
who see into none of them."""

from __future__ import annotations

import zoneinfo
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from babel.numbers import list_currencies
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.connections.setup import TenantChoices
from trueup.app.errors import UseCaseError
from trueup.app.platform import tenants
from trueup.app.platform.standing import Show, chosen, standing_of, standings, totals_of
from trueup.messages.language import LANGUAGES
from trueup.store.errors import StoreError
from trueup.web.api.tenants import exported, tenants_after, trail_before
from trueup.web.asking import Here, OperatorHere, RecentOperatorHere, site_of
from trueup.web.doing import does, shows
from trueup.web.pages.addresses import with_query
from trueup.web.pages.page import page
from trueup.web.pages.settings.tabs import Refusal, status_for

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/tenants")

Asked = Annotated[str, Query(max_length=200)]
Which = Annotated[Literal["", "trouble", "waiting", "suspended"], Query(alias="show")]
Text = Annotated[str, Form(max_length=300)]
PAGE: Final = 50
FIELDS: Final = {
    "platform.name": "id",
    "store.tenant_exists": "id",
    "setup.unknown_time_zone": "time_zone",
    "setup.unknown_currency": "currency",
    "setup.unknown_language": "language",
}
"""The field beside which a refusal stands."""


def _room(here: Here) -> str:
    return f"/t/{here.tenant}/tenants"


async def _zone(here: Here) -> ZoneInfo:
    return ZoneInfo((await here.ws.step(here.ws.store.settings.get)).time_zone)


@router.get("")
@shows("listTenants")
async def room(
    request: Request, here: OperatorHere, q: Asked = "", which: Which = "", after: Asked = "", gone: Asked = ""
) -> HTMLResponse:
    """All tenants, worst first; `after` is where the page before ended, `gone` one that was just deleted."""
    show = Show(which) if which else None
    every = await standings(site_of(request).installation)
    found = chosen(every, q, show)
    rows, behind = tenants_after(found, q, show, after or None, PAGE)
    filters = {"q": q, "show": show or ""}
    return page(
        request,
        here,
        "tenants/list.html",
        room="tenants",
        totals=totals_of(every),
        fits=len(found),
        rows=rows,
        zone=await _zone(here),
        q=q,
        show=show,
        shows=tuple(Show),
        gone=gone,
        first=with_query(_room(here), **filters) if after else None,
        next=with_query(_room(here), **filters, after=behind) if behind else None,
    )


@router.get("/trail")
@shows("listInstallationTrail")
async def trail(request: Request, here: OperatorHere, after: Asked = "") -> HTMLResponse:
    """What was done to the installation itself, newest first."""
    found, behind = await trail_before(site_of(request).installation, after or None, PAGE)
    return page(
        request,
        here,
        "tenants/trail.html",
        room="tenants",
        found=found,
        zone=await _zone(here),
        first=f"{_room(here)}/trail" if after else None,
        next=with_query(f"{_room(here)}/trail", after=behind) if behind else None,
    )


@router.get("/new")
@shows("listTenants")
async def new(request: Request, here: OperatorHere) -> HTMLResponse:
    """The form that makes one."""
    return _new(request, here)


def _new(request: Request, here: Here, error: Refusal | None = None, **typed: str) -> HTMLResponse:
    wrong = error.reason if error is not None else None
    return page(
        request,
        here,
        "tenants/new.html",
        room="tenants",
        status=status_for(error) if error is not None else 200,
        wrong=wrong,
        at="" if wrong is None else FIELDS.get(wrong.code, ""),
        typed={"id": "", "name": "", "time_zone": "", "currency": "", "language": here.said.language} | typed,
        zones=sorted(zoneinfo.available_timezones()),
        currencies=sorted(list_currencies()),
        languages=LANGUAGES,
    )


@router.post("/new")
@does("createTenant")
async def create(
    request: Request,
    here: RecentOperatorHere,
    new: Annotated[str, Form(alias="id", max_length=300)] = "",
    name: Text = "",
    time_zone: Text = "",
    currency: Text = "",
    language: Text = "",
) -> Response:
    """Make a tenant, in read-only mode."""
    choices = TenantChoices(name or None, time_zone or None, currency or None, language or None)
    try:
        await tenants.create_tenant(site_of(request).installation, new, choices, here.asker.name)
    except (UseCaseError, StoreError) as error:
        typed = {"id": new, "name": name, "time_zone": time_zone, "currency": currency, "language": language}
        return _new(request, here, error, **typed)
    return _done(here, new, "created")


@router.get("/of/{name}")
@shows("getTenant")
async def one(request: Request, here: OperatorHere, name: str, done: Asked = "") -> HTMLResponse:
    """One tenant, and what can be done with it."""
    return await _one(request, here, name, done=done)


async def _one(
    request: Request, here: Here, name: str, error: Refusal | None = None, done: str = "", typed: str = ""
) -> HTMLResponse:
    return page(
        request,
        here,
        "tenants/one.html",
        room="tenants",
        status=status_for(error) if error is not None else 200,
        one=await standing_of(site_of(request).installation, name),
        zone=await _zone(here),
        done=done if done in ("created", "suspended", "resumed") else "",
        wrong=error.reason if error is not None else None,
        typed=typed,
    )


def _done(here: Here, name: str, what: str) -> Response:
    return RedirectResponse(with_query(f"{_room(here)}/of/{name}", done=what), 303)


@router.post("/of/{name}/suspend")
@does("suspendTenant")
async def suspend(request: Request, here: RecentOperatorHere, name: str, reason: Text = "") -> Response:
    """Let it rest."""
    await tenants.suspend(site_of(request).installation, name, here.asker.name, reason.strip() or None)
    return _done(here, name, "suspended")


@router.post("/of/{name}/resume")
@does("resumeTenant")
async def resume(request: Request, here: RecentOperatorHere, name: str) -> Response:
    """Take it up again."""
    await tenants.resume(site_of(request).installation, name, here.asker.name)
    return _done(here, name, "resumed")


@router.post("/of/{name}/export")
@does("exportTenant")
async def export(request: Request, here: RecentOperatorHere, name: str) -> Response:
    """Everything of it as a file."""
    return await exported(site_of(request).installation, name, here.asker.name)


@router.post("/of/{name}/delete")
@does("deleteTenant")
async def delete(
    request: Request, here: RecentOperatorHere, name: str, confirm: Text = "", force: bool = Form(default=False)
) -> Response:
    """Delete it for good, once its name was typed."""
    try:
        house, actor = site_of(request).installation, here.asker.name
        await tenants.delete_tenant(house, name, confirm.strip(), actor, force=force)
    except UseCaseError as error:
        return await _one(request, here, name, error, typed=confirm)
    return RedirectResponse(with_query(_room(here), gone=name), 303)
