"""Checks across modules: what one has and another lacks."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Path
from pydantic import AliasPath, BeforeValidator, Field

from trueup.app.checks import counting, saving
from trueup.core.checks.cross_check import CrossCheck
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, Asked, Exact, Name, Told, Words, told
from trueup.web.asking import BillingHere, ViewerHere

router = api_router("checks", "/checks")

Key = Annotated[Name, Path(description="Name of a check.")]


class CheckAnswer(Answer):
    """A saved check."""

    check: str = Field(validation_alias="key")
    expression: str
    items: str | None = Field(validation_alias="over", description="The list of items that is judged; null: counts.")
    tell: bool


class CheckCountAnswer(Answer):
    """What a check found on a usage day."""

    day: date
    found: int
    judged: int
    left_out: int


class ListedCheckAnswer(Answer):
    """A saved check with its counts of the last three months, oldest first."""

    check: CheckAnswer
    counts: list[CheckCountAnswer]


class CountedCheckAnswer(Answer):
    """A check that was counted, or why it could not be."""

    check: CheckAnswer
    count: CheckCountAnswer | None
    problem: Told | None


class FoundAnswer(Answer):
    """An item that was found, or a customer with the counts that were compared."""

    customer: str = Field(validation_alias="customer_id")
    name: str
    place: tuple[str, str] | None = Field(description="Connection and key of the organization.")
    item: str | None = Field(validation_alias="item_key")
    counts: Annotated[dict[str, Exact], BeforeValidator(dict)]


class LeftOutAnswer(Answer):
    """A customer that could not be judged."""

    customer: str = Field(validation_alias="customer_id")
    reason: Told


class CheckResultAnswer(Answer):
    """What a check finds on the newest days."""

    day: date = Field(validation_alias=AliasPath("result", "day"))
    judged: int = Field(validation_alias=AliasPath("result", "judged"))
    unmapped: int = Field(validation_alias=AliasPath("result", "unmapped"))
    found: list[FoundAnswer] = Field(validation_alias=AliasPath("result", "found"))
    left_out: list[LeftOutAnswer] = Field(validation_alias=AliasPath("result", "left_out"))
    customers: dict[str, str] = Field(description="Names of the customers, by id.")


class CheckAsked(Asked):
    """A condition over the items of a list, or a comparison of counts."""

    expression: Words
    items: Name | None = Field(default=None, description="List of items, such as datto_rmm.devices.")


class CheckSaved(CheckAsked):
    """The same, to be saved."""

    tell: bool = Field(default=True, description="Open a notice while anything is found.")
    replace: bool = Field(default=False, description="Say that a check of the name is meant to change.")


@router.get("", operation_id="listChecks")
async def list_checks(here: ViewerHere) -> list[ListedCheckAnswer]:
    """Every saved check with its counts over time."""
    return [told(ListedCheckAnswer, one, here.said) for one in await saving.listing(here.ws)]


@router.post("/try", operation_id="tryCheck")
async def try_check(here: ViewerHere, asked: CheckAsked) -> CheckResultAnswer:
    """Work an expression out on the newest days; nothing is saved."""
    return told(CheckResultAnswer, await saving.attempt(here.ws, asked.expression, asked.items), here.said)


@router.post("/run", operation_id="runChecks")
async def run_checks(here: BillingHere) -> list[CountedCheckAnswer]:
    """Count every check now, as each night does."""
    return [told(CountedCheckAnswer, one, here.said) for one in await counting.count_all(here.ws)]


@router.get("/{check}", operation_id="showCheck")
async def show_check(here: ViewerHere, check: Key) -> CheckResultAnswer:
    """What a check finds now, and which customers it could not judge."""
    _, named = await saving.show(here.ws, check)
    return told(CheckResultAnswer, named, here.said)


@router.put("/{check}", operation_id="defineCheck")
async def define_check(here: BillingHere, check: Key, asked: CheckSaved) -> CheckAnswer:
    """Save a check. Nothing is saved where it cannot be worked out."""
    given = CrossCheck(check, asked.expression, asked.items, asked.tell)
    return told(CheckAnswer, await saving.define(here.ws, given, replaces=asked.replace), here.said)


@router.delete("/{check}", operation_id="removeCheck", status_code=204)
async def remove_check(here: BillingHere, check: Key) -> None:
    """Take a check away; its counts are kept."""
    await saving.remove(here.ws, check)
