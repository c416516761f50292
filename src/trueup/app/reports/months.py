"""The last plan of each month: what reports over time are made from."""

from __future__ import annotations

from datetime import date

from trueup.core.outcome import Plan
from trueup.core.period import add_months
from trueup.store.tenant_store import TenantStore

_PLANS = 5_000
"""How many plans are looked through, newest first: nights of thirteen years."""


def last_plans(store: TenantStore, first: date, last: date) -> tuple[Plan, ...]:
    """The last plan of each month from the month of `first` to that of `last`, oldest first, without outcomes. A plan
    that takes back tells nothing of a month; a month without a plan is left out."""
    found: dict[date, Plan] = {}
    since = first.replace(day=1)
    for stored in store.plans.list(limit=_PLANS):
        plan = stored.plan
        if plan.as_of < since:
            break
        month = plan.as_of.replace(day=1)
        if plan.as_of <= month_end(last) and not any(note.code == "plan.undoes" for note in plan.notes):
            newest = found.get(month)
            if newest is None or newest.as_of < plan.as_of:
                found[month] = plan
    return tuple(found[month] for month in sorted(found))


def month_end(day: date) -> date:
    """The last day of the month of a day."""
    return date.fromordinal(add_months(day.replace(day=1), 1).toordinal() - 1)
