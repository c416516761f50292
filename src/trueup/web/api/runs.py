"""Runs: a plan applied, how far it has come, what became of each line, the proof, and the way back."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request, Response

from trueup.app.activity import runs_shown
from trueup.app.plans import worth
from trueup.app.undo import planning as undoing
from trueup.app.writes import applying, verifying
from trueup.web.api.paging import DEFAULT, Cursor, Limit, PageAnswer, cursor_at, listing_name, position_of
from trueup.web.api.plan_shapes import PlanAnswer
from trueup.web.api.plans import PlanId, plan_answer, plan_called
from trueup.web.api.routing import PREFIX, api_router
from trueup.web.api.run_shapes import BegunAnswer, ProofAnswer, RunAnswer, RunHead, RunLineAnswer, UndoAsked
from trueup.web.api.shapes import Name, joined, told
from trueup.web.asking import ApproverHere, BillingHere, ViewerHere, background_of

router = api_router("runs")

RunId = Annotated[Name, Path(description="Id of a run.")]


@router.post("/plans/{plan}/apply", operation_id="applyPlan", status_code=202)
async def apply_plan(request: Request, response: Response, here: ApproverHere, plan: PlanId) -> BegunAnswer:
    """Write the approved changes of a plan to the PSA, each exactly once. Answers when the run has begun; its progress
    is in the run."""
    plan_id = await plan_called(here, plan)
    run = await background_of(request).begin(lambda started: applying.apply(here.ws, plan_id, started=started))
    response.headers["Location"] = f"{PREFIX}/runs/{run}"
    return BegunAnswer(run=run)


@router.get("/runs", operation_id="listRuns")
async def list_runs(
    here: ViewerHere,
    kind: Annotated[Name | None, Query(description="`collect`, `plan`, `apply`, `undo`, `import`.")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT,
) -> PageAnswer[RunHead]:
    """Runs, newest first."""
    of = listing_name("listRuns", {"kind": kind})
    behind = position_of(cursor, of)
    rows = await runs_shown.runs_listed(here.ws, int(behind[0]) if behind else None, limit + 1, kind)
    items = [told(RunHead, run, here.said) for _, run in rows[:limit]]
    return PageAnswer(items=items, next=cursor_at((rows[limit - 1][0],), of) if len(rows) > limit else None)


@router.get("/runs/{run}", operation_id="getRun")
async def get_run(here: ViewerHere, run: RunId) -> RunAnswer:
    """One run, while it is under way and afterwards."""
    found = await runs_shown.run_shown(here.ws, run)
    more = {"plan": found.plan_id, "changes": found.changes, "approved": found.approved}
    return told(RunAnswer, joined(found.run, **more), here.said)


@router.get("/runs/{run}/lines", operation_id="listRunLines")
async def list_run_lines(
    here: ViewerHere, run: RunId, cursor: Cursor = None, limit: Limit = DEFAULT
) -> PageAnswer[RunLineAnswer]:
    """Every change of a run, as the journal has it."""
    of = listing_name("listRunLines", {"run": run})
    behind = position_of(cursor, of)
    rows = await runs_shown.run_lines(here.ws, run, int(behind[0]) if behind else 0, limit + 1)
    items = [told(RunLineAnswer, one, here.said) for one in rows[:limit]]
    return PageAnswer(items=items, next=cursor_at((rows[limit - 1].intent.id,), of) if len(rows) > limit else None)


@router.post("/runs/{run}/verify", operation_id="verifyRun")
async def verify_run(here: BillingHere, run: RunId) -> ProofAnswer:
    """Read the PSA again and compare every line of a run with what was to be there."""
    return told(ProofAnswer, await verifying.verify(here.ws, run), here.said)


@router.post("/runs/{run}/undo", operation_id="undoRun", status_code=201)
async def undo_run(here: ApproverHere, run: RunId, asked: UndoAsked) -> PlanAnswer:
    """Plan the opposite of what a run wrote and what is still in force; the plan is approved and applied like any."""
    lines = tuple(asked.lines) if asked.lines else None
    made = await undoing.plan_undo_of(here.ws, run, lines, asked.reason)
    return plan_answer(await worth.plan_shown(here.ws, made.id), here)
