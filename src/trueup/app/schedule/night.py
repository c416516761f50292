"""The round that a night makes: collect what is due, plan, write what goes by itself, read it back. One after the
other, through the use cases that a person calls too; whatever fails is told and never stops the rest."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

import anyio

from trueup.app.checks.counting import count_all
from trueup.app.errors import Exit, UseCaseError
from trueup.app.history.pruning import prune
from trueup.app.notices.telling import tell
from trueup.app.plans.planning import make_plan
from trueup.app.schedule.timetable import last_attempts, next_of, schedule_of, usage_days
from trueup.app.usage.collecting import CollectResult, collect, is_asked
from trueup.app.workspace import Workspace
from trueup.app.writes.applying import ApplyResult, apply
from trueup.app.writes.leasing import PSA_LEASE, kept, must_hold, take_lease
from trueup.app.writes.verifying import VerifyResult, verify
from trueup.core.outcome import Plan
from trueup.core.reason import Reason
from trueup.core.schedule.nights import slot
from trueup.core.schedule.plan_time import Asked, plan_is_due
from trueup.core.usage import Coverage
from trueup.psa.port import PsaReadError
from trueup.store.connections import Connection
from trueup.store.errors import StoreError
from trueup.store.leases import Lease
from trueup.store.notices import WAITING
from trueup.store.plans import OPEN
from trueup.store.runs import CUT_OFF
from trueup.store.tenant_store import TenantStore

T = TypeVar("T")

ROUND = "round"
AT_ONCE = 4
_DAY = timedelta(days=1)
_AGAIN = timedelta(hours=1)
"""How long a plan that failed is left alone."""
_SOON = timedelta(minutes=5)
"""The same where it was our own store that failed it, and no other's system is asked in vain."""

log = logging.getLogger("trueup.night")


@dataclass(slots=True)
class Round:
    """What one round did; all empty where nothing was due. `trouble` says what failed, by step."""

    collected: tuple[CollectResult, ...] = ()
    plan: Plan | None = None
    applied: ApplyResult | None = None
    verified: VerifyResult | None = None
    trouble: list[tuple[str, Reason]] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether a step or a module failed."""
        return bool(self.trouble) or any(one.failure is not None for one in self.collected)

    @property
    def did_something(self) -> bool:
        """Whether anything was due."""
        return bool(self.collected or self.plan is not None or self.trouble)


def reason_of(error: Exception) -> Reason:
    """What an error says; of an unknown one only its kind, because its text may quote anything."""
    if isinstance(error, PsaReadError):
        return error.failure.reason
    if isinstance(error, UseCaseError | StoreError):
        return error.reason
    return Reason.of("round.unexpected", kind=type(error).__name__)


async def _step(done: Round, name: str, work: Callable[[], Awaitable[T]]) -> T | None:
    """One step of the round; None where it failed."""
    try:
        return await work()
    except Exception as error:  # noqa: BLE001 - the round goes on, whatever one step does
        reason = reason_of(error)
        if not (isinstance(error, UseCaseError) and error.exit_code is Exit.REFUSED):
            done.trouble.append((name, reason))
            log.warning("step %s failed: %s", name, reason.code)
        return None


def due_now(ws: Workspace) -> tuple[str, ...]:
    """The connections that are to be collected now: their next attempt has come, or somebody asked for it."""
    store, now = ws.store, ws.now()
    with store.reading():
        settings, stored, collecting = store.settings.get(), store.schedules.list(), store.collecting.list()
        found: list[str] = []
        for connection in store.connections.list("module"):
            known = collecting.get(connection.name)
            following = next_of(ws, connection, settings, schedule_of(connection, settings, stored))
            wanted = known is not None and known.asked_at is not None and is_asked(connection)
            if wanted or (following is not None and following.at <= now):
                found.append(connection.name)
        return tuple(found)


def night_to_plan(ws: Workspace) -> date | None:
    """The usage day that a plan is to be made for now; None where there is nothing to plan."""
    store, now = ws.store, ws.now()
    with store.reading():
        settings = store.settings.get()
        days = usage_days(settings)
        night = now.astimezone(ZoneInfo(settings.time_zone)).date() - _DAY
        connections = store.connections.list("module")
        if not store.connections.list("psa") or not _ever_delivered(ws, connections, night):
            return None
        if left_alone_until(store, now) is not None:
            return None
        stored = store.schedules.list()
        asked: list[Asked] = []
        for connection in connections:
            schedule = schedule_of(connection, settings, stored)
            begins = slot(schedule, days, night)
            tried = any(one.at >= begins for one in last_attempts(store, connection.name, night + _DAY))
            there = next(iter(store.usage.deliveries(connection.name, night, night)), None)
            delivered = there.observed_at if there is not None and there.coverage is not Coverage.UNKNOWN else None
            asked.append(Asked(tried or not schedule.on, delivered))
        plans = (one.plan for one in store.plans.list(limit=20))
        planned = next((one.created_at for one in plans if one.as_of == night), None)
        return night if plan_is_due(asked, planned, days.window(night)[1], now) else None


def left_alone_until(store: TenantStore, now: datetime) -> datetime | None:
    """Until when no plan is made, because the newest one just failed of itself; None where nothing keeps one back.
    Whose process died is made again at once."""
    newest = next(iter(store.runs.list(kind="plan", limit=1)), None)
    if newest is None or newest.status != "failed" or newest.reasons == (CUT_OFF,):
        return None
    ours = any(reason.code.startswith("store.") for reason in newest.reasons)
    until = newest.started_at + (_SOON if ours else _AGAIN)
    return until if newest.started_at <= now < until else None


def _ever_delivered(ws: Workspace, connections: tuple[Connection, ...], night: date) -> bool:
    return any(days[0] <= night for one in connections if (days := ws.store.usage.delivered_days(one.name)))


def unfinished(ws: Workspace) -> Plan | None:
    """The open plan that a round made and did not live to carry out: no night is on record since, and nobody made
    another plan, such as an undo. None as long as whoever was killed may still hold the PSA."""
    store = ws.store
    with store.reading():
        made = next(iter(store.runs.list(kind="plan", limit=1)), None)
        told = next(iter(store.runs.list(kind="night", limit=1)), None)
        if made is None or made.actor != ws.actor or made.status != "done":
            return None
        if told is not None and told.started_at >= made.started_at:
            return None
        newest = next(iter(store.plans.list(limit=1)), None)
        if newest is None or newest.state != OPEN or newest.run_id != made.id:
            return None
        return None if store.leases.holder(PSA_LEASE, ws.now()) else newest.plan


def is_due(ws: Workspace) -> bool:
    """Whether a round would find anything to do now; in one moment of the database, because workers ask it of every
    tenant each minute."""
    with ws.store.reading():
        if ws.store.settings.get().suspended:
            return False
        if _somebody_waits(ws) or due_now(ws):
            return True
        return night_to_plan(ws) is not None or unfinished(ws) is not None


async def _collect(ws: Workspace, done: Round) -> None:
    due = await ws.step(due_now, ws)
    if due:
        done.collected = await _step(done, "collect", lambda: collect(ws, modules=due, at_once=AT_ONCE)) or ()


def _end_cut_off(ws: Workspace) -> None:
    """What the schedule began before it held this lease is over, and nothing that anybody began runs for a day."""
    runs, now = ws.store.runs, ws.now()
    runs.end_cut_off(("collect", "plan"), by=ws.actor, now=now)
    runs.end_cut_off(("collect", "plan"), before=now - _DAY, now=now)


async def _plan(ws: Workspace, done: Round, lease: Lease) -> None:
    night = await ws.step(night_to_plan, ws)
    if night is not None:
        still = partial(must_hold, ws, lease)
        done.plan = await _step(done, "plan", lambda: make_plan(ws, night, still=still))
    else:
        done.plan = await ws.step(unfinished, ws)
    if done.plan is None:
        return
    plan_id = done.plan.id
    done.applied = await _step(done, "apply", lambda: apply(ws, plan_id))
    if done.applied is not None:
        run = done.applied.run_id
        done.verified = await _step(done, "verify", lambda: verify(ws, run))
        if done.verified is not None and not done.verified.right:
            wrong = sum(1 for line in done.verified.lines if not line.right)
            done.trouble.append(("verify", Reason.of("round.read_back_differs", run=run, lines=wrong)))


def _holds(ws: Workspace, lease: Lease) -> bool:
    """Whether the round is still this worker's. One that slept through its lease leaves the rest to its successor."""
    try:
        must_hold(ws, lease)
    except StoreError as error:
        if error.reason.code != "store.lease_lost":
            raise
        log.warning("another worker took the round over")
        return False
    return True


