"""Services and lines that a person wants created in the PSA: asked for, planned, approved and applied like writes."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path
from pydantic import AliasPath, Field

from trueup.app.writes import entries as use
from trueup.core.outcome import EntryKind
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, Asked, Exact, ExactIn, Name, Units, told
from trueup.web.asking import BillingHere, ViewerHere

router = api_router("entries", "/entries")


class EntryAnswer(Answer):
    """Something that a person wants created."""

    entry: str = Field(validation_alias=AliasPath("request", "id"))
    kind: EntryKind = Field(validation_alias=AliasPath("request", "kind"))
    state: str = Field(validation_alias=AliasPath("request", "state"))
    requested_by: str = Field(validation_alias=AliasPath("request", "requested_by"))
    name: str
    contract_name: str | None
    customer_name: str | None
    price: Exact | None


class BegunAnswer(Answer):
    """It is on record; the next plan shows it."""

    entry: str = Field(validation_alias="id")
    kind: EntryKind
    state: str


class BillingCodeAnswer(Answer):
    """What a new service may be billed under."""

    billing_code: str = Field(validation_alias="id")
    name: str


class ServiceAsked(Asked):
    """A new service."""

    name: Name
    price: ExactIn
    billing_code: Name
    months: Literal[1, 3, 6, 12] = Field(default=1, description="Its billing period.")


class LineAsked(Asked):
    """A new line of a contract. Without units they follow from usage."""

    contract: Name
    service: Name
    price: ExactIn | None = None
    units: Units | None = None


@router.get("", operation_id="listEntries")
async def list_entries(here: ViewerHere) -> list[EntryAnswer]:
    """What is asked for and not created yet."""
    return [told(EntryAnswer, one, here.said) for one in await use.listing(here.ws)]


@router.get("/billing-codes", operation_id="listBillingCodes")
async def list_billing_codes(here: ViewerHere) -> list[BillingCodeAnswer]:
    """What new services may be billed under. Calls the PSA."""
    return [told(BillingCodeAnswer, one, here.said) for one in await use.billing_codes(here.ws)]


@router.post("/services", operation_id="requestService", status_code=201)
async def request_service(here: BillingHere, asked: ServiceAsked) -> BegunAnswer:
    """Ask for a service of the PSA's catalogue."""
    given = (asked.name, asked.price, asked.billing_code, asked.months)
    return told(BegunAnswer, await use.request_service(here.ws, *given), here.said)


@router.post("/lines", operation_id="requestLine", status_code=201)
async def request_line(here: BillingHere, asked: LineAsked) -> BegunAnswer:
    """Ask for a line of a contract."""
    given = (asked.contract, asked.service, asked.price, asked.units)
    return told(BegunAnswer, await use.request_line(here.ws, *given), here.said)


@router.delete("/{entry}", operation_id="withdrawEntry", status_code=204)
async def withdraw_entry(here: BillingHere, entry: Annotated[Name, Path()]) -> None:
    """Take a request back."""
    await use.withdraw(here.ws, entry)
