"""The first screen as figures: is it right, what waits, what is it worth; and whether a month is ready to be posted."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import Query
from pydantic import AliasPath, BeforeValidator, Field

from trueup.app.overview.looking import overview
from trueup.app.overview.steps import Step
from trueup.app.plans.ready import readiness
from trueup.store.plan_projection import Part
from trueup.web.api.connection_shapes import ModuleAnswer
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, Day, Exact, told
from trueup.web.api.unbilled import Totals
from trueup.web.asking import ViewerHere

router = api_router("overview")


def _part(value: object) -> object:
    return value.name.lower() if isinstance(value, Part) else value


PartName = Annotated[str, BeforeValidator(_part), Field(description="`waits`, `changes`, `later` or `right`.")]


class StepAnswer(Answer):
    """A step from an empty store to a first plan."""

    step: Step
    done: bool


class NewestPlanAnswer(Answer):
    """The newest plan."""

    plan: str = Field(validation_alias=AliasPath("plan", "id"))
    as_of: date = Field(validation_alias=AliasPath("plan", "as_of"))
    checksum: str = Field(validation_alias=AliasPath("plan", "checksum"))
    state: str
    expires_at: datetime


class PartAnswer(Answer):
    """Lines of one part of the plan in one currency, and what they change."""

    part: PartName
    currency: str | None
    lines: int
    amount_per_month: Exact = Field(validation_alias="monthly")
    amount_now: Exact = Field(validation_alias="amount", description="Effect on the open periods, prorated.")


class ReadinessAnswer(Answer):
    """Whether a month is ready to be posted, and what is still undecided."""

    first: date = Field(validation_alias=AliasPath("month", "start"))
    last: date = Field(validation_alias=AliasPath("month", "end"))
    ready: bool
    undecided: int
    waiting: list[PartAnswer] = Field(description="Lines that a person has to decide.")
    unwritten: list[PartAnswer] = Field(description="Changes that are not in the PSA yet.")
    written: int = Field(description="Changes of the newest plan that are done.")
    days_left: int = Field(description="Days of the month that are not measured yet.")
    plan: NewestPlanAnswer | None = Field(validation_alias="head")


class FigureAnswer(Answer):
    """A figure of one usage day; null where no plan was made for it."""

    day: date
    value: Exact | None


class TrendAnswer(Answer):
    """A figure from day to day, gaps included."""

    name: str = Field(description="A service's name, or the currency of amounts.")
    days: list[FigureAnswer]


class OverviewAnswer(Answer):
    """What the first screen says."""

    steps: list[StepAnswer]
    plan: NewestPlanAnswer | None = Field(validation_alias="head")
    late: bool = Field(description="No plan was made for the newest complete usage day.")
    parts: list[PartAnswer] = Field(validation_alias="totals")
    readiness: ReadinessAnswer = Field(validation_alias="ready")
    modules: list[ModuleAnswer]
    unbilled: Totals | None = Field(validation_alias=AliasPath("unbilled", "totals"), default=None)
    billed_twice: int = Field(
        validation_alias=AliasPath("twice", "items"),
        description="Items that more than one line bills; see `listBilledTwice`.",
    )
    recurring: list[TrendAnswer] = Field(description="Amounts a month of all lines that follow usage, by currency.")
    units: list[TrendAnswer] = Field(description="Units of the services with the most units.")


@router.get("/overview", operation_id="getOverview")
async def get_overview(here: ViewerHere) -> OverviewAnswer:
    """What waits and what it is worth, how the modules stand, what is left to set up, and the last three months."""
    return told(OverviewAnswer, await overview(here.ws), here.said)


@router.get("/readiness", operation_id="getReadiness")
async def get_readiness(
    here: ViewerHere, day: Annotated[Day | None, Query(description="A day of the month; null for now.")] = None
) -> ReadinessAnswer:
    """Whether a month is ready to be posted in the PSA: what nobody has decided, written or measured yet."""
    return told(ReadinessAnswer, await readiness(here.ws, day), here.said)
