"""What a customer uses of an organization that it shares, on the newest day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from trueup.app.plans.assembling import PlanDays
from trueup.app.plans.item_side import item_history
from trueup.app.usage.newest_usage import UsageFigure
from trueup.core.counting.item_counting import ItemCounter
from trueup.core.counting.item_filter import ItemFilter
from trueup.core.counting.scope import OrganizationKey
from trueup.store.tenant_store import TenantStore


class SharedFigures:
    """Splits the newest figures of shared organizations. Reads the store where there are any."""

    def __init__(self, store: TenantStore, shared: Sequence[OrganizationKey]) -> None:
        states = {name: store.connections.state(name).delivered_day for name in {place[0] for place in shared}}
        self._days = {name: day for name, day in states.items() if day is not None}
        first, last = min(self._days.values(), default=date.min), max(self._days.values(), default=date.min)
        types = store.usage.billing_types()
        days = PlanDays(last, first, last, first)
        self._counter = ItemCounter(item_history(store, days, (), types, (), shared if self._days else ()))

    def part(self, place: OrganizationKey, figure: UsageFigure, item_filter: str | None) -> Decimal:
        """A customer's part of a figure; zero where the items cannot tell."""
        if item_filter is None:
            return figure.value
        day = self._days.get(place[0])
        if day is None or not self._counter.counts_items(figure.metric):
            return Decimal(0)
        return Decimal(self._counter.count(figure.metric, place, ItemFilter((item_filter,))).on(day) or 0)
