"""Addresses of the room of customers: the lists, one organization, one customer, and names found while typing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from trueup.app.errors import Exit, UseCaseError
from trueup.app.mapping.customers_view import CustomerQuestion, by_customer, customer, customers_named
from trueup.app.mapping.free_organizations import free_organizations
from trueup.app.mapping.organizations_view import (
    OrganizationQuestion,
    OrganizationStateKind,
    organization,
    organizations,
)
from trueup.app.statements.issuing import issue
from trueup.core.reason import Reason
from trueup.psa.port import PsaReadError
from trueup.store.errors import StoreError
from trueup.web.api.margins import month_of
from trueup.web.api.statements import statement_answer
from trueup.web.asking import BillingHere, ViewerHere
from trueup.web.doing import shows
from trueup.web.pages.addresses import with_query
from trueup.web.pages.customers.view import SCORES, Listing, may_decide
from trueup.web.pages.page import page

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/customers")

Text = Annotated[str, Query(max_length=200)]
Number = Annotated[int, Query(ge=1, le=1_000_000)]


@router.get("")
@shows("listOrganizations", "getOrganization")
async def matching(
    request: Request,
    here: ViewerHere,
    q: Text = "",
    state: OrganizationStateKind | None = None,
    connection: Text = "",
    number: Annotated[int, Query(alias="page", ge=1, le=1_000_000)] = 1,
    done: Text = "",
    key: Text = "",
) -> HTMLResponse:
    """Organizations of the modules, those that wait first. `done` and `key` name one that was just decided."""
    question = OrganizationQuestion(q, state, connection or None, number)
    found = await organizations(here.ws, question)
    decided = await organization(here.ws, done, key) if done and key else None
    return page(
        request,
        here,
        "customers/matching.html",
        room="customers",
        found=found,
        listing=Listing(f"/t/{here.tenant}/customers", question),
        question=question,
        scores=SCORES,
        may=may_decide(here),
        decided=decided,
        accepted=(),
        nothing_accepted=False,
        undone=None,
    )


@router.get("/by-customer")
@shows("listCustomers")
async def customers(
    request: Request, here: ViewerHere, q: Text = "", missing: Text = "", number: Number = 1
) -> HTMLResponse:
    """Customers of the PSA with their organizations, a column for each connected module."""
    question = CustomerQuestion(q, missing or None, number)
    found = await by_customer(here.ws, question)
    base = f"/t/{here.tenant}/customers/by-customer"

    def at(other: int) -> str:
        return with_query(base, q=q, missing=missing, number=other if other > 1 else None)

    return page(
        request,
        here,
        "customers/by_customer.html",
        room="customers",
        found=found,
        question=question,
        at=at,
        may=may_decide(here),
    )


@router.get("/organization")
@shows("getOrganization", "listCustomers")
async def one_organization(
    request: Request, here: ViewerHere, connection: Text, key: Text, pick: Text = ""
) -> HTMLResponse:
    """One organization: what it uses, what was decided on it, and what can be decided."""
    return await organization_page(request, here, connection, key, pick)


async def organization_page(
    request: Request,
    here: ViewerHere,
    connection: str,
    key: str,
    pick: str = "",
    *,
    status: int = 200,
    **shown: object,
) -> HTMLResponse:
    """The same after a form was refused: `shown` holds what was typed and why it was refused."""
    detail = await organization(here.ws, connection, key)
    picks = await customers_named(here.ws, pick) if pick else ()
    given: dict[str, object] = {"wrong": None, "wrong_at": "", "typed": {}, "filter_error": None}
    return page(
        request,
        here,
        "customers/organization.html",
        room="customers",
        status=status,
        detail=detail,
        row=detail.row,
        pick=pick,
        picks=picks,
        may=may_decide(here),
        **{**given, **shown},
    )


@router.get("/picks")
@shows("listCustomers")
async def picks(request: Request, here: ViewerHere, pick: Text = "") -> HTMLResponse:
    """Customers whose names hold what was typed, as buttons of a form."""
    found = await customers_named(here.ws, pick)
    return page(request, here, "customers/picks.html", room="customers", picks=found, pick=pick)


@router.get("/customer")
@shows("getCustomer", "listOrganizations")
async def one_customer(
    request: Request, here: ViewerHere, customer_id: Annotated[str, Query(alias="id", max_length=200)]
) -> HTMLResponse:
    """One customer: its organizations by module, and until when it is being taken on."""
    return await customer_page(request, here, customer_id)


async def customer_page(
    request: Request, here: ViewerHere, customer_id: str, *, status: int = 200, **shown: object
) -> HTMLResponse:
    """The same after a form was refused."""
    row = await customer(here.ws, customer_id)
    connections = (await by_customer(here.ws)).connections
    free = {name: await free_organizations(here.ws, name, customer_id) for name, _ in connections}
    given: dict[str, object] = {"wrong": None, "wrong_at": "", "typed": {}}
    return page(
        request,
        here,
        "customers/customer.html",
        room="customers",
        status=status,
        row=row,
        connections=connections,
        free=free,
        may=may_decide(here),
        **{**given, **shown},
    )


@router.get("/statement")
@shows("getStatement")
async def statement(
    request: Request,
    here: BillingHere,
    customer_id: Annotated[str, Query(alias="id", max_length=200)],
    month: Text = "",
    kind: Annotated[Text, Query(alias="format")] = "pdf",
    language: Text = "",
) -> Response:
    """The customer's statement of a month as a sealed file."""
    typed = {"month": month, "format": kind, "language": language}
    try:
        day = month_of(month)
        if day is None:
            raise UseCaseError(Reason.of("web.shape", place="month"), Exit.USAGE)
        return statement_answer(await issue(here.ws, customer_id, day, kind, language or None))
    except PsaReadError as error:
        wrong = error.failure.reason
        return await customer_page(request, here, customer_id, status=502, wrong=wrong, wrong_at="month", typed=typed)
    except (UseCaseError, StoreError) as error:
        return await customer_page(
            request, here, customer_id, status=422, wrong=error.reason, wrong_at="month", typed=typed
        )


@router.get("/free")
@shows("listOrganizations")
async def free(
    request: Request,
    here: ViewerHere,
    connection: Text,
    customer_id: Annotated[str, Query(alias="customer", max_length=200)],
    name: Text = "",
) -> HTMLResponse:
    """Organizations of one connection that nobody has decided on, by what was typed."""
    found = await free_organizations(here.ws, connection, customer_id, name)
    return page(request, here, "customers/free.html", room="customers", free=found)
