"""What is left of a plan's changes once runs have written some of them."""

from __future__ import annotations

from collections.abc import Sequence

from trueup.app.plans.deeds import PlanDeeds
from trueup.store.plan_projection import Part
from trueup.store.plan_rows import RowFilter
from trueup.store.plan_totals import PlanTotal
from trueup.store.tenant_store import TenantStore


def left_of(store: TenantStore, plan_id: str, deeds: PlanDeeds, totals: Sequence[PlanTotal]) -> tuple[PlanTotal, ...]:
    """Totals of a plan's parts, its changes without those lines that are in the PSA since; a part of a step.

    Only changes grow fewer: a line that waited and was released counts as one that waited until the next plan.
    """
    finished = deeds.finished()
    if not finished:
        return tuple(totals)
    wanted = RowFilter((Part.CHANGES,), lines=finished)
    done = {one.currency: one for one in store.plan_rows.worth(plan_id, wanted)}
    return tuple(
        total._replace(
            lines=total.lines - less.lines,
            moving=total.moving - less.lines,
            writable=total.writable - less.lines,
            monthly=total.monthly - less.monthly,
            amount=total.amount - less.amount,
        )
        if total.part is Part.CHANGES and (less := done.get(total.currency))
        else total
        for total in totals
    )
