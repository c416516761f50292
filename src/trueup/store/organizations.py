"""Organizations of a module: known since when, last seen when, and gone when two complete listings lack them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa

from trueup.core.usage import Coverage, ModuleOrganization
from trueup.store.binding import Binding
from trueup.store.deliveries import Calendar
from trueup.store.tables.usage import organization as table


@dataclass(frozen=True, slots=True)
class StoredOrganization:
    """An organization of a connection. `last_seen` is the last delivered day that listed it; `gone_since` the first
    complete listing without it, once there are two of them (on two days); until then it is None."""

    connection: str
    organization: ModuleOrganization
    since: date
    last_seen: date
    gone_since: date | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    key: str
    name: str
    psa_hint: str | None
    since: int | None
    last_seen: int | None
    present: bool


@dataclass(frozen=True, slots=True)
class Register:
    """The organizations of one connection, inside a writing transaction that is open."""

    binding: Binding
    connection: sa.Connection
    number: int

    def ids(self) -> dict[str, int]:
        """Numbers by key."""
        return {key: known.id for key, known in self._load().items()}

    def list_day(
        self,
        listed: Iterable[ModuleOrganization],
        mentioned: Iterable[str],
        coverage: Coverage,
        day: int,
        calendar: Calendar,
    ) -> dict[str, int]:
        """Take note of a listing; gives the numbers of all organizations by key.

        `mentioned` are keys that items or readings name; one that is not listed gets a number and stays hidden.
        `calendar` holds the delivered days with this one.
        """
        known = self._load()
        others = [found for found in calendar.days() if found != day]
        is_last = all(found < day for found in others)
        before = max((found for found in others if found < day), default=None)
        now = {one.key: one for one in listed}
        new: list[_Known] = []
        for key, one in now.items():
            old = known.get(key)
            if old is None:
                new.append(_Known(0, key, one.name, one.psa_hint, day, day, present=is_last))
            else:
                self._save(old, _seen(old, one, day, is_last=is_last))
        if coverage is Coverage.MEASURED:
            for key, old in known.items():
                if key not in now:
                    self._save(old, _missed(old, day, before, is_last=is_last))
        unlisted = sorted(set(mentioned) - known.keys() - now.keys())
        new += [_Known(0, key, key, None, None, None, present=False) for key in unlisted]
        return {key: found.id for key, found in known.items()} | self._insert(new)

    def _load(self) -> dict[str, _Known]:
        columns = (table.c.id, table.c.key, table.c.name, table.c.psa_hint, table.c.since, table.c.last_seen)
        rows = self.connection.execute(sa.select(*columns, table.c.present).where(*self._mine()))
        return {row.key: _Known(*row) for row in rows}

    def _mine(self) -> tuple[sa.ColumnElement[bool], ...]:
        return (table.c.tenant == self.binding.tenant, table.c.connection == self.number)

    def _insert(self, new: list[_Known]) -> dict[str, int]:
        if not new:
            return {}
        first = self.binding.next_number(self.connection, "organization", len(new))
        rows = [
            {
                "tenant": self.binding.tenant,
                "id": number,
                "connection": self.number,
                "key": one.key,
                "name": one.name,
                "psa_hint": one.psa_hint,
                "since": one.since,
                "last_seen": one.last_seen,
                "present": one.present,
            }
            for number, one in enumerate(new, first)
        ]
        self.connection.execute(sa.insert(table), rows)
        return {one.key: number for number, one in enumerate(new, first)}

    def _save(self, old: _Known, new: _Known) -> None:
        if new != old:
            self.connection.execute(
                sa.update(table)
                .where(*self._mine(), table.c.id == old.id)
                .values(
                    name=new.name,
                    psa_hint=new.psa_hint,
                    since=new.since,
                    last_seen=new.last_seen,
                    present=new.present,
                )
            )


def _seen(old: _Known, one: ModuleOrganization, day: int, *, is_last: bool) -> _Known:
    since = day if old.since is None else min(old.since, day)
    if is_last:
        last_seen = old.last_seen if old.present else day
        return replace(old, name=one.name, psa_hint=one.psa_hint, since=since, last_seen=last_seen, present=True)
    if old.present:
        return replace(old, since=since)
    return replace(old, since=since, last_seen=max(old.last_seen or day, day))


def _missed(old: _Known, day: int, before: int | None, *, is_last: bool) -> _Known:
    if not (old.present if is_last else not old.present and old.last_seen == day):
        return old
    if before is None or old.since is None or old.since > before:
        return replace(old, since=None, last_seen=None, present=False)
    return replace(old, last_seen=before, present=False)


def stored_organizations(
    connection: sa.Connection, tenant: str, number: int, name: str, calendar: Calendar
) -> tuple[StoredOrganization, ...]:
    """The organizations of a connection that were ever listed, by name."""
    wanted = (table.c.tenant == tenant, table.c.connection == number, table.c.since.is_not(None))
    rows = connection.execute(sa.select(table).where(*wanted).order_by(table.c.name, table.c.key))
    days, complete = calendar.days(), calendar.complete_days()
    found = []
    for row in rows:
        last_seen = max(days, default=row.last_seen) if row.present else row.last_seen
        absent = [] if row.present else [day for day in complete if day > last_seen]
        found.append(
            StoredOrganization(
                name,
                ModuleOrganization(row.key, row.name, row.psa_hint),
                date.fromordinal(row.since),
                date.fromordinal(last_seen),
                date.fromordinal(absent[0]) if len(absent) > 1 else None,
            )
        )
    return tuple(found)
