"""Catch-up entries of a tenant: made when a plan is agreed with, superseded by a further correction, settled by a
person. An entry is never changed but in its state, so that each figure that was shown stays on record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa

from trueup.core.late.owed import OwedPeriod, combined, without
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.errors import StoreError
from trueup.store.tables.catch_up import catch_up as table

OPEN = "open"
REOPENED = "reopened"
SUPERSEDED = "superseded"
OBSOLETE = "obsolete"
REPLANNED = "replanned"
SETTLED = ("billed", "waived")
STATES = (OPEN, REOPENED, SUPERSEDED, OBSOLETE, REPLANNED, *SETTLED)
WAITING = (OPEN, REOPENED)
"""States in which an entry still waits for somebody or something."""


@dataclass(frozen=True, slots=True)
class EntryOf:
    """Whose entry it is, with the names as they were: an entry must be readable when the line is gone."""

    line_id: str
    customer_name: str = ""
    contract_name: str = ""
    service_name: str = ""
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class CatchUpBody:
    """What an entry says: whose it is, and what is owed."""

    of: EntryOf
    owed: OwedPeriod


@dataclass(frozen=True, slots=True)
class CatchUp:
    """One catch-up entry. `revision` counts the corrections of one line and period; `state` is one of `STATES`."""

    id: str
    of: EntryOf
    owed: OwedPeriod
    revision: int
    state: str
    made_at: datetime
    state_at: datetime
    superseded_by: str | None = None
    person: str | None = None
    reason: str | None = None

    @property
    def waits(self) -> bool:
        """Whether it still waits for a person, or for days that are planned again."""
        return self.state in WAITING

    @property
    def amount(self) -> Decimal | None:
        """The difference, in the currency of the contract."""
        return self.owed.amount


class CatchUps:
    """A tenant's catch-up entries."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def list(self, *, line_id: str | None = None, states: Iterable[str] | None = None) -> tuple[CatchUp, ...]:
        """Entries, oldest first; of one line or of all, in some states or in any."""
        wanted = [table.c.tenant == self._binding.tenant]
        if line_id is not None:
            wanted.append(table.c.line == line_id)
        if states is not None:
            wanted.append(table.c.state.in_(sorted(states)))
        with self._binding.reading() as connection:
            rows = connection.execute(sa.select(table).where(*wanted).order_by(table.c.place)).all()
        return tuple(_entry(row) for row in rows)

    def get(self, entry_id: str) -> CatchUp:
        """One entry. Raises StoreError `store.unknown_catch_up`."""
        mine = (table.c.tenant == self._binding.tenant, table.c.id == entry_id)
        with self._binding.reading() as connection:
            row = connection.execute(sa.select(table).where(*mine)).first()
        if row is None:
            raise StoreError("store.unknown_catch_up", entry=entry_id)
        return _entry(row)

    def take(self, of: EntryOf, owed: Iterable[OwedPeriod], *, now: datetime) -> None:
        """Write down what was found owed on a line. A waiting entry of the same period is superseded by one that says
        both; where nothing is left of it, because the correction was taken back, it closes as `obsolete`."""
        periods = tuple(owed)
        if not periods:
            return
        with self._binding.writing():
            waiting = {one.owed.period_start: one for one in self.list(line_id=of.line_id, states=WAITING)}
            for period in periods:
                old = waiting.get(period.period_start)
                whole = period if old is None else combined(old.owed, period)
                if old is None or whole.spans != old.owed.spans:
                    self._replace(of, old, whole, OBSOLETE, now)

    def replan(self, of: EntryOf, reopened: Iterable[tuple[date, date]], *, now: datetime) -> None:
        """Close what was owed for days that have been planned again (their posting was taken back)."""
        spans = tuple(reopened)
        if not spans:
            return
        with self._binding.writing():
            for old in self.list(line_id=of.line_id, states=WAITING):
                left = without(old.owed, spans)
                if left.spans != old.owed.spans:
                    self._replace(of, old, left, REPLANNED, now)

    def mark(self, entry_id: str, state: str, *, now: datetime) -> None:
        """Say whether a waiting entry's days may be planned again (`reopened`) or not (`open`)."""
        self._set(entry_id, state, now)

    def settle(self, entry_id: str, state: str, person: str, reason: str, *, now: datetime) -> bool:
        """A person's word on a waiting entry: `billed` or `waived`; false when it was not waiting any more."""
        return self._set(entry_id, state, now, person=person, reason=reason)

    def _replace(self, of: EntryOf, old: CatchUp | None, owed: OwedPeriod, empty: str, now: datetime) -> None:
        if not owed.spans:
            if old is not None:
                self._set(old.id, empty, now)
            return
        made = self._add(of, owed, now)
        if old is not None:
            self._set(old.id, SUPERSEDED, now, superseded_by=made)

    def _add(self, of: EntryOf, owed: OwedPeriod, now: datetime) -> str:
        with self._binding.writing() as connection:
            same = (table.c.tenant == self._binding.tenant, table.c.line == of.line_id)
            earlier = sa.select(sa.func.max(table.c.revision)).where(*same, table.c.period_start == owed.period_start)
            place = self._binding.next_number(connection, "catch_up")
            row = {
                "id": f"C{place}",
                "place": place,
                "line": of.line_id,
                "period_start": owed.period_start,
                "revision": (connection.execute(earlier).scalar() or 0) + 1,
                "state": OPEN,
                "body": encode(CatchUpBody(of, owed)),
                "made_at": now,
                "state_at": now,
            }
            connection.execute(sa.insert(table).values(tenant=self._binding.tenant, **row))
        return f"C{place}"

    def _set(self, entry_id: str, state: str, now: datetime, **values: str) -> bool:
        mine = (table.c.tenant == self._binding.tenant, table.c.id == entry_id, table.c.state.in_(WAITING))
        with self._binding.writing() as connection:
            change = sa.update(table).where(*mine).values(state=state, state_at=now, **values)
            return connection.execute(change).rowcount == 1


def _entry(row: sa.Row[tuple[object, ...]]) -> CatchUp:
    body = decode(row.body, CatchUpBody)
    return CatchUp(
        row.id,
        body.of,
        body.owed,
        row.revision,
        row.state,
        row.made_at,
        row.state_at,
        row.superseded_by,
        row.person,
        row.reason,
    )
