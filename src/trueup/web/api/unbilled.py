"""Usage that nobody bills, with what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AliasPath, BeforeValidator, Field

from trueup.app.unbilled import finding, muting
from trueup.core.unbilled.finding import UnbilledKind
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, Asked, Day, Exact, Name, Words, told
from trueup.web.asking import BillingHere, ViewerHere

router = api_router("unbilled", "/unbilled")


class TotalAnswer(Answer):
    """An amount a month in one currency."""

    currency: str | None
    amount: Exact


def _totals(found: Mapping[str | None, Decimal]) -> list[dict[str, Any]]:
    return [{"currency": currency, "amount": amount} for currency, amount in found.items()]


Totals = Annotated[list[TotalAnswer], BeforeValidator(_totals)]
"""Amounts a month by currency."""


class MuteAnswer(Answer):
    """Who said that it is right as it is, and until when."""

    reason: str
    by: str = Field(validation_alias="person")
    until: date | None


class UnbilledRowAnswer(Answer):
    """Usage of one customer (or organization) and metric that no line bills."""

    key: str = Field(validation_alias=AliasPath("found", "key"))
    kind: UnbilledKind = Field(validation_alias=AliasPath("found", "kind"))
    customer: str | None = Field(validation_alias=AliasPath("found", "customer_id"))
    customer_name: str | None = Field(validation_alias="customer")
    metric: str = Field(validation_alias=AliasPath("found", "metric"))
    label: str
    unit: str
    quantity: Exact = Field(validation_alias=AliasPath("found", "quantity"))
    organizations: list[tuple[str, str]] = Field(
        validation_alias=AliasPath("found", "organizations"), description="Pairs of connection and key."
    )
    service: str | None = Field(validation_alias=AliasPath("found", "service_id"))
    service_name: str | None = Field(validation_alias="service")
    contracts: list[str] = Field(validation_alias=AliasPath("found", "contracts"))
    amount: Exact | None = Field(validation_alias=AliasPath("found", "amount"))
    currency: str | None = Field(validation_alias=AliasPath("found", "currency"))
    muted: MuteAnswer | None = Field(validation_alias="mute")


class IdleAnswer(Answer):
    """A line that bills what nobody uses."""

    line: str = Field(validation_alias="line_id")
    customer_name: str = Field(validation_alias="customer")
    service_name: str = Field(validation_alias="service")
    units: int
    unmapped: bool
    amount: Exact | None
    currency: str | None


class EndingAnswer(Answer):
    """A contract that ends soon while its customer still uses."""

    contract: str = Field(validation_alias="contract_id")
    contract_name: str = Field(validation_alias="contract")
    customer_name: str = Field(validation_alias="customer")
    end: date
    lines: int


class UnbilledAnswer(Answer):
    """What is billed nowhere, what is billed for nothing, and what ends."""

    as_of: date
    customers: int
    totals: Totals
    rows: list[UnbilledRowAnswer]
    muted: list[UnbilledRowAnswer]
    idle: list[IdleAnswer]
    ending: list[EndingAnswer]


class MuteKey(Asked):
    """Which row."""

    key: Name


class MuteAsked(MuteKey):
    """Why it is right as it is, and until when."""

    reason: Words
    until: Day | None = None


@router.get("", operation_id="findUnbilled")
async def find_unbilled(here: ViewerHere) -> UnbilledAnswer:
    """Usage that no line bills with what it is worth, lines that bill what nobody uses, contracts that end."""
    return told(UnbilledAnswer, await finding.unbilled(here.ws), here.said)


@router.post("/mute", operation_id="muteUnbilled")
async def mute_unbilled(here: BillingHere, asked: MuteAsked) -> UnbilledRowAnswer:
    """Say that some unbilled usage is right as it is, until a day, and no more than it is now."""
    return told(UnbilledRowAnswer, await muting.mute(here.ws, asked.key, asked.reason, asked.until), here.said)


@router.post("/unmute", operation_id="unmuteUnbilled", status_code=204)
async def unmute_unbilled(here: BillingHere, asked: MuteKey) -> None:
    """Take that back."""
    await muting.unmute(here.ws, asked.key)
