"""Forms of the room of customers: map, share, leave out, take back, accept in bulk, take a customer on.

A form answers with the part of the page that it changed where htmx asks, else it sends the browser back to the page.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.errors import Exit, UseCaseError
from trueup.app.mapping.customers import Accepted, accept_suggestions, ignore, map_organization, unmap
from trueup.app.mapping.onboarding import set_onboarding
from trueup.app.mapping.organizations_view import OrganizationQuestion, OrganizationRow, organization, organizations
from trueup.app.mapping.undoing import DecisionPlace, Undone, undo, undo_all
from trueup.app.mapping.versions import version_of
from trueup.core.expression import ExpressionError
from trueup.core.reason import Reason
from trueup.web.asking import BillingHere
from trueup.web.doing import does
from trueup.web.faults import status_of
from trueup.web.pages.addresses import with_query
from trueup.web.pages.customers.routes import customer_page, organization_page
from trueup.web.pages.customers.view import SCORES, Listing
from trueup.web.pages.faults import fault_of
from trueup.web.pages.overview.next_step import coming
from trueup.web.pages.page import page

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/customers")

Given = Annotated[str, Form(max_length=2000)]


def _in_row(request: Request) -> bool:
    """Whether the form stands in a row of the list, which is then all that is answered."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-target", "").startswith("row-")


def _row(
    request: Request, here: BillingHere, row: OrganizationRow, *, status: int = 200, wrong: Reason | None = None
) -> HTMLResponse:
    return page(
        request, here, "customers/row.html", room="customers", status=status, row=row, may=True, wrong=wrong, fresh=True
    )


async def _decided(request: Request, here: BillingHere, connection: str, key: str, back: str) -> Response:
    if _in_row(request):
        return _row(request, here, (await organization(here.ws, connection, key)).row)
    if back == "organization":
        return await organization_page(request, here, connection, key, saved=True)
    path = f"/t/{here.tenant}/customers"
    return RedirectResponse(with_query(path, done=connection, key=key), 303)


async def _refused(
    request: Request, here: BillingHere, connection: str, key: str, error: UseCaseError, at: str, **typed: str
) -> Response:
    status = status_of(error.reason, error.exit_code)
    if _in_row(request):
        row = (await organization(here.ws, connection, key)).row
        return _row(request, here, row, status=status, wrong=error.reason)
    return await organization_page(
        request, here, connection, key, status=status, wrong=error.reason, wrong_at=at, typed=typed
    )


@router.post("/map")
@does("mapOrganization")
async def map_one(
    request: Request,
    here: BillingHere,
    connection: Given,
    key: Given,
    customer: Given,
    version: Given = "",
    items: Given = "",
    back: Given = "",
) -> Response:
    """Say that an organization is a customer, or with `items` that some of its items are."""
    try:
        await map_organization(here.ws, connection, key, customer, items.strip() or None, version or None)
    except UseCaseError as error:
        return await _refused(request, here, connection, key, error, "map", items=items, customer=customer)
    except ExpressionError as error:
        typed = {"items": items, "customer": customer}
        return await organization_page(
            request, here, connection, key, status=422, filter_error=fault_of(error), wrong_at="items", typed=typed
        )
    return await _decided(request, here, connection, key, back)


@router.post("/map-here")
@does("mapOrganization")
async def map_here(
    request: Request, here: BillingHere, connection: Given, customer: Given, chosen: Given
) -> HTMLResponse:
    """Give a customer an organization that nobody has decided on."""
    try:
        await map_organization(here.ws, connection, chosen, customer, None, version_of(()))
    except UseCaseError as error:
        status = status_of(error.reason, error.exit_code)
        return await customer_page(request, here, customer, status=status, wrong=error.reason, wrong_at="map")
    return await customer_page(request, here, customer, saved=True)


