"""Edits by hand: found between two plans, and decided by a person."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import AliasPath, Field

from trueup.app.drift import deciding, looking
from trueup.core.rule import DriftPolicy
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, Asked, Name, Told, Words, joined, told
from trueup.web.asking import ApproverHere, ViewerHere

router = api_router("drift", "/drift")


class EditAnswer(Answer):
    """Units that somebody changed in the PSA, from a day on."""

    day: date
    agreed: int = Field(validation_alias="known")
    found: int


class EditedLineAnswer(Answer):
    """One edited line: what was agreed, what was found, what usage says."""

    line: str = Field(validation_alias=AliasPath("case", "facts", "line", "id"))
    customer: str = Field(validation_alias=AliasPath("case", "facts", "customer", "id"))
    customer_name: str = Field(validation_alias=AliasPath("case", "facts", "customer", "name"))
    contract_name: str = Field(validation_alias=AliasPath("case", "facts", "contract", "name"))
    service_name: str = Field(validation_alias=AliasPath("case", "facts", "service", "name"))
    edits: list[EditAnswer]
    wanted: int | None = Field(validation_alias=AliasPath("outcome", "after"))
    status: str = Field(validation_alias=AliasPath("outcome", "status"), description="`none`: usage says the same.")
    policy: DriftPolicy
    reasons: list[Told] = Field(validation_alias=AliasPath("outcome", "reasons"))


class DriftAnswer(Answer):
    """Every line that was agreed with and shows other units now."""

    as_of: date
    compared: int
    lines: list[EditedLineAnswer]
    says_who_changed: bool = Field(validation_alias="says_who", description="Whether the PSA tells who edits.")
    plan: str | None = Field(validation_alias="plan_id")
    plan_lines: list[str] = Field(description="Lines that the newest plan shows as drift.")


class DecideAsked(Asked):
    """A person's word on an edited line."""

    policy: Literal["keep", "take_back", "adopt"]
    reason: Words | None = None


class DecidedAnswer(Answer):
    """What was decided."""

    line: EditedLineAnswer
    policy: DriftPolicy


@router.get("", operation_id="lookForDrift")
async def look_for_drift(
    here: ViewerHere,
    line: Annotated[list[Name], Query(default_factory=list, description="Only these lines.", max_length=200)],
) -> DriftAnswer:
    """Read the units of lines that were agreed with, now, and say which somebody edited. Calls the PSA."""
    found = await looking.look(here.ws, frozenset(line) if line else None)
    return told(DriftAnswer, joined(found, plan_lines=[one.line_id for one in found.planned]), here.said)


@router.post("/{line}/decision", operation_id="decideDrift")
async def decide_drift(
    here: ApproverHere, line: Annotated[Name, Path(description="Id of a contract line.")], asked: DecideAsked
) -> DecidedAnswer:
    """Decide on one edited line: let the edit stand, plan it back, or fix the line at it."""
    done = await deciding.decide(here.ws, line, DriftPolicy(asked.policy), asked.reason)
    return told(DecidedAnswer, done, here.said)
