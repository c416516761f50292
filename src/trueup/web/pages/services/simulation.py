"""A simulation as a page: what the tried rules would have billed, and the one approval that puts them in force."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.errors import UseCaseError
from trueup.app.rulebook.rules import RuleRefusedError
from trueup.app.simulations.approving import approve_simulation, simulation
from trueup.core.expression import ExpressionError
from trueup.core.reason import Reason
from trueup.core.roles import Role
from trueup.messages.rule_sentence import sentence_of
from trueup.web.api.simulations import export_simulation
from trueup.web.asking import ApproverHere, Here, ViewerHere
from trueup.web.doing import does, shows
from trueup.web.faults import status_of
from trueup.web.pages.addresses import with_query
from trueup.web.pages.page import page

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/services/simulation")

Id = Annotated[str, Query(alias="id", max_length=200)]
Given = Annotated[str, Form(max_length=2000)]


async def _shown(
    request: Request,
    here: Here,
    simulation_id: str,
    *,
    status: int = 200,
    wrong: Reason | None = None,
    reason: str = "",
) -> HTMLResponse:
    stored = await simulation(here.ws, simulation_id)
    return page(
        request,
        here,
        "services/simulation.html",
        room="services",
        status=status,
        stored=stored,
        made=stored.simulation,
        sentence=lambda rule: sentence_of(rule, here.said),
        may=here.role.includes(Role.APPROVER),
        wrong=wrong,
        reason=reason,
    )


@router.get("")
@shows("getSimulation")
async def one_simulation(request: Request, here: ViewerHere, simulation_id: Id) -> HTMLResponse:
    """One simulation as it was shown."""
    return await _shown(request, here, simulation_id)


@router.get("/export")
@shows("exportSimulation")
async def export(here: ViewerHere, simulation_id: Id) -> Response:
    """Its lines, month by month, as CSV."""
    return await export_simulation(here, simulation_id)


@router.post("/approve")
@does("approveSimulation")
async def approve(
    request: Request,
    here: ApproverHere,
    simulation_id: Annotated[str, Form(alias="id", max_length=200)],
    checksum: Given,
    reason: Given = "",
) -> Response:
    """Put the rules in force, bound to what the page showed."""
    try:
        saved = await approve_simulation(here.ws, simulation_id, checksum, reason.strip())
    except (UseCaseError, RuleRefusedError) as error:
        status = status_of(error.reason, error.exit_code)
        return await _shown(request, here, simulation_id, status=status, wrong=error.reason, reason=reason)
    except ExpressionError as error:
        wrong = Reason.of("held.expression", error=error.code, position=error.position, text=error.text)
        return await _shown(request, here, simulation_id, status=422, wrong=wrong, reason=reason)
    service = saved[0].rule.service_id
    return RedirectResponse(with_query(f"/t/{here.tenant}/services/one", id=service, saved="rule"), 303)
