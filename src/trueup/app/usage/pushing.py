"""Taking what a module pushes: each event by itself, then the days that they speak of, like any collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from trueup.app.errors import UseCaseError, failed
from trueup.app.late.corrections import REMEMBERED
from trueup.app.suspension import must_be_active
from trueup.app.usage.collecting import record_collection, with_defined_metrics
from trueup.app.usage.lost_owners import with_lost_owners
from trueup.app.usage.missed import settle_pushed
from trueup.app.workspace import Workspace
from trueup.core.reason import Reason
from trueup.core.usage import BillingType, Coverage
from trueup.modules.catalogue_files import load_catalogue
from trueup.modules.files.profile import is_file_source, profile_from
from trueup.modules.push.day import PushedDay, Source
from trueup.modules.push.events import Event, EventError, identity_of, read_event, split_batch
from trueup.store.connections import Connection
from trueup.store.pushes import TakenEvent
from trueup.store.tenant_store import TenantStore

ACCEPTED, ALREADY, REFUSED = "accepted", "already", "refused"
MOST_EVENTS = 10_000
"""Events of one batch."""


@dataclass(frozen=True, slots=True)
class EventOutcome:
    """What became of one event: `accepted`, `already` (the same was taken before) or `refused`, with the reason."""

    id: str
    source: str
    state: str
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class DayOutcome:
    """A day that the batch changed, as it is now. `counts` is False where an earlier, better delivery keeps it."""

    day: date
    coverage: Coverage
    organizations: int
    items: int
    counts: bool
    notes: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class PushResult:
    """The answer to one batch."""

    events: tuple[EventOutcome, ...]
    days: tuple[DayOutcome, ...]

    @property
    def refused(self) -> int:
        """How many events were refused."""
        return sum(one.state == REFUSED for one in self.events)


def _types(connection: Connection, store: TenantStore) -> Mapping[str, BillingType]:
    """What may be counted for a connection: what its file or profile promises, and what was delivered before."""
    if is_file_source(connection.settings):
        promised = profile_from(connection.kind, connection.settings).promised()
    else:
        file = load_catalogue(connection.kind)
        promised = file.counted if file.source == "file" else ()
    prefix = f"{connection.kind}."
    kept = [one for one in store.usage.billing_types(connection.name) if one.key.startswith(prefix)]
    return {one.key.removeprefix(prefix): one for one in (*kept, *promised)}


def _source(connection: Connection, store: TenantStore) -> Source:
    known = store.usage.organizations(connection.name)
    return Source(
        connection.name,
        connection.kind,
        _types(connection, store),
        {one.organization.key: one.organization.name for one in known if one.gone_since is None},
    )


@dataclass
class _Batch:
    """The days that a batch speaks of, each put together from what was taken before."""

    ws: Workspace
    source: Source
    today: date
    days: dict[date, PushedDay] = field(default_factory=dict)
    taken: list[TakenEvent] = field(default_factory=list)

    def day(self, day: date) -> PushedDay:
        if day not in self.days:
            found = PushedDay(self.source, day)
            for body in self.ws.store.pushes.bodies(self.source.connection, day):
                found.recall(read_event(body).statement)
            self.days[day] = found
        return self.days[day]

    def take(self, event: Event) -> None:
        """Raises EventError."""
        day = event.statement.day
        if day > self.today:
            raise EventError("push.day_to_come", day=day, today=self.today)
        if day < self.today - REMEMBERED:
            raise EventError("push.day_too_old", day=day, first=self.today - REMEMBERED)
        self.day(day).take(event.statement)
        self.taken.append(TakenEvent(event.source, event.id, day, event.digest, event.body))


def _receive(ws: Workspace, connection_name: str, bodies: tuple[bytes, ...]) -> PushResult:
    store, read = ws.store, _read(bodies)  # before the transaction, so that no other writer waits for it
    with store.writing():
        connection = store.connections.get(connection_name)
        zone = ZoneInfo(store.settings.get().time_zone)
        batch = _Batch(ws, _source(connection, store), ws.now().astimezone(zone).date())
        outcomes = _outcomes(ws, batch, read)
        store.pushes.add_events(connection_name, batch.taken, now=ws.now())
        changed = sorted({one.day for one in batch.taken})
        run = store.runs.start("push", ws.actor, now=ws.now())
        days = tuple(_deliver(ws, connection, batch.days[day], run) for day in changed)
        refused = tuple(dict.fromkeys(one.reason for one in outcomes if one.reason is not None))
        store.runs.finish(run, "failed" if refused and not changed else "done", refused[:20], now=ws.now())
        settle_pushed(ws, connection_name)
    return PushResult(tuple(outcomes), days)


def _read(bodies: tuple[bytes, ...]) -> list[Event | EventOutcome]:
    read: list[Event | EventOutcome] = []
    for body in bodies:
        try:
            read.append(read_event(body))
        except EventError as error:
            read.append(EventOutcome(*identity_of(body), REFUSED, error.reason))
    return read


def _outcomes(ws: Workspace, batch: _Batch, read: list[Event | EventOutcome]) -> list[EventOutcome]:
    named = [(one.source, one.id) for one in read if isinstance(one, Event)]
    seen = dict(ws.store.pushes.digests(batch.source.connection, named))
    outcomes: list[EventOutcome] = []
    for one in read:
        if isinstance(one, EventOutcome):
            outcomes.append(one)
            continue
        place = (one.source, one.id)
        if place in seen:
            same = seen[place] == one.digest
            reason = None if same else Reason.of("push.same_id_other_content", id=one.id)
            outcomes.append(EventOutcome(one.id, one.source, ALREADY if same else REFUSED, reason))
            continue
        try:
            batch.take(one)
        except EventError as error:
            outcomes.append(EventOutcome(one.id, one.source, REFUSED, error.reason))
            continue
        seen[place] = one.digest
        outcomes.append(EventOutcome(one.id, one.source, ACCEPTED))
    return outcomes


def _deliver(ws: Workspace, connection: Connection, day: PushedDay, run: str) -> DayOutcome:
    collection = with_lost_owners(ws.store, day.collection(ws.now()))
    metrics = tuple(metric for metric in ws.store.metrics.list() if metric.over_items)
    collection = with_defined_metrics(collection, metrics)
    recorded = record_collection(ws, connection, collection, run)
    items = sum(len(inventory.items) for inventory in collection.inventories)
    organizations = len(collection.organizations)
    return DayOutcome(day.day, collection.coverage, organizations, items, recorded.counts, collection.notes)


async def receive(ws: Workspace, connection: str, body: bytes) -> PushResult:
    """Take a batch of events for a connection: what is wrong with one does not hinder the others, and sending the same
    again changes nothing. Raises UseCaseError `push.not_json`, `push.too_many`; StoreError `store.unknown_connection`.
    """
    await ws.step(must_be_active, ws.store)
    try:
        bodies = split_batch(body)
    except EventError as error:
        raise UseCaseError(error.reason) from None
    if len(bodies) > MOST_EVENTS:
        raise failed("push.too_many", events=len(bodies), most=MOST_EVENTS)
    return await ws.step(_receive, ws, connection, bodies)
