"""How each module stands: one state, since when, what it delivered last, what is asked next, and what waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from trueup.app.access.blocking import BLOCKED, BlockedSource, blocks_of
from trueup.app.clock import usage_day
from trueup.app.schedule.timetable import next_of, schedule_of
from trueup.app.suspension import must_be_active
from trueup.app.usage.collecting import is_asked, lease_of
from trueup.app.usage.source_age import source_ages
from trueup.app.workspace import Workspace
from trueup.core.expression import parse
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.schedule.next_attempt import Next
from trueup.core.settings import TenantSettings
from trueup.core.spans import spans
from trueup.core.usage import Coverage, Failure, FailureCategory
from trueup.store.connections import Connection, ConnectionState
from trueup.store.deliveries import Delivery
from trueup.store.missed_days import LOST, WAITING
from trueup.store.schedules import CollectingNow
from trueup.store.tenant_store import TenantStore

_DAY = timedelta(days=1)
_LOOK_BACK = timedelta(days=60)
_WAITS = (OutcomeStatus.HELD, OutcomeStatus.UNMAPPED, OutcomeStatus.SCHEDULED)
_SILENT = frozenset(
    {"held.stale", "held.unmeasured", "held.too_few_days", "note.source_failed", "note.partly_read", BLOCKED}
)


class ModuleStatus(StrEnum):
    """The one state of a module."""

    NEVER = "never"
    RUNNING = "running"
    DELIVERED = "delivered"
    PARTIAL = "partial"
    FAILED = "failed"
    BLOCKED = "blocked"
    STALE = "stale"


IN_TROUBLE: Final = frozenset({ModuleStatus.FAILED, ModuleStatus.BLOCKED, ModuleStatus.PARTIAL, ModuleStatus.STALE})
"""States of a module that somebody should look at."""


@dataclass(frozen=True, slots=True)
class CollectProgress:
    """How far a collection that runs now has come. `stream` is the list that is being read."""

    started_at: datetime
    stream: str | None
    organizations: int
    items: int


@dataclass(frozen=True, slots=True)
class ModuleState:
    """One module. `since` is when its state began, `stands` its state apart from a collection that runs now;
    `delivered_day` the newest day with usage, with its organizations, items and calls; `failures` how many attempts
    failed since. `lines` wait for it in the newest plan, since `lines_since`. `missed` are spans of days that may still
    be had, `lost` those that are unknown for good. `asked_at` is set where somebody asked for a collection that has not
    begun."""

    connection: str
    kind: str
    state: ModuleStatus
    since: datetime
    stands: ModuleStatus
    pulled: bool
    delivered_day: date | None = None
    delivered_at: datetime | None = None
    organizations: int = 0
    items: int = 0
    calls: int = 0
    failure: Failure | None = None
    failures: int = 0
    progress: CollectProgress | None = None
    next: Next | None = None
    asked_at: datetime | None = None
    lines: int = 0
    lines_since: date | None = None
    missed: tuple[tuple[date, date], ...] = ()
    lost: tuple[tuple[date, date], ...] = ()


def _midnight(day: date, settings: TenantSettings) -> datetime:
    return datetime.combine(day, time(0), ZoneInfo(settings.time_zone)).astimezone(UTC)


def _waiting_lines(store: TenantStore, kinds: Mapping[str, str]) -> dict[str, int]:
    """How many lines of the newest plan wait for each connection: their quantity needs one of its metrics, their
    customer is mapped there, and the plan says that usage is missing."""
    newest = store.plans.latest()
    if newest is None:
        return {}
    mapped: dict[str, set[str]] = {}
    for mapping in store.customers.mappings():
        if mapping.customer_id is not None:
            mapped.setdefault(mapping.connection, set()).add(mapping.customer_id)
    modules = {metric.key: metric for metric in store.metrics.list()}

    def module_names(names: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for name in names:
            metric = modules.get(name)
            if metric is not None and not metric.over_items:
                found |= module_names(parse(metric.expression).names)
            else:
                found.add(metric.module if metric is not None and metric.module else name.partition(".")[0])
        return found

    needs: dict[str, set[str]] = {}
    counts: dict[str, int] = dict.fromkeys(kinds, 0)
    rules = {rule.id: rule for rule in store.rules.list()}
    for outcome in newest.plan.outcomes:
        rule = rules.get(outcome.rule_id or "")
        if rule is None or not rule.quantity or not _lacks_usage(outcome):
            continue
        if rule.quantity not in needs:
            needs[rule.quantity] = module_names(parse(rule.quantity).names)
        for connection, kind in kinds.items():
            if kind in needs[rule.quantity] and outcome.customer_id in mapped.get(connection, ()):
                counts[connection] += 1
    return counts


def _lacks_usage(outcome: Outcome) -> bool:
    said = {one.code for one in (*outcome.reasons, *outcome.steps)}
    return bool({"note.source_failed", BLOCKED} & said) or (outcome.status in _WAITS and bool(said & _SILENT))


def _numbers(store: TenantStore, connection: str, delivery: Delivery | None) -> tuple[int, int, int]:
    """Organizations, items and calls of the newest delivery."""
    if delivery is None:
        return 0, 0, 0
    organizations = sum(1 for one in store.usage.organizations(connection) if one.last_seen >= delivery.day)
    counts = (store.usage.count_items(delivery.day, connection, stream) or 0 for stream in delivery.streams)
    return organizations, sum(counts), delivery.calls


def _judged(
    connection: Connection,
    state: ConnectionState,
    delivery: Delivery | None,
    failed: tuple[Delivery, ...],
    stale_from: datetime | None,
) -> tuple[ModuleStatus, datetime]:
    if state.failure is not None:
        blocked = state.failure.category is FailureCategory.NETWORK_RULE
        since = next((one.observed_at for one in failed), state.failed_at or connection.added_at)
        return (ModuleStatus.BLOCKED if blocked else ModuleStatus.FAILED), since
    if state.delivered_at is None or delivery is None:
        return ModuleStatus.NEVER, connection.added_at
    if stale_from is not None:
        return ModuleStatus.STALE, stale_from
    partial = delivery.coverage is Coverage.PARTIAL
    return (ModuleStatus.PARTIAL if partial else ModuleStatus.DELIVERED), state.delivered_at


def _failed_since(attempts: Iterable[Delivery], delivered_at: datetime | None) -> tuple[Delivery, ...]:
    later = (one for one in attempts if one.coverage is Coverage.UNKNOWN)
    found = [one for one in later if delivered_at is None or one.observed_at > delivered_at]
    return tuple(sorted(found, key=lambda one: one.observed_at))


def _progress(store: TenantStore, name: str, collecting: CollectingNow | None, now: datetime) -> CollectProgress | None:
    """How far a collection has come; None where none runs. One whose process died is over when its lease ends."""
    if collecting is None or collecting.started_at is None or collecting.finished_at is not None:
        return None
    if store.leases.holder(lease_of(name), now) is None:
        return None
    return CollectProgress(collecting.started_at, collecting.stream, collecting.organizations, collecting.items)


def _state(
    ws: Workspace,
    connection: Connection,
    lines: int,
    collecting: CollectingNow | None,
    refused: BlockedSource | None,
) -> ModuleState:
    store, name, now = ws.store, connection.name, ws.now()
    settings = store.settings.get()
    today = usage_day(now, settings)
    state = store.connections.state(name)
    attempts = store.usage.deliveries(name, today - _LOOK_BACK, today + _DAY, all_attempts=True)
    failed = _failed_since(attempts, state.delivered_at)
    day = state.delivered_day
    delivery = next(iter(store.usage.deliveries(name, day, day)), None) if day is not None else None
    age = source_ages(store).get(name, settings.stale_days)
    stale_from = None if day is None or today - day <= timedelta(days=age) else _midnight(day + _DAY, settings)
    status, since = _judged(connection, state, delivery, failed, stale_from)
    failure = state.failure
    if refused is not None and refused.ours:
        status, since, failure = (
            ModuleStatus.BLOCKED,
            refused.since,
            Failure(FailureCategory.NETWORK_RULE, refused.reason),
        )
        lines = max(lines, refused.waiting)
    lines = 0 if status is ModuleStatus.DELIVERED else lines
    stands, progress = status, _progress(store, name, collecting, now)
    if progress is not None:
        status, since = ModuleStatus.RUNNING, progress.started_at
    organizations, items, calls = _numbers(store, name, delivery)
    missed = store.missed.list(name)
    schedule = schedule_of(connection, settings, store.schedules.list())
    waiting_since = (day + _DAY if day is not None else None) if lines else None
    return ModuleState(
        connection=name,
        kind=connection.kind,
        state=status,
        since=since,
        stands=stands,
        pulled=is_asked(connection),
        delivered_day=day,
        delivered_at=state.delivered_at,
        organizations=organizations,
        items=items,
        calls=calls,
        failure=failure,
        failures=len(failed),
        progress=progress,
        next=next_of(ws, connection, settings, schedule),
        asked_at=collecting.asked_at if collecting is not None else None,
        lines=lines,
        lines_since=waiting_since,
        missed=spans(one.day for one in missed if one.state == WAITING),
        lost=spans(one.day for one in missed if one.state == LOST),
    )


def states_of(ws: Workspace) -> tuple[ModuleState, ...]:
    """Every module, by name. One moment of the database."""
    with ws.store.reading():
        connections = ws.store.connections.list("module")
        lines = _waiting_lines(ws.store, {one.name: one.kind for one in connections})
        collecting = ws.store.collecting.list()
        refused = {one.connection: one for one in blocks_of(ws)}
        return tuple(
            _state(ws, one, lines.get(one.name, 0), collecting.get(one.name), refused.get(one.name))
            for one in connections
        )


async def module_states(ws: Workspace) -> tuple[ModuleState, ...]:
    """How every module stands, by name."""
    return await ws.step(states_of, ws)


def _ask(ws: Workspace, name: str | None) -> tuple[str, ...]:
    store = ws.store
    must_be_active(store)
    with store.writing():
        found = [store.connections.get(name)] if name is not None else store.connections.list("module")
        asked = [one.name for one in found if one.role == "module" and is_asked(one)]
        for one in asked:
            store.collecting.ask(one, ws.actor, now=ws.now())
    return tuple(asked)


async def sync_now(ws: Workspace, name: str | None = None) -> tuple[str, ...]:
    """Ask for a collection of one module, or of all, as soon as a worker sees it; `module_states` shows how it goes.
    Gives the connections that will be asked. Raises StoreError `store.unknown_connection`."""
    return await ws.step(_ask, ws, name)
