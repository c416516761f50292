"""A plan without its lines: its state, how long it holds, and its rows at hand for whoever looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from trueup.app.workspace import Workspace
from trueup.core.outcome import Plan
from trueup.core.settings import TenantSettings
from trueup.store.plans import OPEN, StoredPlan


@dataclass(frozen=True, slots=True)
class PlanHead:
    """A plan without its lines. `state` is `open`, `superseded`, `expired` (also where its time is over) or `applied`;
    `newest` says whether no plan is younger; `run` made it."""

    plan: Plan
    state: str
    expires_at: datetime
    newest: bool
    run: str | None

    @property
    def is_open(self) -> bool:
        """Whether it may be approved and applied."""
        return self.state == OPEN


def _head(ws: Workspace, stored: StoredPlan, settings: TenantSettings, *, newest: bool) -> PlanHead:
    expires = stored.plan.created_at + timedelta(hours=settings.plan_hours)
    over = stored.state == OPEN and ws.now() > expires
    return PlanHead(stored.plan, "expired" if over else stored.state, expires, newest, stored.run_id)


def head_of(ws: Workspace, plan_id: str | None, settings: TenantSettings) -> PlanHead | None:
    """A plan by its id, or the newest one, None where none was made yet; a part of a step. Its rows may have been let
    go. Raises StoreError `store.unknown_plan`."""
    found = ws.store.plans.list(limit=1)
    newest = bool(found) and plan_id in (None, found[0].plan.id)
    if newest:
        return _head(ws, found[0], settings, newest=True)
    return None if plan_id is None else _head(ws, ws.store.plans.head(plan_id), settings, newest=False)


def newest_plan(ws: Workspace) -> PlanHead | None:
    """The newest plan with its rows at hand; None where none was made yet. A step of its own."""
    with ws.store.reading():
        head = head_of(ws, None, ws.store.settings.get())
    return None if head is None else _with_rows(ws, head)


def plan_called(ws: Workspace, plan_id: str) -> PlanHead:
    """A plan by its id, with its rows at hand. A step of its own. Raises StoreError `store.unknown_plan`."""
    with ws.store.reading():
        head = cast("PlanHead", head_of(ws, plan_id, ws.store.settings.get()))
    return _with_rows(ws, head)


def _with_rows(ws: Workspace, head: PlanHead) -> PlanHead:
    if not ws.store.plan_rows.ready(head.plan.id):
        make_rows(ws, head)
    return head


def make_rows(ws: Workspace, head: PlanHead) -> None:
    """Rows of old plans were let go: they are made again. A step of its own."""
    ws.store.plan_rows.make(ws.store.plans.get(head.plan.id).plan)