def _somebody_waits(ws: Workspace) -> bool:
    return bool(ws.store.notices.messages(state=WAITING, limit=1))


def _write_down(ws: Workspace, done: Round) -> None:
    """The round in the history, with its steps."""
    store = ws.store
    with store.writing():
        run = store.runs.start("night", ws.actor, now=ws.now())
        failed = sum(1 for one in done.collected if one.failure is not None)
        numbers = {"modules": len(done.collected), "failed": failed}
        store.runs.step(run, "collect", "done", numbers, now=ws.now())
        if done.plan is not None:
            store.runs.step(run, "plan", "done", {"lines": len(done.plan.outcomes)}, now=ws.now())
        if done.applied is not None:
            store.runs.step(run, "apply", "done", {"lines": len(done.applied.lines)}, now=ws.now())
        reasons = tuple(reason for _, reason in done.trouble)
        store.runs.finish(run, "failed" if done.trouble else "done", reasons, now=ws.now())


async def night_round(ws: Workspace) -> Round:
    """Do what is due now in a tenant. Empty where nothing is, where the tenant is suspended, or while another worker is
    at it. It raises nothing that belongs to one step."""
    done = Round()
    if (await ws.step(ws.store.settings.get)).suspended:
        return done
    lease = await ws.step(take_lease, ws, ROUND)
    if lease is None:
        return done
    async with kept(ws, lease):
        await ws.step(_end_cut_off, ws)
        await _collect(ws, done)
        if not await ws.step(_holds, ws, lease):
            return done
        await _plan(ws, done, lease)
        if not await ws.step(_holds, ws, lease):
            return done
        if done.did_something:
            await _step(done, "checks", lambda: count_all(ws))
            if done.plan is not None:
                await _step(done, "prune", lambda: prune(ws))
            with anyio.CancelScope(shield=True):
                await ws.step(_write_down, ws, done)
        if done.did_something or await ws.step(_somebody_waits, ws):
            await _step(done, "notify", lambda: tell(ws))
    return done
