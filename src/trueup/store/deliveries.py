"""Deliveries: which usage days a connection has delivered, which collection of a day counts, and what it lacked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from trueup.core.reason import Reason
from trueup.core.usage import Collection, Coverage, Failure
from trueup.store.codec import decode, encode
from trueup.store.tables.usage import delivery

CURRENT = "current"
SUPERSEDED = "superseded"
OUTRANKED = "outranked"

_STRENGTH = {Coverage.UNKNOWN: 0, Coverage.PARTIAL: 1, Coverage.MEASURED: 2}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One collection of one usage day, as it counts.

    `streams` names the inventories that it brought: on this day the others are a gap. `partial` names (stream,
    organization) whose items are known to be incomplete. `provisional` means that the day had not ended.
    `state` is `current`, `superseded` (replaced by a later collection of the day) or `outranked` (it came when a better
    one was there: a failure never replaces a delivery). `attempt` counts the collections of the day, from 1.
    """

    day: date
    coverage: Coverage
    observed_at: datetime
    failure: Failure | None = None
    provisional: bool = False
    streams: tuple[str, ...] = ()
    partial: tuple[tuple[str, str], ...] = ()
    attempt: int = 1
    state: str = CURRENT
    superseded_at: datetime | None = None
    run_id: str | None = None
    definition: str = ""
    calls: int = 0
    notes: tuple[Reason, ...] = field(default=())


def is_provisional(day: date, observed_at: datetime, time_zone: str) -> bool:
    """Whether the day had not ended, in the tenant's calendar, when it was observed."""
    return observed_at.astimezone(ZoneInfo(time_zone)).date() <= day


def outranks(new: Delivery, old: Delivery) -> bool:
    """Whether a new collection of a day takes the place of the one that counts.

    Silence never replaces content; the close of the day replaces what was provisional; else less coverage does not
    replace more, and of equals the one observed later counts.
    """
    if new.coverage is Coverage.UNKNOWN or old.coverage is Coverage.UNKNOWN:
        return old.coverage is Coverage.UNKNOWN
    if new.provisional != old.provisional:
        return old.provisional
    if new.coverage is not old.coverage:
        return _STRENGTH[new.coverage] > _STRENGTH[old.coverage]
    return new.observed_at >= old.observed_at


class Calendar:
    """The delivered days of one connection: those with content, and which streams each of them brought.

    `touched` holds for each stream also the days of a collection that brought it and was replaced by one that did not:
    on them the stream has no items, and no interval may run through them unseen.
    """

    def __init__(self, days: dict[int, tuple[Coverage, frozenset[str]]], touched: dict[str, set[int]]) -> None:
        self._days = dict(sorted(days.items()))
        self._touched = touched

    def days(self) -> list[int]:
        """Days on which something was delivered."""
        return list(self._days)

    def complete_days(self) -> list[int]:
        """Days with a complete listing."""
        return [day for day, (coverage, _) in self._days.items() if coverage is Coverage.MEASURED]

    def of_stream(self, stream: str) -> list[int]:
        """Days on which intervals of this stream may begin or end."""
        return sorted(self._touched.get(stream, ()))

    def streams_on(self, day: int) -> frozenset[str]:
        """The streams that were delivered on that day."""
        return self._days[day][1] if day in self._days else frozenset()


