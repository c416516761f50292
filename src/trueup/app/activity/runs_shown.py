"""Runs as they can be looked at while they are under way and afterwards: how far, and what became of each line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from trueup.app.margins.written_costs import WrittenCost, is_cost, written_cost
from trueup.app.runs import APPLY
from trueup.app.workspace import Workspace
from trueup.core.outcome import Outcome
from trueup.store.journal import Intent
from trueup.store.runs import Run
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class RunShown:
    """A run with its steps. Of a run that writes: its plan, so many changes by state, and so many lines in all that
    the plan's approvals cover (None for other runs)."""

    run: Run
    plan_id: str | None = None
    changes: Mapping[str, int] | None = None
    approved: int | None = None


@dataclass(frozen=True, slots=True)
class RunLine:
    """One change of a run, with the names of its line; empty where the plan no longer says."""

    intent: Intent
    customer_name: str
    service_name: str

    @property
    def cost(self) -> WrittenCost | None:
        """Where the change is a unit cost: which."""
        return written_cost(self.intent) if is_cost(self.intent) else None


def _plan_of(run: Run) -> str | None:
    return next((step.name.removeprefix(APPLY) for step in run.steps if step.name.startswith(APPLY)), None)


def _shown(store: TenantStore, run_id: str) -> RunShown:
    with store.reading():
        run = store.runs.get(run_id)
        plan_id = _plan_of(run)
        if plan_id is None:
            return RunShown(run)
        states = Counter(intent.state.value for intent in store.journal.of_run(run_id))
        approved = {digest for approval in store.plans.approvals(plan_id) for digest in approval.digests}
        return RunShown(run, plan_id, dict(states), len(approved))


async def run_shown(ws: Workspace, run_id: str) -> RunShown:
    """One run. Raises StoreError `store.unknown_run`."""
    return await ws.step(_shown, ws.store, run_id)


async def runs_listed(
    ws: Workspace, behind: int | None, limit: int, kind: str | None = None
) -> tuple[tuple[int, Run], ...]:
    """Runs without their steps, newest first, each with its place; from the one behind `behind` on."""
    return await ws.step(ws.store.runs.before, behind, limit, kind)


def _lines(store: TenantStore, run_id: str, behind: int, limit: int) -> tuple[RunLine, ...]:
    with store.reading():
        store.runs.get(run_id)
        intents = [one for one in store.journal.of_run(run_id) if one.id > behind][:limit]
        names: dict[tuple[str, str], Outcome] = {}
        for one in intents:
            if (one.plan_id, one.line_id) not in names:
                found = store.plans.outcomes(one.plan_id, line_id=one.line_id, limit=1)
                names.update(((one.plan_id, one.line_id), outcome) for _, outcome in found)
    return tuple(_line(one, names.get((one.plan_id, one.line_id))) for one in intents)


def _line(intent: Intent, outcome: Outcome | None) -> RunLine:
    return RunLine(intent, outcome.customer_name if outcome else "", outcome.service_name if outcome else "")


async def run_lines(ws: Workspace, run_id: str, behind: int, limit: int) -> tuple[RunLine, ...]:
    """The changes of a run, by their numbers in the journal. Raises StoreError `store.unknown_run`."""
    return await ws.step(_lines, ws.store, run_id, behind, limit)
