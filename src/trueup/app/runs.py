"""Names of the steps that runs write down, in one place."""

from __future__ import annotations

from contextlib import suppress

import anyio

from trueup.app.errors import UseCaseError, failed
from trueup.app.workspace import Workspace
from trueup.core.reason import Reason
from trueup.psa.port import PsaReadError
from trueup.store.errors import StoreError
from trueup.store.runs import CUT_OFF, Run

APPLY = "apply "


def apply_step(plan_id: str) -> str:
    """Name of the step in which a run applies a plan."""
    return f"{APPLY}{plan_id}"


def applied_plan(run: Run) -> str:
    """The plan that a run of apply worked on. Raises UseCaseError `verify.not_an_apply_run`."""
    for step in run.steps:
        if step.name.startswith(APPLY):
            return step.name.removeprefix(APPLY)
    raise failed("verify.not_an_apply_run", run=run.id)


async def end_failed(ws: Workspace, run: str, error: BaseException) -> None:
    """Write down that a run failed, and why. Where the store is away too, the next round does it (`round.cut_off`)."""
    with anyio.CancelScope(shield=True), suppress(StoreError):
        await ws.step(ws.store.runs.finish, run, "failed", _reasons(error), now=ws.now())


def _reasons(error: BaseException) -> tuple[Reason, ...]:
    """None for an error that nobody expected: its text may quote anything."""
    if isinstance(error, PsaReadError):
        return (error.failure.reason,)
    if isinstance(error, UseCaseError | StoreError):
        return (error.reason,)
    return () if isinstance(error, Exception) else (CUT_OFF,)
