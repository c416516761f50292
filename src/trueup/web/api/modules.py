"""Modules: how each of them stands, when it is collected, and syncing now."""

from __future__ import annotations

from trueup.app.schedule import states, timetable
from trueup.web.api.connection_shapes import ModuleAnswer, ScheduleAnswer, ScheduleAsked, SyncedAnswer
from trueup.web.api.connections import ConnectionName
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import joined, told
from trueup.web.asking import AdministratorHere, BillingHere, Here, ViewerHere

router = api_router("modules")


@router.get("/modules", operation_id="listModules")
async def list_modules(here: ViewerHere) -> list[ModuleAnswer]:
    """How every module stands: its state, what it delivered last, what waits for it, how far a collection has come."""
    return [told(ModuleAnswer, one, here.said) for one in await states.module_states(here.ws)]


@router.post("/sync", operation_id="collectUsage", status_code=202)
async def collect_usage(here: BillingHere) -> SyncedAnswer:
    """Ask every module for its usage now."""
    return SyncedAnswer(asked=list(await states.sync_now(here.ws)))


@router.post("/connections/{connection}/sync", operation_id="syncConnection", status_code=202)
async def sync_connection(here: BillingHere, connection: ConnectionName) -> SyncedAnswer:
    """Ask one module for its usage now."""
    return SyncedAnswer(asked=list(await states.sync_now(here.ws, connection)))


@router.get("/schedule", operation_id="getSchedule")
async def get_schedule(here: ViewerHere) -> list[ScheduleAnswer]:
    """When each connection is collected."""
    return [_scheduled(one, here) for one in await timetable.timetable(here.ws)]


@router.put("/connections/{connection}/schedule", operation_id="setSchedule")
async def set_schedule(here: AdministratorHere, connection: ConnectionName, asked: ScheduleAsked) -> ScheduleAnswer:
    """Say when a connection is collected each night."""
    return await _set(here, connection, asked.at, asked.zone, on=True)


@router.post("/connections/{connection}/enable", operation_id="enableConnection")
async def enable_connection(here: AdministratorHere, connection: ConnectionName) -> ScheduleAnswer:
    """Let a connection be collected each night again."""
    return await _set(here, connection, None, None, on=True)


@router.post("/connections/{connection}/disable", operation_id="disableConnection")
async def disable_connection(here: AdministratorHere, connection: ConnectionName) -> ScheduleAnswer:
    """Leave a connection alone at night; what it delivered stays."""
    return await _set(here, connection, None, None, on=False)


async def _set(here: Here, connection: str, at: str | None, zone: str | None, *, on: bool) -> ScheduleAnswer:
    found, notes = await timetable.set_time(here.ws, connection, at, zone, on=on)
    return _scheduled(found, here, notes=notes)


def _scheduled(found: timetable.Scheduled, here: Here, **more: object) -> ScheduleAnswer:
    return told(ScheduleAnswer, joined(found, **{**more, "at": f"{found.at:%H:%M}"}), here.said)
