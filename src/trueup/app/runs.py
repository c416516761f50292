"""Names of the steps that runs write down, in one place."""

from __future__ import annotations

from trueup.app.errors import failed
from trueup.store.runs import Run

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
