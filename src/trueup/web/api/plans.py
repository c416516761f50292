"""Plans: made, read, approved; and what one line's units come from."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Path, Query

from trueup.app.plans import approving, explaining, planning, worth
from trueup.app.plans.plan_parts import PlanPart
from trueup.app.plans.preview import preview_approval
from trueup.app.plans.said_by_persons import newest_releases
from trueup.app.rulebook import adopting
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.rails.adoption import Adoption
from trueup.store.errors import StoreError
from trueup.web.api.explanation_shapes import ExplanationAnswer
from trueup.web.api.paging import DEFAULT, Cursor, Limit, PageAnswer, cursor_at, listing_name, position_of
from trueup.web.api.plan_shapes import (
    Adopt,
    AdoptedAnswer,
    AdoptedList,
    ApprovalAnswer,
    ApprovalPreviewAnswer,
    Approve,
    ApprovedAnswer,
    MakePlan,
    OutcomeAnswer,
    PlanAnswer,
    PlanHead,
    ReleaseAnswer,
    SecondApproval,
)
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Name, joined, told
from trueup.web.asking import ApproverHere, BillingHere, Here, ViewerHere

router = api_router("plans")

PlanId = Annotated[Name, Path(description="Id of a plan, or `latest`.")]
Filter = Annotated[Name | None, Query()]


async def plan_called(here: Here, plan: str) -> str:
    """The plan's id; of `latest` the newest one's. Raises StoreError `store.unknown_plan` where there is none."""
    if plan != "latest":
        return plan
    newest = await here.ws.step(here.ws.store.plans.list, limit=1)
    if not newest:
        raise StoreError("store.unknown_plan", plan=plan)
    return newest[0].plan.id


@router.get("/plans", operation_id="listPlans")
async def list_plans(here: ViewerHere, cursor: Cursor = None, limit: Limit = DEFAULT) -> PageAnswer[PlanHead]:
    """Plans, newest first."""
    of = listing_name("listPlans")
    behind = position_of(cursor, of)
    rows = await worth.plans_shown(here.ws, int(behind[0]) if behind else None, limit + 1)
    items = [told(PlanHead, stored, here.said) for _, stored in rows[:limit]]
    return PageAnswer(items=items, next=cursor_at((rows[limit - 1][0],), of) if len(rows) > limit else None)


@router.post("/plans", operation_id="makePlan", status_code=201)
async def make_plan(here: BillingHere, asked: MakePlan) -> PlanAnswer:
    """Read the PSA and say what should change; nothing is written to it. The plan before is superseded."""
    made = await planning.make_plan(here.ws, asked.as_of)
    return plan_answer(await worth.plan_shown(here.ws, made.id), here)


def plan_answer(found: worth.PlanShown, here: Here) -> PlanAnswer:
    """A plan with its counts and totals."""
    return told(PlanAnswer, joined(found.stored, counts=found.counts, totals=found.totals), here.said)


@router.get("/plans/{plan}", operation_id="getPlan")
async def get_plan(here: ViewerHere, plan: PlanId) -> PlanAnswer:
    """One plan: its state, so many lines of each status, what they are worth."""
    return plan_answer(await worth.plan_shown(here.ws, await plan_called(here, plan)), here)


@router.get("/plans/{plan}/outcomes", operation_id="listOutcomes")
async def list_outcomes(
    here: ViewerHere,
    plan: PlanId,
    status: Annotated[OutcomeStatus | None, Query()] = None,
    customer: Filter = None,
    service: Filter = None,
    line: Filter = None,
    code: Annotated[Name | None, Query(description="Code of one of its reasons.")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT,
) -> PageAnswer[OutcomeAnswer]:
    """What a plan says about each line, in its own order; all given filters must fit."""
    plan_id = await plan_called(here, plan)
    filters = {"plan": plan_id, "status": status, "customer": customer, "service": service, "line": line, "code": code}
    of = listing_name("listOutcomes", filters)
    behind = position_of(cursor, of)
    store = here.ws.store
    await here.ws.step(store.plans.head, plan_id)
    rows = await here.ws.step(
        store.plans.outcomes,
        plan_id,
        status=status,
        customer_id=customer,
        service_id=service,
        line_id=line,
        code=code,
        after=int(behind[0]) if behind else -1,
        limit=limit + 1,
    )
    own = (await here.ws.step(store.settings.get)).currency
    items = [told(OutcomeAnswer, _with_currency(one, own), here.said) for _, one in rows[:limit]]
    return PageAnswer(items=items, next=cursor_at((rows[limit - 1][0],), of) if len(rows) > limit else None)


def _with_currency(outcome: Outcome, own: str | None) -> Outcome:
    return outcome if outcome.currency or own is None else replace(outcome, currency=own)


@router.get("/plans/{plan}/approval-preview", operation_id="previewApproval")
async def approval_preview(
    here: ApproverHere,
    plan: PlanId,
    line: Annotated[list[Name] | None, Query(max_length=500, description="Ids of lines; none for all changes.")] = None,
) -> ApprovalPreviewAnswer:
    """What an approval of all changes would write, or of the named lines, before anybody gives it."""
    found = await preview_approval(here.ws, await plan_called(here, plan), line)
    return told(ApprovalPreviewAnswer, found, here.said)


@router.get("/plans/{plan}/approvals", operation_id="listApprovals")
async def list_approvals(here: ViewerHere, plan: PlanId) -> list[ApprovalAnswer]:
    """Who approved what of a plan, oldest first."""
    plan_id = await plan_called(here, plan)
    await here.ws.step(here.ws.store.plans.head, plan_id)
    found = await here.ws.step(here.ws.store.plans.approvals, plan_id)
    return [told(ApprovalAnswer, one, here.said) for one in found]


@router.post("/plans/{plan}/approvals", operation_id="approvePlan", status_code=201)
async def approve_plan(here: ApproverHere, plan: PlanId, asked: Approve) -> ApprovedAnswer:
    """Approve the changes of a plan, and held lines whose guard rails are all named in `releases`."""
    done = await approving.approve(
        here.ws,
        await plan_called(here, plan),
        asked.lines,
        tuple(asked.releases),
        asked.reason,
        asked.checksum,
        PlanPart(asked.customer, asked.service, asked.group),
    )
    return ApprovedAnswer(
        approval=told(ApprovalAnswer, done.approval, here.said),
        lines=[outcome.line_id for outcome in done.outcomes],
        released=list(done.released),
        second_approval=[SecondApproval(line=line, approved_by=list(persons)) for line, persons in done.second],
    )


@router.post("/plans/{plan}/adoptions", operation_id="adoptLines", status_code=201)
async def adopt_lines(here: BillingHere, plan: PlanId, asked: Adopt) -> AdoptedList:
    """Decide for lines that a rule takes over: keep the difference, keep it as a minimum, or leave them alone."""
    part = PlanPart(asked.customer, asked.service, asked.group)
    made = await adopting.adopt(
        here.ws, await plan_called(here, plan), Adoption(asked.choice), asked.reason, asked.lines, part
    )
    return AdoptedList(adopted=[told(AdoptedAnswer, one, here.said) for one in made])


@router.get("/releases", operation_id="listReleases")
async def list_releases(here: ViewerHere, limit: Limit = DEFAULT) -> list[ReleaseAnswer]:
    """The newest releases of guard rails, newest first."""
    found = await here.ws.step(newest_releases, here.ws.store, limit)
    return [told(ReleaseAnswer, one, here.said) for one in found]


@router.get("/lines/{line}/explanation", operation_id="explainLine")
async def explain_line(
    here: ViewerHere,
    line: Annotated[Name, Path(description="Id of a contract line.")],
    live: Annotated[bool, Query(description="Whether the PSA is asked for the line's units of now.")] = False,
) -> ExplanationAnswer:
    """The whole chain from items by name to units and money, as the latest plan decided it."""
    found = await explaining.explain(here.ws, line, live=live)
    own = (await here.ws.step(here.ws.store.settings.get)).currency
    return told(ExplanationAnswer, replace(found, currency=found.currency or own), here.said, own)
