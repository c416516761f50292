"""Running beside a clerk or another tool: agreement, and lines that somebody else keeps changing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import AliasPath, BeforeValidator, Field

from trueup.app.beside import agreeing, contests
from trueup.core.beside.comparison import Verdict
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, Asked, Day, Exact, Name, Told, Words, told
from trueup.web.asking import ApproverHere, ViewerHere

router = api_router("beside")


class AmountAnswer(Answer):
    """An amount a month in one currency; null is the tenant's."""

    currency: str | None
    amount_per_month: Exact


def _amounts(found: Mapping[str | None, Decimal]) -> list[dict[str, Any]]:
    ordered = sorted(found.items(), key=lambda one: one[0] or "")
    return [{"currency": currency, "amount_per_month": amount} for currency, amount in ordered]


Amounts = Annotated[list[AmountAnswer], BeforeValidator(_amounts)]


class CauseAnswer(Answer):
    """Why units differed, and on how many days of how many lines."""

    code: str
    line_days: int
    lines: int
    amounts: Amounts = Field(validation_alias="monthly")


class DifferenceAnswer(Answer):
    """Days on which one line differed, or agreed late."""

    line: str = Field(validation_alias="line_id")
    customer: str = Field(validation_alias="customer_id")
    first: date
    last: date
    days: int
    verdict: Verdict
    trueup_units: int | None = Field(validation_alias="wanted")
    psa_units: int = Field(validation_alias="found")
    currency: str | None
    amount_per_month: Exact | None = Field(validation_alias="monthly")
    reason: Told | None


class AgreementAnswer(Answer):
    """How often Trueup would have agreed with the PSA on the lines of one service."""

    service: str = Field(validation_alias="service_id")
    lines: int
    first: date
    last: date
    days: int
    agreed: int
    late: int
    differing: int
    undecided: int
    share: Exact
    ready: bool
    verdict: Told
    causes: list[CauseAnswer]
    standing: Amounts = Field(validation_alias="monthly")
    differences: list[DifferenceAnswer]


class ComparisonAnswer(Answer):
    """All services that were compared."""

    services: list[AgreementAnswer]
    service_names: dict[str, str]
    customer_names: dict[str, str] = Field(validation_alias="lines", description="By the line's id.")
    wait_days: int = Field(validation_alias=AliasPath("beside", "wait_days"))
    newest_plan: date | None
    currency: str | None


class NightAnswer(Answer):
    """A night on which a line was found changed."""

    night: date
    day: date
    agreed_units: int = Field(validation_alias="known")
    psa_units: int = Field(validation_alias="found")
    counted: str | None


class ContestedAnswer(Answer):
    """A line that something else keeps changing."""

    line: str = Field(validation_alias="line_id")
    customer_name: str
    service_name: str
    since: date | None = Field(validation_alias=AliasPath("contest", "since"))
    counted: str | None
    nights: list[NightAnswer] = Field(validation_alias=AliasPath("contest", "departures"))


class ClaimAsked(Asked):
    """Why the line is Trueup's again."""

    reason: Words


@router.get("/comparison", operation_id="compareBeside")
async def compare_beside(
    here: ViewerHere,
    service: Annotated[Name | None, Query(description="Id or name of a service.")] = None,
    since: Annotated[Day | None, Query()] = None,
) -> ComparisonAnswer:
    """How often Trueup would have agreed with the PSA, service by service, and every difference with its cause."""
    found = await agreeing.compared(here.ws, service, since)
    return told(ComparisonAnswer, found, here.said, found.currency)


@router.get("/contested", operation_id="listContested")
async def list_contested(here: ViewerHere) -> list[ContestedAnswer]:
    """Lines that something else keeps changing."""
    return [told(ContestedAnswer, one, here.said) for one in await contests.listing(here.ws)]


@router.post("/contested/{line}/claim", operation_id="claimLine", status_code=204)
async def claim_line(
    here: ApproverHere, line: Annotated[Name, Path(description="Id of a contract line.")], asked: ClaimAsked
) -> None:
    """Say that a contested line is Trueup's again."""
    await contests.claim(here.ws, line, asked.reason)