@router.post("/unmap")
@does("unmapOrganization")
async def unmap_one(
    request: Request,
    here: BillingHere,
    connection: Given,
    key: Given,
    version: Given = "",
    customer: Given = "",
    back: Given = "organization",
) -> Response:
    """End what was decided on an organization, or one customer's part of it."""
    try:
        await unmap(here.ws, connection, key, customer or None, version or None)
    except UseCaseError as error:
        return await _refused(request, here, connection, key, error, "unmap")
    if back == "customer" and customer:
        return await customer_page(request, here, customer, saved=True)
    return await _decided(request, here, connection, key, back)


@router.post("/ignore")
@does("ignoreOrganization")
async def ignore_one(
    request: Request,
    here: BillingHere,
    connection: Given,
    key: Given,
    reason: Given = "",
    version: Given = "",
    back: Given = "",
) -> Response:
    """Leave an organization out, with a reason."""
    try:
        await ignore(here.ws, connection, key, reason, version or None)
    except UseCaseError as error:
        return await _refused(request, here, connection, key, error, "ignore", reason=reason)
    return await _decided(request, here, connection, key, back)


@router.post("/undo")
@does("undoMapping")
async def undo_one(
    request: Request, here: BillingHere, connection: Given, key: Given, version: Given = "", back: Given = ""
) -> Response:
    """Take the newest decision back."""
    try:
        await undo(here.ws, DecisionPlace(connection, key, version or None))
    except UseCaseError as error:
        return await _refused(request, here, connection, key, error, "undo")
    return await _decided(request, here, connection, key, back)


@router.post("/accept")
@does("acceptSuggestions")
async def accept(request: Request, here: BillingHere, score: Annotated[int, Form(ge=0, le=100)]) -> HTMLResponse:
    """Accept all suggestions from a score on that fit alone; the page then offers to take them back together."""
    accepted = await accept_suggestions(here.ws, score)
    return await _whole(request, here, accepted=accepted)


@router.post("/undo-all")
@does("undoMappings")
async def undo_accepted(request: Request, here: BillingHere, place: Annotated[list[str], Form()]) -> HTMLResponse:
    """Take back what was accepted together; what moved meanwhile stays and is named."""
    said = [dict(parse_qsl(one)) for one in place]
    places = [DecisionPlace(one.get("connection", ""), one.get("key", ""), one.get("version")) for one in said]
    undone = await undo_all(here.ws, places)
    return await _whole(request, here, undone=undone)


async def _whole(
    request: Request,
    here: BillingHere,
    *,
    accepted: tuple[Accepted, ...] = (),
    undone: Undone | None = None,
) -> HTMLResponse:
    question = OrganizationQuestion()
    return page(
        request,
        here,
        "customers/matching.html",
        room="customers",
        found=await organizations(here.ws, question),
        listing=Listing(f"/t/{here.tenant}/customers", question),
        question=question,
        scores=SCORES,
        may=True,
        decided=None,
        accepted=accepted,
        next=await coming(here) if accepted else None,
        nothing_accepted=undone is None and not accepted,
        undone=undone,
    )


@router.post("/onboarding")
@does("setOnboarding")
async def onboarding(
    request: Request,
    here: BillingHere,
    customer: Given,
    until: Given = "",
    end: Given = "",
) -> HTMLResponse:
    """Say until when a customer is being taken on, or end it."""
    try:
        day = None if end else date.fromisoformat(until.strip())
    except ValueError:
        reason = Reason.of("customers.day_form", given=until.strip() or None)
        typed = {"until": until}
        return await customer_page(request, here, customer, status=422, wrong=reason, wrong_at="until", typed=typed)
    try:
        await set_onboarding(here.ws, customer, day)
    except UseCaseError as error:
        status = 409 if error.exit_code is Exit.REFUSED else 422
        return await customer_page(
            request, here, customer, status=status, wrong=error.reason, wrong_at="until", typed={"until": until}
        )
    return await customer_page(request, here, customer, saved=True)
