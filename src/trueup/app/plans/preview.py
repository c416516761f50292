"""What an approval would cover, before anybody gives it: lines, customers, money now and a month."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from trueup.app.plans.deeds import deeds_of
from trueup.app.plans.heads import PlanHead, plan_called
from trueup.app.workspace import Workspace
from trueup.core.rule import Mode
from trueup.store.plan_projection import Part
from trueup.store.plan_rows import PlanRow, PlanWorth, RowFilter

LISTED: Final = 100
"""How many lines are named before an approval; more are only counted."""


@dataclass(frozen=True, slots=True)
class ApprovalPreview:
    """What would be written. `checksum` is what an approval is bound to; `lines` those that were named, None for every
    change of the plan that is not written yet; `worth` by currency; `rows` are the first of the lines, at most
    `LISTED`."""

    head: PlanHead
    checksum: str
    lines: tuple[str, ...] | None
    worth: tuple[PlanWorth, ...]
    rows: tuple[PlanRow, ...]

    @property
    def count(self) -> int:
        """How many lines."""
        return sum(one.lines for one in self.worth)

    @property
    def customers(self) -> int:
        """How many customers; one that has lines in several currencies counts in each."""
        return sum(one.customers for one in self.worth)


def _preview(ws: Workspace, plan_id: str, lines: Collection[str] | None) -> ApprovalPreview:
    head = plan_called(ws, plan_id)
    named = None if lines is None else tuple(dict.fromkeys(lines))
    store = ws.store
    with store.reading():
        written = deeds_of(store, plan_id).finished() if named is None else ()
        wanted = RowFilter((Part.CHANGES,), lines=named, without=written or None)
        worth = store.plan_rows.worth(plan_id, wanted)
        rows = tuple(row for row in store.plan_rows.page(plan_id, wanted, limit=LISTED) if row.mode != Mode.READ_ONLY)
    return ApprovalPreview(head, head.plan.checksum, named, worth, rows)


async def preview_approval(ws: Workspace, plan_id: str, lines: Collection[str] | None = None) -> ApprovalPreview:
    """What approving all changes of a plan would write, or those of the named lines; held lines are released one by
    one (`trueup.app.plans.approving.approve` with `releases`). Raises StoreError `store.unknown_plan`."""
    return await ws.step(_preview, ws, plan_id, lines)
