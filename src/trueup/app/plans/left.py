"""What is left of a plan once runs have written some of it."""

from __future__ import annotations

from collections.abc import Sequence

from trueup.app.plans.deeds import PlanDeeds
from trueup.store.plan_projection import Part
from trueup.store.plan_rows import PlanWorth, RowFilter
from trueup.store.plan_totals import PlanTotal
from trueup.store.tenant_store import TenantStore


def left_of(store: TenantStore, plan_id: str, deeds: PlanDeeds, totals: Sequence[PlanTotal]) -> tuple[PlanTotal, ...]:
    """Totals of a plan's parts, without those lines that are in the PSA since, be it that they were only approved or
    that they waited and were released; a part of a step."""
    finished = deeds.finished()
    if not finished:
        return tuple(totals)
    wanted = RowFilter((Part.WAITS, Part.CHANGES), lines=finished)
    done = {(one.part, one.currency): one for one in store.plan_rows.worth(plan_id, wanted)}
    return tuple(
        less(total, done[total.part, total.currency]) if (total.part, total.currency) in done else total
        for total in totals
    )


def less(total: PlanTotal, done: PlanWorth) -> PlanTotal:
    """A total without what is done of it. An entry (a new line, a unit cost) is done without having moved units, so
    units may still move where an amount is left."""
    monthly, amount = total.monthly - done.monthly, total.amount - done.amount
    return total._replace(
        lines=total.lines - done.lines,
        moving=max(total.moving - done.lines, int(bool(monthly or amount))),
        writable=total.writable - done.lines,
        monthly=monthly,
        amount=amount,
    )
