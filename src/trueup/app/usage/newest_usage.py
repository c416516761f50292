"""What each organization of a module uses on its connection's newest delivered day, by billing type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from trueup.core.usage import Coverage
from trueup.store.tenant_store import TenantStore

if TYPE_CHECKING:
    from trueup.core.counting.scope import OrganizationKey


@dataclass(frozen=True, slots=True)
class UsageFigure:
    """One metric of one organization: the module's name for it, what it counts, and what the value is worth."""

    metric: str
    label: str
    unit: str
    value: Decimal
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class NewestUsage:
    """Usage by organization; `days` holds the day that each connection delivered last."""

    days: Mapping[str, date]
    figures: Mapping[OrganizationKey, tuple[UsageFigure, ...]]

    def of(self, key: OrganizationKey) -> tuple[UsageFigure, ...]:
        """What an organization uses, most first; what it does not use is left out."""
        return self.figures.get(key, ())

    def weight(self, key: OrganizationKey) -> Decimal:
        """How much an organization matters: its largest figure, because billing types count the same items again."""
        return max((figure.value for figure in self.of(key)), default=Decimal(0))


def newest_usage(store: TenantStore) -> NewestUsage:
    """Read it from the store, one moment of the database."""
    days: dict[str, date] = {}
    found: dict[OrganizationKey, list[UsageFigure]] = defaultdict(list)
    with store.reading():
        types = {kind.key: kind for kind in store.usage.billing_types()}
        for connection in store.connections.list("module"):
            day = store.connections.state(connection.name).delivered_day
            if day is None:
                continue
            days[connection.name] = day
            for reading in store.usage.readings(day, day, connections=[connection.name]):
                kind = types.get(reading.metric)
                if reading.value:
                    label, unit = (kind.label, kind.unit) if kind else (reading.metric, "item")
                    figure = UsageFigure(reading.metric, label, unit, reading.value, reading.coverage)
                    found[connection.name, reading.organization].append(figure)
    ordered = {
        key: tuple(sorted(figures, key=lambda figure: (-figure.value, figure.label))) for key, figures in found.items()
    }
    return NewestUsage(days, ordered)
