"""Settings: the people of the tenant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.errors import Exit, UseCaseError
from trueup.app.people import links, membership
from trueup.app.people.sign_in_policy import policy_of
from trueup.core.reason import Reason
from trueup.core.roles import Role
from trueup.store.errors import StoreError
from trueup.web.asking import Here, RecentAdministratorHere, site_of
from trueup.web.doing import does, shows
from trueup.web.pages.settings.tabs import Refusal, settings_page

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/settings/people")

Text = Annotated[str, Form(max_length=300)]


@dataclass(frozen=True, slots=True)
class Link:
    """A link that was just made, for whom; shown this once."""

    name: str
    address: str
    minutes: int


async def _shown(
    request: Request,
    here: Here,
    error: Refusal | None = None,
    link: Link | None = None,
    at: str = "",
    **typed: str,
) -> HTMLResponse:
    people = await membership.people_of(site_of(request).installation, here.tenant)
    zone = ZoneInfo((await here.ws.step(here.ws.store.settings.get)).time_zone)
    form = {"name": "", "email": "", "role": Role.VIEWER.value, "language": ""} | typed
    return settings_page(
        request, here, "people", error, people=people, zone=zone, roles=tuple(Role), link=link, typed=form, at=at
    )


async def _link(request: Request, name: str, secret: str) -> Link:
    """The whole address, as this browser reaches us."""
    origin = request.headers.get("origin") or f"{request.url.scheme}://{request.url.netloc}"
    house = site_of(request).installation
    minutes = (await house.step(policy_of, house)).link_minutes
    return Link(name, f"{origin}/welcome/{secret}", minutes)


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise UseCaseError(Reason.of("people.role"), Exit.USAGE) from None


@router.get("")
@shows("listPeople")
async def people_page(request: Request, here: RecentAdministratorHere) -> HTMLResponse:
    """Who may do what."""
    return await _shown(request, here)


@router.post("")
@does("addPerson")
async def add(
    request: Request,
    here: RecentAdministratorHere,
    name: Text = "",
    role: Text = "",
    email: Text = "",
    language: Text = "",
) -> HTMLResponse:
    """Add somebody; the page shows the link to hand them."""
    house = site_of(request).installation
    try:
        new = membership.NewPerson(name, email, language)
        person = await membership.add_person(house, here.tenant, new, _role(role), here.asker.by)
    except (UseCaseError, StoreError) as error:
        return await _shown(request, here, error, at="add", name=name, role=role, email=email, language=language)
    secret = await links.one_time_link(house, person)
    return await _shown(request, here, link=await _link(request, person.name, secret))


@router.post("/{person}/role")
@does("changePerson")
async def role(request: Request, here: RecentAdministratorHere, person: str, role: Text = "") -> Response:
    """Give somebody another role."""
    try:
        house = site_of(request).installation
        await membership.set_role(house, here.tenant, person, _role(role), here.asker.by)
    except UseCaseError as error:
        return await _shown(request, here, error, at=person)
    return RedirectResponse(f"/t/{here.tenant}/settings/people", 303)


@router.post("/{person}/email")
@does("changePerson")
async def email(request: Request, here: RecentAdministratorHere, person: str, email: Text = "") -> Response:
    """Change somebody's e-mail address."""
    try:
        house = site_of(request).installation
        await membership.set_email(house, here.tenant, person, email, here.asker.by)
    except (UseCaseError, StoreError) as error:
        return await _shown(request, here, error, at=person)
    return RedirectResponse(f"/t/{here.tenant}/settings/people", 303)


@router.post("/{person}/remove")
@does("removePerson")
async def remove(request: Request, here: RecentAdministratorHere, person: str) -> Response:
    """Let somebody go."""
    try:
        await membership.remove_member(site_of(request).installation, here.tenant, person, here.asker.by)
    except UseCaseError as error:
        return await _shown(request, here, error, at=person)
    return RedirectResponse(f"/t/{here.tenant}/settings/people", 303)


@router.post("/{person}/reset")
@does("resetPerson")
async def reset(request: Request, here: RecentAdministratorHere, person: str) -> HTMLResponse:
    """Take somebody's ways in away; the page shows the link to hand them."""
    house = site_of(request).installation
    try:
        name = (await membership.member_named(house, here.tenant, person)).person.name
        secret = await links.reset_person(house, here.tenant, person, here.asker.by)
    except UseCaseError as error:
        return await _shown(request, here, error, at=person)
    return await _shown(request, here, link=await _link(request, name, secret))
