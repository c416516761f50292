"""What a customer uses of an organization that it shares, on one day of each connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """Splits figures of shared organizations. `days` are those that the figures are of, by connection (None: the newest
    ones). Reads the store where there are any."""

    def __init__(
        self, store: TenantStore, shared: Sequence[OrganizationKey], days: Mapping[str, date] | None = None
    ) -> None:
        names = {place[0] for place in shared}
        if days is None:
            newest = {name: store.connections.state(name).delivered_day for name in names}
            days = {name: day for name, day in newest.items() if day is not None}
        self._days = {name: day for name, day in days.items() if name in names}
        first, last = min(self._days.values(), default=date.min), max(self._days.values(), default=date.min)
        types = store.usage.billing_types()
        window = PlanDays(last, first, last, first)
        self._counter = ItemCounter(item_history(store, window, (), types, (), shared if self._days else ()))

    def part(self, place: OrganizationKey, figure: UsageFigure, item_filter: str | None) -> Decimal:
        """A customer's part of a figure; zero where the items cannot tell."""
        if item_filter is None:
            return figure.value
        day = self._days.get(place[0])
        if day is None or not self._counter.counts_items(figure.metric):
            return Decimal(0)
        return Decimal(self._counter.count(figure.metric, place, ItemFilter((item_filter,))).on(day) or 0)
