"""How each tenant stands, for whoever runs the installation: last night, what waits, money, modules. No customer, no
line and no name of a person is among it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from trueup.app.clock import usage_day
from trueup.app.people.installation import Installation
from trueup.app.usage.source_age import MONTHLY, is_monthly
from trueup.core.money import sum_by_currency
from trueup.core.naming import plain
from trueup.core.reason import Reason
from trueup.core.settings import TenantSettings
from trueup.core.usage import Coverage
from trueup.store.codec import decode
from trueup.store.errors import StoreError
from trueup.store.glance import ModuleGlance, TenantGlance


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount a month in one currency; None where a contract says none."""

    currency: str | None
    amount: Decimal


class TenantState(StrEnum):
    """The one state of a tenant, the worst first: it cannot be read; writes have no known end; the last night failed;
    modules failed, are blocked or silent; lines wait for a person; nothing was ever planned; all is in order; it
    rests."""

    UNREADABLE = "unreadable"
    UNSETTLED = "unsettled"
    NIGHT_FAILED = "night_failed"
    MODULES = "modules"
    WAITS = "waits"
    BEGUN = "begun"
    RIGHT = "right"
    SUSPENDED = "suspended"


_STATES: Final = tuple(TenantState)
_TROUBLE: Final = frozenset(_STATES[: _STATES.index(TenantState.WAITS)])


@dataclass(frozen=True, slots=True)
class TenantStanding:
    """One tenant. `night` is when the last round ended and whether it failed; `waiting` counts the lines of the newest
    plan that wait for a person, `billed` is what its lines bill a month, `unsettled` writes whose end is not known.
    Where a tenant cannot be read, `trouble` says why and the rest is empty."""

    tenant: str
    name: str = ""
    suspended: bool = False
    night: datetime | None = None
    night_failed: bool = False
    planned: date | None = None
    waiting: int = 0
    billed: tuple[Amount, ...] = ()
    modules: int = 0
    modules_in_trouble: int = 0
    unsettled: int = 0
    trouble: Reason | None = None

    @property
    def state(self) -> TenantState:
        """The worst that is to be said of it."""
        worst = (
            bool(self.trouble),
            bool(self.unsettled),
            self.night_failed,
            bool(self.modules_in_trouble),
            bool(self.waiting) and not self.suspended,
            self.planned is None and not self.suspended,
            not self.suspended,
            True,
        )
        return _STATES[worst.index(True)]

    @property
    def in_trouble(self) -> bool:
        """Whether somebody has to look into it."""
        return self.state in _TROUBLE

    @property
    def order(self) -> tuple[int | str, ...]:
        """Its place among others, worst first; different for any two."""
        rank = _STATES.index(self.state)
        return rank, -self.unsettled, -self.modules_in_trouble, -self.waiting, self.tenant


class Show(StrEnum):
    """Which tenants are looked at."""

    TROUBLE = "trouble"
    WAITING = "waiting"
    SUSPENDED = "suspended"


_SHOWN: Final = {
    Show.TROUBLE: lambda one: one.in_trouble,
    Show.WAITING: lambda one: one.waiting > 0,
    Show.SUSPENDED: lambda one: one.suspended,
}


@dataclass(frozen=True, slots=True)
class Totals:
    """Several tenants together: how many there are, are in trouble, have lines that wait, rest; the lines that wait;
    and what is billed a month, each currency by itself."""

    tenants: int
    in_trouble: int
    with_waiting: int
    suspended: int
    waiting: int
    billed: tuple[Amount, ...]


def _trouble(one: ModuleGlance, settings: TenantSettings, today: date) -> bool:
    """Whether a module failed, is blocked, delivered a part or fell silent: what `ModuleState.stands` says of it."""
    if one.refused or one.failed:
        return True
    if one.delivered_at is None or one.delivered_day is None or one.coverage is None:
        return False
    monthly = is_monthly(one.kind, msgspec.json.decode(one.settings, type=dict[str, str]))
    age = timedelta(days=MONTHLY if monthly else settings.stale_days)
    return today - one.delivered_day > age or one.coverage == Coverage.PARTIAL


def _standing(tenant: str, found: TenantGlance, now: datetime) -> TenantStanding:
    try:
        settings = decode(found.settings, TenantSettings)
        today = usage_day(now, settings)
        billed = sum_by_currency((one.currency or settings.currency, one.recurring) for one in found.sums)
        night = found.night
        return TenantStanding(
            tenant=tenant,
            name=settings.name,
            suspended=settings.suspended,
            night=night.ended_at if night is not None else None,
            night_failed=night is not None and night.status == "failed",
            planned=found.plan.as_of if found.plan is not None else None,
            waiting=sum(one.waiting for one in found.sums) - found.released,
            billed=_amounts(billed.items()),
            modules=len(found.modules),
            modules_in_trouble=sum(_trouble(one, settings, today) for one in found.modules),
            unsettled=found.unsettled,
        )
    except StoreError as error:
        return TenantStanding(tenant, trouble=error.reason)


def _amounts(billed: Iterable[tuple[str | None, Decimal]]) -> tuple[Amount, ...]:
    return tuple(Amount(currency, amount) for currency, amount in sorted(billed, key=lambda one: one[0] or ""))


def _seen(house: Installation, tenant: str | None = None) -> dict[str, TenantGlance]:
    """All tenants, or one; what the newest plan of an earlier version says is counted first. A step of its own."""
    database = house.database
    found = database.glance(tenant)
    made = False
    for name, one in found.items():
        if one.plan is not None and not one.plan.ready:
            with suppress(StoreError):  # a tenant that cannot be read hides no other
                store = database.tenant(name)
                store.plan_rows.make(store.plans.get(one.plan.id).plan)
                made = True
    return database.glance(tenant) if made else found


async def standings(house: Installation) -> tuple[TenantStanding, ...]:
    """Every tenant, by id; one that cannot be read hides no other."""
    found = await house.step(_seen, house)
    now = house.now()
    return tuple(_standing(tenant, one, now) for tenant, one in found.items())


async def standing_of(house: Installation, tenant: str) -> TenantStanding:
    """One of them. Raises StoreError `store.unknown_tenant`."""
    found = await house.step(_seen, house, tenant)
    if tenant not in found:
        raise StoreError("store.unknown_tenant", tenant=tenant)
    return _standing(tenant, found[tenant], house.now())


def chosen(found: Iterable[TenantStanding], text: str = "", show: Show | None = None) -> list[TenantStanding]:
    """Those that are looked at, worst first: each word that was typed stands in the id or the name."""
    words = plain(text).split() if text.strip() else []
    fits = [one for one in found if show is None or _SHOWN[show](one)]
    fits = [one for one in fits if all(word in f"{one.tenant} {plain(one.name)}" for word in words)]
    return sorted(fits, key=lambda one: one.order)


def totals_of(found: Iterable[TenantStanding]) -> Totals:
    """Several together."""
    every = list(found)
    billed = sum_by_currency((amount.currency, amount.amount) for one in every for amount in one.billed)
    return Totals(
        tenants=len(every),
        in_trouble=sum(one.in_trouble for one in every),
        with_waiting=sum(one.waiting > 0 for one in every),
        suspended=sum(one.suspended for one in every),
        waiting=sum(one.waiting for one in every),
        billed=_amounts(billed.items()),
    )
