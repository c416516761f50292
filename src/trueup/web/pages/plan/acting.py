"""Forms of the plan: make one, approve and write, release, exclude, fix, decide about an edit, read back, take back.

What a person did not see is never approved: every form carries the plan's checksum, and a plan that differs by now is
answered with 409 and what to look at.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from trueup.app.drift.deciding import decide
from trueup.app.errors import Exit, UseCaseError
from trueup.app.plans.approving import approve
from trueup.app.plans.explaining import explain
from trueup.app.plans.planning import make_plan
from trueup.app.rulebook.adopting import adopt
from trueup.app.rulebook.rules import RuleDraft, RuleRefusedError, set_rule
from trueup.app.undo.planning import plan_undo_of
from trueup.app.writes import applying
from trueup.app.writes.verifying import verify
from trueup.core.rails.adoption import Adoption
from trueup.core.reason import Reason
from trueup.core.rule import DriftPolicy, Override, RuleLevel
from trueup.psa.port import PsaReadError
from trueup.web.asking import ApproverHere, BillingHere, Here, background_of
from trueup.web.doing import does
from trueup.web.faults import status_of
from trueup.web.pages.page import page
from trueup.web.pages.plan.routes import approval_page, line_page, run_page
from trueup.web.pages.plan.view import may_plan, room_of

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/plan")

Given = Annotated[str, Form(max_length=2000)]


def _reason(error: UseCaseError | PsaReadError | RuleRefusedError) -> Reason:
    if isinstance(error, PsaReadError):
        return error.failure.reason
    return error.reason


def _status(error: UseCaseError | PsaReadError) -> int:
    return 502 if isinstance(error, PsaReadError) else status_of(error.reason, error.exit_code)


@router.post("")
@does("makePlan")
async def make(request: Request, here: BillingHere) -> Response:
    """Make a plan from the newest usage and the PSA as it is now."""
    try:
        made = await make_plan(here.ws)
    except (UseCaseError, PsaReadError) as error:
        return page(
            request,
            here,
            "plan/none.html",
            room="plan",
            status=_status(error),
            base=room_of(here),
            may=may_plan(here),
            wrong=_reason(error),
        )
    return RedirectResponse(f"{room_of(here)}/{made.id}", 303)


@router.post("/{plan}/approve")
@does("approvePlan", "applyPlan")
async def approve_and_write(
    request: Request,
    here: ApproverHere,
    plan: str,
    checksum: Given,
    reason: Given = "",
    then: Given = "",
    line: Annotated[list[str] | None, Form(max_length=500)] = None,
) -> Response:
    """Approve what was on screen; with `then=write` also write it."""
    try:
        await approve(here.ws, plan, line, (), reason.strip() or None, checksum)
        if then == "write":
            return await _begun(request, here, plan)
    except UseCaseError as error:
        status = status_of(error.reason, error.exit_code)
        return await approval_page(request, here, plan, line, status=status, wrong=error.reason, reason=reason)
    return RedirectResponse(f"{room_of(here)}/{plan}", 303)


async def _begun(request: Request, here: Here, plan: str) -> Response:
    run = await background_of(request).begin(lambda started: applying.apply(here.ws, plan, started=started))
    return RedirectResponse(f"{room_of(here)}/run/{run}?begun=true", 303)


@router.post("/{plan}/apply")
@does("applyPlan")
async def write(request: Request, here: ApproverHere, plan: str) -> Response:
    """Write what is approved."""
    return await _begun(request, here, plan)


@router.post("/{plan}/line/{line}/release")
@does("approvePlan")
async def release(
    request: Request, here: ApproverHere, plan: str, line: str, checksum: Given, reason: Given = ""
) -> Response:
    """Release every guard rail that holds a line, with a reason, and approve its change."""
    found = await explain(here.ws, line, live=False)
    try:
        rails = found.releasable if found.plan_id == plan else ()
        if not reason.strip():
            raise UseCaseError(Reason.of("approve.reason_needed"), Exit.USAGE)
        together = await _together(here, plan, line)
        await approve(here.ws, plan, together, rails, reason.strip(), checksum)
    except UseCaseError as error:
        return await _line_refused(request, here, plan, line, error, "release", reason=reason)
    return await line_page(request, here, plan, line, done="released")


async def _together(here: Here, plan: str, line: str) -> tuple[str, ...]:
    """The line with those whose changes go with it or not at all."""
    outcomes = await here.ws.step(lambda: here.ws.store.plans.outcomes(plan, line_id=line, limit=1))
    return (line, *(outcomes[0][1].together if outcomes else ()))


@router.post("/{plan}/line/{line}/exclude")
@does("setRule")
async def exclude(request: Request, here: BillingHere, plan: str, line: str, reason: Given = "") -> Response:
    """Keep hands off a line from the next plan on."""
    draft = RuleDraft(level=RuleLevel.LINE, target=line, exclude=True, reason=reason.strip() or None)
    return await _ruled(request, here, plan, line, draft, "exclude", reason=reason)


@router.post("/{plan}/line/{line}/override")
@does("setRule")
async def override(
    request: Request, here: BillingHere, plan: str, line: str, units: Given = "", until: Given = "", reason: Given = ""
) -> Response:
    """Fix a line's units until a day, with a reason; from the next plan on."""
    typed = {"units": units, "until": until, "reason": reason}
    try:
        if not units.strip().isdecimal() or len(units) > 9:
            raise UseCaseError(Reason.of("rules.units_wrong", value=units), Exit.USAGE)
        if not reason.strip():
            raise UseCaseError(Reason.of("approve.reason_needed"), Exit.USAGE)
        try:
            last = date.fromisoformat(until) if until else None
        except ValueError:
            raise UseCaseError(Reason.of("rules.day_wrong", value=until), Exit.USAGE) from None
    except UseCaseError as error:
        return await _line_refused(request, here, plan, line, error, "override", **typed)
    fixed = Override(int(units), reason.strip(), last)
    draft = RuleDraft(level=RuleLevel.LINE, target=line, override=fixed, reason=reason.strip())
    return await _ruled(request, here, plan, line, draft, "override", **typed)


