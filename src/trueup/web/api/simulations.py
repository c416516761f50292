"""Rules tried on past months, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Path
from fastapi.responses import Response
from pydantic import AliasPath, BeforeValidator, Field

from trueup.app.simulations import approving
from trueup.app.simulations.exporting import csv_lines
from trueup.app.simulations.simulating import simulate
from trueup.core.simulation.simulation import Figures
from trueup.web.api.margins import month_of
from trueup.web.api.routing import api_router
from trueup.web.api.rule_shapes import RuleAnswer, RuleAsked, RuleSavedAnswer
from trueup.web.api.shapes import Answer, Asked, Exact, Name, Told, Words, told
from trueup.web.asking import ApproverHere, BillingHere, ViewerHere

router = api_router("simulations", "/simulations")

SimulationId = Annotated[Name, Path(description="Id of a simulation.")]
Month = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$", description="A calendar month, as 2026-06.")]


class SimulateAsked(Asked):
    """Rules to try together, and the months to try them on; without months the last three whole ones."""

    rules: list[RuleAsked] = Field(min_length=1, max_length=100)
    first: Month | None = None
    last: Month | None = None


class ApproveSimulation(Asked):
    """The checksum of what was looked at, and why its rules are put in force."""

    checksum: Name
    reason: Words = ""


class SideAnswer(Answer):
    """Amounts in one currency."""

    currency: str | None
    billed: Exact
    simulated: Exact
    difference: Exact


class FiguresAnswer(Answer):
    """Line-months added up; both sides hold the same ones. `held` would have waited for a person, `unsaid` are not
    known."""

    billed_units: int
    simulated_units: int
    held: int
    unsaid: int
    amounts: list[SideAnswer]


def _figures(found: object) -> object:
    if not isinstance(found, Figures):
        return found
    return {
        "billed_units": found.billed_units,
        "simulated_units": found.simulated_units,
        "held": found.held,
        "unsaid": found.unsaid,
        "amounts": [
            {"currency": one, "billed": found.billed[one], "simulated": found.simulated[one], "difference": difference}
            for one, difference in found.difference.items()
        ],
    }


class GroupFiguresAnswer(Answer):
    """The figures of a month, a customer or a service."""

    name: str
    figures: Annotated[FiguresAnswer, BeforeValidator(_figures)]


def _groups(found: Iterable[tuple[object, Figures]]) -> list[Mapping[str, Any]]:
    return [
        {"name": f"{name:%Y-%m}" if isinstance(name, date) else name, "figures": figures} for name, figures in found
    ]


Groups = Annotated[list[GroupFiguresAnswer], BeforeValidator(_groups)]
Total = Annotated[FiguresAnswer, BeforeValidator(_figures)]


class SimulatedMonthAnswer(Answer):
    """One line in one month; `simulated_units` is null where the rule cannot say, and `reasons` tell why."""

    month: date = Field(description="The first day of the month.")
    billed_units: int
    simulated_units: int | None
    billed: Exact | None
    simulated: Exact | None
    difference: Exact | None
    held: bool
    unknown_days: int
    reasons: list[Told]


class SimulatedLineAnswer(Answer):
    """One line under the tried rules."""

    line: str = Field(validation_alias="line_id")
    customer: str = Field(validation_alias="customer_id")
    customer_name: str
    contract_name: str
    service: str = Field(validation_alias="service_id")
    service_name: str
    currency: str | None
    months: list[SimulatedMonthAnswer]


class SimulationHeadAnswer(Answer):
    """A simulation without its lines."""

    simulation: str = Field(validation_alias=AliasPath("simulation", "id"))
    made_at: datetime = Field(validation_alias=AliasPath("simulation", "made_at"))
    made_by: str = Field(validation_alias=AliasPath("simulation", "made_by"))
    first: date = Field(validation_alias=AliasPath("simulation", "first"))
    last: date = Field(validation_alias=AliasPath("simulation", "last"))
    rules: list[RuleAnswer] = Field(validation_alias=AliasPath("simulation", "rules"))
    total: Total = Field(validation_alias=AliasPath("simulation", "total"))
    checksum: str
    approved_by: str | None
    approved_at: datetime | None


class SimulationAnswer(SimulationHeadAnswer):
    """A simulation as it was shown."""

    months: Groups = Field(validation_alias=AliasPath("simulation", "by_month"))
    customers: Groups = Field(validation_alias=AliasPath("simulation", "by_customer"))
    services: Groups = Field(validation_alias=AliasPath("simulation", "by_service"))
    lines: list[SimulatedLineAnswer] = Field(validation_alias=AliasPath("simulation", "lines"))
    notes: list[Told] = Field(validation_alias=AliasPath("simulation", "notes"))


@router.get("", operation_id="listSimulations")
async def list_simulations(here: ViewerHere) -> list[SimulationHeadAnswer]:
    """The newest twenty simulations, newest first."""
    return [told(SimulationHeadAnswer, one, here.said) for one in await approving.simulations(here.ws)]


@router.post("", operation_id="simulateRules", status_code=201)
async def simulate_rules(here: BillingHere, asked: SimulateAsked) -> SimulationAnswer:
    """Play rules over past months beside what was billed; nothing is written in the PSA and no rule is changed."""
    drafts = [rule.draft() for rule in asked.rules]
    made = await simulate(here.ws, drafts, month_of(asked.first), month_of(asked.last))
    return told(SimulationAnswer, await approving.simulation(here.ws, made.id), here.said)


@router.get("/{simulation}", operation_id="getSimulation")
async def get_simulation(here: ViewerHere, simulation: SimulationId) -> SimulationAnswer:
    """One simulation as it was shown."""
    return told(SimulationAnswer, await approving.simulation(here.ws, simulation), here.said)


@router.get(
    "/{simulation}/export",
    operation_id="exportSimulation",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "A CSV file."}},
)
async def export_simulation(here: ViewerHere, simulation: SimulationId) -> Response:
    """Its lines, month by month, as CSV."""
    found = await approving.simulation(here.ws, simulation)
    name = f"attachment; filename=trueup-{found.simulation.id}.csv"
    text = "".join(csv_lines(found.simulation, here.said))
    return Response(text, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})


@router.post("/{simulation}/approve", operation_id="approveSimulation")
async def approve_simulation(
    here: ApproverHere, simulation: SimulationId, asked: ApproveSimulation
) -> list[RuleSavedAnswer]:
    """Put its rules in force, all or none; refused where it is not what was shown, or rules were changed meanwhile."""
    saved = await approving.approve_simulation(here.ws, simulation, asked.checksum, asked.reason)
    return [told(RuleSavedAnswer, one, here.said) for one in saved]
