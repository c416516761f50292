"""Usage that came late or again: which readings of which day, the value they had, and the value they have now.

A day's ordinary collection is made while it is still that usage day (before the next day's close). What is observed
later is a late day, or a correction where an earlier collection counted until then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from trueup.app.clock import usage_day
from trueup.core.counting.scope import OrganizationKey
from trueup.core.reason import Reason
from trueup.core.settings import TenantSettings
from trueup.core.usage import Coverage, Failure, Reading
from trueup.store.deliveries import Delivery
from trueup.store.tenant_store import TenantStore

REMEMBERED = timedelta(days=400)
"""How far back a day may lie whose correction is looked at."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """Corrections by organization, each a reason with its day, oldest day first."""

    by_organization: Mapping[OrganizationKey, tuple[Reason, ...]] = field(default_factory=dict)

    def first_day(self) -> date | None:
        """The oldest day that was corrected."""
        days = [
            day for found in self.by_organization.values() for one in found if isinstance(day := one.get("day"), date)
        ]
        return min(days, default=None)

    def of(self, organizations: Iterable[OrganizationKey], metrics: Iterable[str]) -> tuple[Reason, ...]:
        """Those of some metrics in some organizations, by day."""
        wanted = set(metrics)
        found = [
            one for key in organizations for one in self.by_organization.get(key, ()) if one.get("metric") in wanted
        ]
        return tuple(sorted(found, key=lambda one: (str(one.get("day")), one.params and str(one.params))))


def corrections(store: TenantStore, settings: TenantSettings, as_of: date) -> Corrections:
    """What arrived late or again within the days that a plan looks back; inside one moment of the database."""
    since = as_of - timedelta(days=settings.lookback_days)
    found: dict[OrganizationKey, list[Reason]] = defaultdict(list)
    for connection in store.connections.list("module"):
        attempts: dict[date, list[Delivery]] = defaultdict(list)
        missed = {one.day: one.failure for one in store.missed.list(connection.name)}
        for one in store.usage.deliveries(connection.name, as_of - REMEMBERED, as_of, all_attempts=True):
            if one.coverage is not Coverage.UNKNOWN and one.state != "outranked":
                attempts[one.day].append(one)
        for day, counted in sorted(attempts.items()):
            newest = counted[-1]
            observed = usage_day(newest.observed_at, settings)
            if newest.state == "current" and observed > day and observed >= since:
                before = _counted_before(counted[:-1], settings, was_missed=day in missed)
                for key, reason in _changed(store, connection.name, newest, before, missed.get(day)):
                    found[connection.name, key].append(reason)
    return Corrections({key: tuple(reasons) for key, reasons in found.items()})


def _counted_before(earlier: Sequence[Delivery], settings: TenantSettings, *, was_missed: bool) -> Delivery | None:
    """The collection that a day's newest one corrects; None where the day came late. Pieces of a late day that arrive
    one after the other are no corrections of each other, nor is what came of a missed day before it was cut off."""
    whole = (
        one
        for one in reversed(earlier)
        if one.coverage is Coverage.MEASURED or (not was_missed and usage_day(one.observed_at, settings) <= one.day)
    )
    return next(whole, None)


def _changed(
    store: TenantStore, connection: str, newest: Delivery, before: Delivery | None, missed: Failure | None
) -> Iterable[tuple[str, Reason]]:
    now = _readings(store, connection, newest)
    was = _readings(store, connection, before) if before is not None else {}
    for place in sorted(now.keys() | was.keys()):
        new, old = now.get(place), was.get(place)
        if new is not None and old is not None and (new.value, new.coverage) == (old.value, old.coverage):
            continue
        metric, organization = place
        code, why = "catch_up.recollected", {}
        if before is None:
            code = "catch_up.late" if missed is None else "catch_up.late_after"
            why = {} if missed is None else {"category": missed.category.value, "failure": missed.reason.code}
        yield (
            organization,
            Reason.of(
                code,
                **why,
                day=newest.day,
                connection=connection,
                organization=organization,
                metric=metric,
                was=old.value if old else None,
                now=new.value if new else None,
            ),
        )


def _readings(store: TenantStore, connection: str, delivery: Delivery) -> dict[tuple[str, str], Reading]:
    readings = store.usage.readings_of_attempt(delivery.day, connection, delivery.attempt)
    return {(one.metric, one.organization): one for one in readings}
