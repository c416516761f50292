"""Sources that a network rule blocks: ours refused the module, or its vendor refuses us."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from trueup.app.clock import usage_day
from trueup.app.workspace import Workspace
from trueup.core.reason import Reason
from trueup.core.usage import Failure, FailureCategory
from trueup.store.connections import ConnectionState
from trueup.store.refused_calls import RefusedCalls
from trueup.store.tenant_store import TenantStore

BLOCKED: Final = "note.source_blocked"
"""Code of the reason of a line that waits for a blocked source."""

PUSH_BLOCKED: Final = "push.blocked_by_network_rule"
"""Code of a push that our own rule refused."""

LOOKED_BACK: Final = timedelta(days=90)
"""How far back the beginning of a block is looked for."""


@dataclass(frozen=True, slots=True)
class BlockedSource:
    """A connection that a network rule blocks. `ours` says whose rule it is; `address` is the one that was refused (the
    module's, or ours where the vendor told it), `since` when it began, `first_day` the first usage day that is missing.
    `reason` says what happened, with its cure in the catalogue; `waiting` is how many lines of the newest plan wait.
    """

    connection: str
    ours: bool
    address: str | None
    since: datetime
    first_day: date
    times: int
    reason: Reason
    waiting: int = 0


def push_block(refused: RefusedCalls) -> Failure:
    """A push that our own rule refused, as a failure of its source."""
    reason = Reason.of(
        PUSH_BLOCKED,
        connection=refused.connection,
        address=refused.address,
        since=refused.first_at.date(),
        times=refused.times,
    )
    return Failure(FailureCategory.NETWORK_RULE, reason)


def _refused_last(store: TenantStore) -> dict[str, RefusedCalls]:
    """Of each connection whose pushes are refused now, the calls from the address that was refused last."""
    newest: dict[str, RefusedCalls] = {}
    for one in store.refused_calls.open():
        if one.connection not in newest or newest[one.connection].last_at < one.last_at:
            newest[one.connection] = one
    return newest


def _vendor_block(store: TenantStore, connection: str, state: ConnectionState) -> tuple[Failure, datetime, int] | None:
    """A vendor that refuses us, as a failure with the connection and since when; None where it does not."""
    failure, failed_at = state.failure, state.failed_at
    if failure is None or failed_at is None or failure.category is not FailureCategory.NETWORK_RULE:
        return None
    since, times = _failing_since(store, connection, failed_at)
    known = {**failure.reason.as_dict(), "connection": connection, "since": since.date(), "times": times}
    return replace(failure, reason=Reason.of(failure.reason.code, **known)), since, times


def source_blocks(store: TenantStore) -> dict[str, Failure]:
    """Connections that a network rule blocks, each with the failure that its lines wait for; one moment of the
    database."""
    found = {name: push_block(one) for name, one in _refused_last(store).items()}
    for connection in store.connections.list("module"):
        blocked = _vendor_block(store, connection.name, store.connections.state(connection.name))
        if blocked is not None:
            found.setdefault(connection.name, blocked[0])
    return found


def _waiting(store: TenantStore) -> Counter[str]:
    """Lines of the newest plan that wait for a connection, by its name."""
    plans = store.plans.list(limit=1)
    found: Counter[str] = Counter()
    if plans:
        for _, outcome in store.plans.outcomes(plans[0].plan.id, code=BLOCKED, limit=1_000_000):
            names = {one.get("connection") for one in outcome.reasons if one.code == BLOCKED}
            found.update(str(name) for name in names if name is not None)
    return found


def blocks_of(ws: Workspace) -> tuple[BlockedSource, ...]:
    """The same as `blocked_sources`, inside of one moment of the database."""
    store = ws.store
    with store.reading():
        settings = store.settings.get()
        waiting, refused = _waiting(store), _refused_last(store)
        found: list[BlockedSource] = []
        for connection in store.connections.list("module"):
            name, state = connection.name, store.connections.state(connection.name)
            if name in refused:
                one = refused[name]
                failure, since, times, ours = push_block(one), one.first_at, one.times, True
            elif (blocked := _vendor_block(store, name, state)) is not None:
                (failure, since, times), ours = blocked, False
            else:
                continue
            told = failure.reason.get("address")
            day = usage_day(since, settings)
            if state.delivered_day is not None:
                day = max(day, state.delivered_day + timedelta(days=1))
            address = str(told) if told else None
            found.append(BlockedSource(name, ours, address, since, day, times, failure.reason, waiting[name]))
    return tuple(found)


def _failing_since(store: TenantStore, connection: str, last: datetime) -> tuple[datetime, int]:
    """Since when a vendor has refused us without a delivery between, and how often."""
    first, times = last, 0
    begin, end = (last - LOOKED_BACK).date(), last.date() + timedelta(days=1)
    days = store.usage.deliveries(connection, begin, end, all_attempts=True)
    for one in sorted(days, key=lambda one: one.observed_at, reverse=True):
        if one.failure is None or one.failure.category is not FailureCategory.NETWORK_RULE:
            break
        first, times = min(first, one.observed_at), times + 1
    return first, max(times, 1)


async def blocked_sources(ws: Workspace) -> tuple[BlockedSource, ...]:
    """Every connection that a network rule blocks now, by name."""
    return await ws.step(blocks_of, ws)


async def note_refused(ws: Workspace, connection: str, address: str) -> None:
    """A call with a valid key came from an address that may not call."""
    await ws.step(ws.store.refused_calls.note, connection, address, now=ws.now())