@dataclass(frozen=True, slots=True)
class DeliveryBook:
    """The deliveries of one connection, inside a transaction that is open."""

    connection: sa.Connection
    tenant: str
    number: int

    def calendar(self) -> Calendar:
        """The days with content."""
        columns = (delivery.c.day, delivery.c.state, delivery.c.coverage, delivery.c.streams)
        wanted = (delivery.c.state != OUTRANKED, delivery.c.coverage != Coverage.UNKNOWN.value)
        names: dict[str, frozenset[str]] = {}
        days: dict[int, tuple[Coverage, frozenset[str]]] = {}
        touched: dict[str, set[int]] = {}
        for day, state, coverage, text in self.connection.execute(sa.select(*columns).where(*self._mine(), *wanted)):
            if text not in names:
                names[text] = frozenset(_names(text))
            for stream in names[text]:
                touched.setdefault(stream, set()).add(day)
            if state == CURRENT:
                days[day] = (Coverage(coverage), names[text])
        return Calendar(days, touched)

    def between(self, first: date, last: date, *, all_attempts: bool = False) -> tuple[Delivery, ...]:
        """The deliveries of these days, in order; with `all_attempts` also those that do not count."""
        wanted = [delivery.c.day >= first.toordinal(), delivery.c.day <= last.toordinal()]
        if not all_attempts:
            wanted.append(delivery.c.state == CURRENT)
        query = sa.select(delivery).where(*self._mine(), *wanted).order_by(delivery.c.day, delivery.c.attempt)
        return tuple(_delivery(row) for row in self.connection.execute(query))

    def add(self, collection: Collection, run: str | None, *, provisional: bool) -> tuple[Delivery, Delivery | None]:
        """Write down a collection. Gives it, and the delivery of the same day that counted until now."""
        earlier = self.between(collection.day, collection.day, all_attempts=True)
        old = next((found for found in earlier if found.state == CURRENT), None)
        new = Delivery(
            day=collection.day,
            coverage=collection.coverage,
            observed_at=collection.observed_at,
            failure=collection.failure,
            provisional=provisional,
            streams=tuple(sorted(inventory.stream for inventory in collection.inventories)),
            partial=tuple(
                (inventory.stream, key) for inventory in collection.inventories for key in sorted(inventory.partial)
            ),
            attempt=max((found.attempt for found in earlier), default=0) + 1,
            state=CURRENT,
            run_id=run,
            definition=collection.definition,
            calls=collection.calls,
            notes=collection.notes,
        )
        counts = old is None or outranks(new, old)
        if counts and old is not None:
            self.connection.execute(
                sa.update(delivery)
                .where(*self._mine(), delivery.c.day == new.day.toordinal(), delivery.c.attempt == old.attempt)
                .values(state=SUPERSEDED, superseded_at=new.observed_at)
            )
        row = {
            "connection": self.number,
            "day": new.day.toordinal(),
            "attempt": new.attempt,
            "state": CURRENT if counts else OUTRANKED,
            "observed_at": new.observed_at,
            "coverage": new.coverage.value,
            "provisional": provisional,
            "run": run,
            "calls": new.calls,
            "definition": new.definition,
            "streams": _text(new.streams),
            "partial": _text(new.partial),
            "failure": None if new.failure is None else encode(new.failure),
            "notes": encode(new.notes, tuple[Reason, ...]),
        }
        self.connection.execute(sa.insert(delivery).values(tenant=self.tenant, **row))
        return (new if counts else _outranked(new)), old

    def _mine(self) -> tuple[sa.ColumnElement[bool], ...]:
        return (delivery.c.tenant == self.tenant, delivery.c.connection == self.number)


def _outranked(new: Delivery) -> Delivery:
    return Delivery(
        new.day, new.coverage, new.observed_at, new.failure, new.provisional, attempt=new.attempt, state=OUTRANKED
    )


def _text(names: object) -> str:
    return msgspec.json.encode(names).decode()


def _names(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...])


def _delivery(row: sa.Row[tuple[object, ...]]) -> Delivery:
    return Delivery(
        day=date.fromordinal(row.day),
        coverage=Coverage(row.coverage),
        observed_at=row.observed_at,
        failure=None if row.failure is None else decode(row.failure, Failure),
        provisional=row.provisional,
        streams=_names(row.streams),
        partial=msgspec.json.decode(row.partial, type=tuple[tuple[str, str], ...]),
        attempt=row.attempt,
        state=row.state,
        superseded_at=row.superseded_at,
        run_id=row.run,
        definition=row.definition,
        calls=row.calls,
        notes=decode(row.notes, tuple[Reason, ...]),
    )
