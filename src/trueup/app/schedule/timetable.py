"""The timetable: when each connection is collected, by its own choice or the default, and when it is asked next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trueup.app.errors import Exit, UseCaseError
from trueup.app.usage.collecting import is_asked
from trueup.app.workspace import Workspace
from trueup.core.reason import Reason
from trueup.core.schedule.next_attempt import Attempt, Next, next_attempt
from trueup.core.schedule.nights import Schedule, UsageDays, outside
from trueup.core.settings import TenantSettings
from trueup.store.connections import Connection
from trueup.store.deliveries import Delivery
from trueup.store.schedules import StoredSchedule
from trueup.store.tenant_store import TenantStore

DEFAULT_AT: Final = time(0, 20)
"""Shortly after the tenant's midnight, while a snapshot describes the day that ended (decision 0025)."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A connection's time. `own` says that a person chose it; `asked` is false where usage arrives by itself."""

    connection: str
    kind: str
    at: time
    zone: str
    on: bool
    own: bool
    asked: bool
    next: Next | None = None


def usage_days(settings: TenantSettings) -> UsageDays:
    """The tenant's days."""
    return UsageDays(ZoneInfo(settings.time_zone), settings.day_close)


def schedule_of(connection: Connection, settings: TenantSettings, stored: Mapping[str, StoredSchedule]) -> Schedule:
    """A connection's schedule: its own, else the default of the tenant."""
    found = stored.get(connection.name)
    if found is None:
        return Schedule(DEFAULT_AT, ZoneInfo(settings.time_zone), is_asked(connection))
    return Schedule(found.at, ZoneInfo(found.zone or settings.time_zone), found.on and is_asked(connection))


def attempts_of(deliveries: Sequence[Delivery]) -> tuple[Attempt, ...]:
    """Collections on record as the core sees them."""
    found: list[Attempt] = []
    for one in deliveries:
        told = None if one.failure is None else one.failure.reason.get("retry_after")
        category = None if one.failure is None else one.failure.category
        found.append(Attempt(one.observed_at, one.coverage, category, told if isinstance(told, int) else None))
    return tuple(found)


def last_attempts(store: TenantStore, name: str, today: date) -> tuple[Attempt, ...]:
    """The attempts of the last days."""
    return attempts_of(store.usage.deliveries(name, today - 2 * _DAY, today + _DAY, all_attempts=True))


def next_of(ws: Workspace, connection: Connection, settings: TenantSettings, schedule: Schedule) -> Next | None:
    """When a connection is asked next; inside one moment of the database."""
    now = ws.now()
    today = now.astimezone(ZoneInfo(settings.time_zone)).date()
    return next_attempt(schedule, usage_days(settings), last_attempts(ws.store, connection.name, today), now)


def _scheduled(ws: Workspace, connection: Connection, stored: Mapping[str, StoredSchedule]) -> Scheduled:
    settings = ws.store.settings.get()
    own = stored.get(connection.name)
    schedule = schedule_of(connection, settings, stored)
    return Scheduled(
        connection.name,
        connection.kind,
        schedule.at,
        str(schedule.zone),
        schedule.on,
        own is not None,
        is_asked(connection),
        next_of(ws, connection, settings, schedule),
    )


def _list(ws: Workspace) -> tuple[Scheduled, ...]:
    with ws.store.reading():
        stored = ws.store.schedules.list()
        return tuple(_scheduled(ws, one, stored) for one in ws.store.connections.list("module"))


async def timetable(ws: Workspace) -> tuple[Scheduled, ...]:
    """Every module's time and next attempt, by name."""
    return await ws.step(_list, ws)


def _wrong(code: str, **params: str) -> UseCaseError:
    return UseCaseError(Reason.of(code, **params), Exit.USAGE)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _wrong("schedule.unknown_zone", zone=name) from None


def _time(text: str) -> time:
    try:
        found = datetime.strptime(text, "%H:%M")  # noqa: DTZ007 - a time of the day, without a day
    except ValueError:
        raise _wrong("schedule.not_a_time", value=text) from None
    return found.time()


def _set(ws: Workspace, name: str, at: str | None, zone: str | None, on: bool) -> tuple[Scheduled, tuple[Reason, ...]]:
    store = ws.store
    with store.writing():
        connection = store.connections.get(name)
        if connection.role != "module" or not is_asked(connection):
            raise _wrong("schedule.not_asked", connection=name)
        settings, before = store.settings.get(), store.schedules.list().get(name)
        chosen = _time(at) if at is not None else (before.at if before else DEFAULT_AT)
        own_zone = zone if zone is not None else (before.zone if before else None)
        schedule = Schedule(chosen, _zone(own_zone or settings.time_zone), on)
        missed = list(outside(schedule, usage_days(settings), ws.now().date()))
        store.schedules.save(name, chosen, own_zone, on=on, actor=ws.actor, now=ws.now())
        told = chosen.strftime("%H:%M")
        detail = Reason.of(
            "audit.schedule", connection=name, at=told, zone=str(schedule.zone), on="on" if on else "off"
        )
        store.audit.add(ws.actor, "schedule.saved", detail, now=ws.now())
        notes: tuple[Reason, ...] = ()
        if on and missed:
            close = settings.day_close.strftime("%H:%M")
            notes = (Reason.of("schedule.outside", at=told, close=close, days=len(missed), first=missed[0]),)
        return _scheduled(ws, connection, store.schedules.list()), notes


async def set_time(
    ws: Workspace, name: str, at: str | None = None, zone: str | None = None, *, on: bool = True
) -> tuple[Scheduled, tuple[Reason, ...]]:
    """Choose when a connection is collected (HH:MM, an IANA zone; what is not given stays), or that it is not collected
    by itself. Gives it with what should be known about it: a time outside of the night is moved to its nearest moment.

    Raises UseCaseError `schedule.not_a_time`, `schedule.unknown_zone`, `schedule.not_asked`; StoreError
    `store.unknown_connection`.
    """
    return await ws.step(_set, ws, name, at, zone, on)
