"""Items that more than one line bills."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import AliasPath, Field

from trueup.app.items import twice
from trueup.app.unbilled import muting
from trueup.web.api.paging import DEFAULT, Cursor, Limit, PageAnswer, listing_name, page_after
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, told
from trueup.web.api.unbilled import MuteAnswer, MuteAsked, MuteKey
from trueup.web.asking import BillingHere, ViewerHere

router = api_router("unbilled", "/billed-twice")


class TwiceRowAnswer(Answer):
    """Items of one kind of list that the same services bill together, over all customers."""

    key: str = Field(validation_alias=AliasPath("found", "key"))
    module: str = Field(validation_alias=AliasPath("found", "module"))
    stream: str = Field(validation_alias=AliasPath("found", "stream"), description="The module's list.")
    services: list[str] = Field(validation_alias=AliasPath("found", "services"))
    service_names: list[str] = Field(validation_alias=AliasPath("found", "service_names"))
    metrics: list[str] = Field(validation_alias=AliasPath("found", "metrics"))
    items: int = Field(validation_alias=AliasPath("found", "items"))
    lines: int = Field(validation_alias=AliasPath("found", "lines"))
    customers: int = Field(validation_alias=AliasPath("found", "customers"))
    line_ids: list[str] = Field(validation_alias=AliasPath("found", "line_ids"), description="The first of the lines.")
    customer_names: list[str] = Field(
        validation_alias=AliasPath("found", "customer_names"), description="The first of the customers."
    )
    muted: MuteAnswer | None = Field(validation_alias="mute")


class TwiceAnswer(Answer):
    """What the newest plan found; `as_of` is its usage day, null before any."""

    as_of: date | None
    items: int
    rows: list[TwiceRowAnswer]
    muted: list[TwiceRowAnswer]


class BillingLineAnswer(Answer):
    """A line that bills an item, with the billing types through which it counts it."""

    line: str = Field(validation_alias="line_id")
    customer_name: str = Field(validation_alias="customer")
    contract_name: str = Field(validation_alias="contract")
    service: str = Field(validation_alias="service_id")
    service_name: str = Field(validation_alias="service")
    metrics: list[str]


class ItemTwiceAnswer(Answer):
    """An item with the lines that bill it."""

    connection: str
    stream: str
    key: str
    name: str
    organization: str
    lines: list[BillingLineAnswer]


@router.get("", operation_id="listBilledTwice")
async def list_billed_twice(here: ViewerHere) -> TwiceAnswer:
    """Items that more than one line bills, counted when the newest plan was made; the most items first. Nothing is held
    for them."""
    return told(TwiceAnswer, await twice.twice(here.ws), here.said)


@router.get("/items", operation_id="listItemsBilledTwice")
async def list_items_billed_twice(
    here: ViewerHere,
    key: Annotated[str, Query(max_length=200, description="Only those of this row.")] = "",
    cursor: Cursor = None,
    limit: Limit = DEFAULT,
) -> PageAnswer[ItemTwiceAnswer]:
    """The items by name, each with the lines that bill it."""
    found, behind = page_after(
        await twice.items_twice(here.ws, key),
        lambda one: (one.organization, one.name, one.connection, one.stream, one.key),
        cursor,
        limit,
        listing_name("listItemsBilledTwice", {"key": key}),
    )
    return PageAnswer(items=[told(ItemTwiceAnswer, one, here.said) for one in found], next=behind)


@router.post("/mute", operation_id="muteBilledTwice")
async def mute_billed_twice(here: BillingHere, asked: MuteAsked) -> TwiceRowAnswer:
    """Say that a row is meant, until a day, and as long as no further line joins it."""
    return told(TwiceRowAnswer, await twice.mute_twice(here.ws, asked.key, asked.reason, asked.until), here.said)


@router.post("/unmute", operation_id="unmuteBilledTwice", status_code=204)
async def unmute_billed_twice(here: BillingHere, asked: MuteKey) -> None:
    """Take that back."""
    await muting.unmute(here.ws, asked.key)
