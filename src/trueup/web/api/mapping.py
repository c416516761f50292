"""Whose usage it is: organizations of modules, customers of the PSA, and decisions on them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from trueup.app.mapping import customers as use
from trueup.app.mapping import customers_view, onboarding, organizations_view, undoing
from trueup.app.mapping.organizations_view import OrganizationQuestion, OrganizationStateKind
from trueup.app.mapping.undoing import DecisionPlace
from trueup.web.api.conditional import IfMatch, expected_version, with_etag
from trueup.web.api.mapping_shapes import (
    AcceptAsked,
    AcceptedAnswer,
    AcceptedList,
    CustomerAnswer,
    DecidedAnswer,
    IgnoreAsked,
    MapAsked,
    OnboardingAnswer,
    OnboardingAsked,
    OrganizationAnswer,
    OrganizationDetailAnswer,
    UndoAsked,
    UndoManyAsked,
    UndoneAnswer,
    UnmapAsked,
)
from trueup.web.api.paging import Cursor, PageAnswer, cursor_at, listing_name, position_of
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Name, told
from trueup.web.asking import BillingHere, ViewerHere

router = api_router("customers")

CustomerId = Annotated[Name, Path(description="Id of a customer in the PSA.")]
Search = Annotated[Name | None, Query(description="A part of the name.")]


def _number(cursor: str | None, of: str) -> int:
    behind = position_of(cursor, of)
    return int(behind[0]) if behind else 1


@router.get("/organizations", operation_id="listOrganizations")
async def list_organizations(
    here: ViewerHere,
    text: Search = None,
    state: Annotated[OrganizationStateKind | None, Query()] = None,
    connection: Annotated[Name | None, Query()] = None,
    cursor: Cursor = None,
) -> PageAnswer[OrganizationAnswer]:
    """Organizations of modules: what they use, whose they are, and who they may be. The unmapped ones with the largest
    amounts come first."""
    of = listing_name("listOrganizations", {"text": text, "state": state, "connection": connection})
    question = OrganizationQuestion(text or "", state, connection, _number(cursor, of))
    found = (await organizations_view.organizations(here.ws, question)).page
    items = [told(OrganizationAnswer, row, here.said) for row in found.rows]
    return PageAnswer(items=items, next=cursor_at((found.number + 1,), of) if found.number < found.pages else None)


@router.get("/connections/{connection}/organizations/{organization}", operation_id="getOrganization")
async def get_organization(
    response: Response,
    here: ViewerHere,
    connection: Annotated[Name, Path(description="Name of a connection.")],
    organization: Annotated[Name, Path(description="Key of an organization.")],
) -> OrganizationDetailAnswer:
    """One organization with all decisions ever made on it. Its ETag is for `If-Match` of the decisions."""
    found = await organizations_view.organization(here.ws, connection, organization)
    with_etag(response, found.row.version)
    return told(OrganizationDetailAnswer, found, here.said)


@router.get("/customers", operation_id="listCustomers")
async def list_customers(here: ViewerHere, text: Search = None, cursor: Cursor = None) -> PageAnswer[CustomerAnswer]:
    """Customers of the PSA with their organizations, by name."""
    of = listing_name("listCustomers", {"text": text})
    question = customers_view.CustomerQuestion(text or "", None, _number(cursor, of))
    found = (await customers_view.by_customer(here.ws, question)).page
    items = [told(CustomerAnswer, row, here.said) for row in found.rows]
    return PageAnswer(items=items, next=cursor_at((found.number + 1,), of) if found.number < found.pages else None)


@router.get("/customers/{customer}", operation_id="getCustomer")
async def get_customer(here: ViewerHere, customer: CustomerId) -> CustomerAnswer:
    """One customer."""
    return told(CustomerAnswer, await customers_view.customer(here.ws, customer), here.said)


@router.put("/customers/{customer}/onboarding", operation_id="setOnboarding")
async def set_onboarding(here: BillingHere, customer: CustomerId, asked: OnboardingAsked) -> OnboardingAnswer:
    """Take a customer on until a day: its rises are held by no rail meanwhile."""
    found = await onboarding.set_onboarding(here.ws, customer, asked.until)
    return OnboardingAnswer(customer=customer, until=found.until if found else None)


@router.post("/mappings", operation_id="mapOrganization")
async def map_organization(here: BillingHere, asked: MapAsked, if_match: IfMatch = None) -> DecidedAnswer:
    """Say that an organization is a customer, from today on; with `items` only a part of it."""
    expected = expected_version(if_match)
    given = (asked.connection, asked.organization, asked.customer, asked.items, expected)
    return told(DecidedAnswer, {"warnings": await use.map_organization(here.ws, *given)}, here.said)


@router.post("/mappings/end", operation_id="unmapOrganization", status_code=204)
async def unmap_organization(here: BillingHere, asked: UnmapAsked, if_match: IfMatch = None) -> None:
    """End what was decided on an organization, from today on; its lines are `unmapped` then, never 0."""
    expected = expected_version(if_match)
    await use.unmap(here.ws, asked.connection, asked.organization, asked.customer, expected)


@router.post("/mappings/ignore", operation_id="ignoreOrganization", status_code=204)
async def ignore_organization(here: BillingHere, asked: IgnoreAsked, if_match: IfMatch = None) -> None:
    """Leave an organization out, with a reason."""
    await use.ignore(here.ws, asked.connection, asked.organization, asked.reason, expected_version(if_match))


@router.post("/mappings/undo", operation_id="undoMapping", status_code=204)
async def undo_mapping(here: BillingHere, asked: UndoAsked) -> None:
    """Take a decision back as if it had not been made, on the day it was made."""
    await undoing.undo(here.ws, DecisionPlace(asked.connection, asked.organization, asked.version))


@router.post("/mappings/undo-many", operation_id="undoMappings")
async def undo_mappings(here: BillingHere, asked: UndoManyAsked) -> UndoneAnswer:
    """The same for several decisions; those that cannot be taken back say why."""
    places = [DecisionPlace(one.connection, one.organization, one.version) for one in asked.organizations]
    return told(UndoneAnswer, await undoing.undo_all(here.ws, places), here.said)


@router.post("/mappings/accept", operation_id="acceptSuggestions")
async def accept_suggestions(here: BillingHere, asked: AcceptAsked) -> AcceptedList:
    """Map every organization whose best suggestion is the only one at its score, and at or above the given one."""
    accepted = await use.accept_suggestions(here.ws, asked.above)
    return AcceptedList(accepted=[told(AcceptedAnswer, one, here.said) for one in accepted])