async def _ruled(
    request: Request, here: Here, plan: str, line: str, draft: RuleDraft, at: str, **typed: str
) -> Response:
    try:
        await set_rule(here.ws, draft)
    except (UseCaseError, PsaReadError) as error:
        return await _line_refused(request, here, plan, line, error, at, **typed)
    return await line_page(request, here, plan, line, done=at)


@router.post("/{plan}/line/{line}/edit")
@does("decideDrift")
async def edited(
    request: Request, here: ApproverHere, plan: str, line: str, policy: Given, reason: Given = ""
) -> Response:
    """Decide about a change that somebody made in the PSA: keep it, take it back, or fix the line at it."""
    try:
        await decide(here.ws, line, DriftPolicy(policy), reason)
    except ValueError:
        error = UseCaseError(Reason.of("rules.choice_wrong", value=policy), Exit.USAGE)
        return await _line_refused(request, here, plan, line, error, "edit", reason=reason)
    except (UseCaseError, PsaReadError) as error:
        return await _line_refused(request, here, plan, line, error, "edit", reason=reason)
    return await line_page(request, here, plan, line, done="edit")


@router.post("/{plan}/line/{line}/adopt")
@does("adoptLines")
async def adopted(
    request: Request, here: BillingHere, plan: str, line: str, choice: Given, reason: Given = ""
) -> Response:
    """Decide what becomes of a line that a rule takes over for the first time."""
    try:
        await adopt(here.ws, plan, Adoption(choice), reason, (line,))
    except ValueError:
        error = UseCaseError(Reason.of("rules.choice_wrong", value=choice), Exit.USAGE)
        return await _line_refused(request, here, plan, line, error, "adopt", reason=reason)
    except (UseCaseError, PsaReadError) as error:
        return await _line_refused(request, here, plan, line, error, "adopt", reason=reason)
    return await line_page(request, here, plan, line, done="adopt")


async def _line_refused(
    request: Request, here: Here, plan: str, line: str, error: UseCaseError | PsaReadError, at: str, **typed: str
) -> Response:
    return await line_page(
        request, here, plan, line, status=_status(error), wrong=_reason(error), wrong_at=at, typed=typed
    )


@router.post("/run/{run}/verify")
@does("verifyRun")
async def read_back(request: Request, here: BillingHere, run: str) -> Response:
    """Read every line of a run back from the PSA and show the proof."""
    try:
        proof = await verify(here.ws, run)
    except (UseCaseError, PsaReadError) as error:
        return await run_page(request, here, run, status=_status(error), wrong=_reason(error))
    return await run_page(request, here, run, proof=proof)


@router.post("/run/{run}/undo")
@does("undoRun")
async def take_back(request: Request, here: ApproverHere, run: str, reason: Given = "") -> Response:
    """Plan the opposite of what a run wrote; nothing is written until that plan is approved."""
    try:
        made = await plan_undo_of(here.ws, run, None, reason)
    except (UseCaseError, PsaReadError) as error:
        return await run_page(request, here, run, status=_status(error), wrong=_reason(error))
    return RedirectResponse(f"{room_of(here)}/{made.id}", 303)
