"""Addresses of the room of services: the list, one service, what feeds what, and the suggestions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from trueup.app.rulebook.feeding import feeding
from trueup.app.rulebook.rail_settings import RailPlace, rails_listing
from trueup.app.rulebook.rules import suggest
from trueup.app.rulebook.services_view import ServiceQuestion, service, services
from trueup.core.roles import Role
from trueup.messages.rule_sentence import sentence_of
from trueup.web.asking import Here, ViewerHere
from trueup.web.doing import shows
from trueup.web.pages.addresses import with_query
from trueup.web.pages.page import page
from trueup.web.pages.rail_fields import as_shown, kind_of
from trueup.web.pages.services.picture import picture

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/services")

Text = Annotated[str, Query(max_length=200)]
SAVED = ("rule", "same", "removed", "rails")
"""What a form may have done before it led here."""

Number = Annotated[int, Query(ge=1, le=1_000_000)]


def may_decide(here: Here) -> bool:
    """Whether the person may change rules."""
    return here.role.includes(Role.BILLING)


@router.get("")
@shows("listServices")
async def all_services(
    request: Request, here: ViewerHere, q: Text = "", ruled: Text = "", number: Number = 1
) -> HTMLResponse:
    """Services with their rules as sentences, those without one first."""
    question = ServiceQuestion(q, {"yes": True, "no": False}.get(ruled), number)
    found = await services(here.ws, question)
    base = f"/t/{here.tenant}/services"

    def at(other: int) -> str:
        return with_query(base, q=q, ruled=ruled, number=other if other > 1 else None)

    def of(state: str) -> str:
        return with_query(base, q=q, ruled=state)

    return page(
        request,
        here,
        "services/list.html",
        room="services",
        found=found,
        question=question,
        ruled=ruled,
        at=at,
        of=of,
        sentence=lambda rule: sentence_of(rule, here.said),
        may=may_decide(here),
    )


@router.get("/one")
@shows("getService", "listRails")
async def one_service(
    request: Request,
    here: ViewerHere,
    service_id: Annotated[str, Query(alias="id", max_length=200)],
    number: Number = 1,
    saved: Text = "",
) -> HTMLResponse:
    """One service: its rule, where it is overridden, its lines, its guard rails and its earlier rules."""
    return await service_page(request, here, service_id, number, saved=saved if saved in SAVED else None)


async def service_page(
    request: Request, here: Here, service_id: str, number: int = 1, *, status: int = 200, **shown: object
) -> HTMLResponse:
    """The same after a form was refused or saved."""
    detail = await service(here.ws, service_id, number)
    (rails,) = await rails_listing(here.ws, RailPlace(service=service_id))
    base = f"/t/{here.tenant}/services/one"
    given: dict[str, object] = {"wrong": None, "wrong_at": "", "typed": {}, "saved": None}
    return page(
        request,
        here,
        "services/one.html",
        room="services",
        status=status,
        detail=detail,
        rails=rails,
        rail_shown=as_shown,
        rail_kind=kind_of,
        at=lambda other: with_query(base, id=service_id, number=other if other > 1 else None),
        sentence=lambda rule: sentence_of(rule, here.said),
        may=may_decide(here),
        governs=here.role.includes(Role.ADMINISTRATOR),
        **{**given, **shown},
    )


@router.get("/feeding")
@shows("listFeeds")
async def what_feeds_what(request: Request, here: ViewerHere) -> HTMLResponse:
    """The picture of billing types and services, with the table behind it."""
    found = await feeding(here.ws)
    return page(request, here, "services/feeding.html", room="services", found=found, picture=picture(found))


@router.get("/suggestions")
@shows("suggestRules")
async def suggestions(request: Request, here: ViewerHere) -> HTMLResponse:
    """For each billing type in use: the service that should bill it, and what is missing."""
    return await suggestions_page(request, here)


async def suggestions_page(request: Request, here: Here, *, status: int = 200, **shown: object) -> HTMLResponse:
    """The same after some were accepted."""
    found = await suggest(here.ws)
    given: dict[str, object] = {"done": None, "refused": ()}
    return page(
        request,
        here,
        "services/suggestions.html",
        room="services",
        status=status,
        found=found,
        ready=[one for one in found if one.draft is not None],
        may=may_decide(here),
        **{**given, **shown},
    )
