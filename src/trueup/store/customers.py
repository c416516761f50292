"""Matching: which organization of a module is which customer of the PSA. Decisions are kept as intervals of days, so
that a past day can be asked about as it was decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from trueup.store.binding import Binding
from trueup.store.connections import connection_id
from trueup.store.decisions import Step, last_event, next_moment
from trueup.store.errors import StoreError
from trueup.store.organizations import StoredOrganization
from trueup.store.settings import Settings
from trueup.store.tables.customers import mapping
from trueup.store.tables.tenancy import connection as connection_table
from trueup.store.tables.usage import organization
from trueup.store.usage import Usage


@dataclass(frozen=True, slots=True)
class Mapping:
    """One decision. `customer_id` is None for an organization that is ignored, then `reason` says why.

    `item_filter` is an expression over item attributes that splits a shared organization. `valid_from` None means from
    the beginning, `valid_to` None until now (both inclusive).
    """

    connection: str
    organization_key: str
    customer_id: str | None
    item_filter: str | None
    reason: str | None
    valid_from: date | None
    valid_to: date | None
    decided_by: str
    decided_at: datetime

    @property
    def ignored(self) -> bool:
        """Whether a person decided that this organization is not billed."""
        return self.customer_id is None


class Mappings:
    """A tenant's decisions on organizations."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def map(
        self,
        connection: str,
        organization_key: str,
        customer_id: str,
        actor: str,
        *,
        now: datetime,
        item_filter: str | None = None,
        since: date | None = None,
    ) -> None:
        """Say that this organization is that customer.

        Without a filter it takes the place of every decision on the organization. With one it takes the place of the
        decision for the same customer, and of one without a filter; so several customers may share an organization.
        The first decision on an organization holds from the beginning, a later one from `since` (default: today in
        the tenant's time zone). Raises StoreError `store.unknown_connection` or `store.unknown_organization`.
        """
        self._decide(connection, organization_key, customer_id, item_filter, None, actor, now, since)

    def ignore(
        self,
        connection: str,
        organization_key: str,
        reason: str,
        actor: str,
        *,
        now: datetime,
        since: date | None = None,
    ) -> None:
        """Say that this organization is not billed, and why."""
        self._decide(connection, organization_key, None, None, reason, actor, now, since)

    def unmap(
        self,
        connection: str,
        organization_key: str,
        actor: str,
        *,
        now: datetime,
        customer_id: str | None = None,
        since: date | None = None,
    ) -> int:
        """End the decisions on an organization (or that for one customer) the day before `since` (default: today).

        Gives how many were ended. One that would have begun on that day or later never holds at all.
        """
        with self._binding.writing() as open_connection:
            number = self._organization(open_connection, connection, organization_key)
            now = next_moment(self._steps(open_connection, number), now)
            wanted = [*self._open(number)]
            if customer_id is not None:
                wanted.append(mapping.c.customer == customer_id)
            return self._end(open_connection, wanted, since or self._today(now), actor, now)

    def mappings(self, on: date | None = None, connection: str | None = None) -> tuple[Mapping, ...]:
        """Decisions in force on that day; without a day, those without an end. By connection and organization."""
        wanted: list[sa.ColumnElement[bool]] = []
        if on is None:
            wanted.append(mapping.c.valid_to.is_(None))
        else:
            wanted.append(mapping.c.valid_from.is_(None) | (mapping.c.valid_from <= on))
            wanted.append(mapping.c.valid_to.is_(None) | (mapping.c.valid_to >= on))
        if connection is not None:
            wanted.append(connection_table.c.name == connection)
        return self._select(wanted)

    def unmapped(self) -> tuple[StoredOrganization, ...]:
        """Organizations that were listed and on which nobody has decided, those that are gone included."""
        with self._binding.reading():
            decided = {(found.connection, found.organization_key) for found in self.mappings()}
            listed = Usage(self._binding).organizations()
        return tuple(one for one in listed if (one.connection, one.organization.key) not in decided)

    def every(self) -> tuple[Mapping, ...]:
        """Every decision that ever held on some day, by connection and organization, oldest first."""
        held = mapping.c.valid_to.is_(None) | mapping.c.valid_from.is_(None) & (mapping.c.valid_to != date.min)
        return self._select([held | (mapping.c.valid_from <= mapping.c.valid_to)])

    def history(self, connection: str, organization_key: str) -> tuple[Mapping, ...]:
        """Every decision on an organization, oldest first."""
        return self._select([connection_table.c.name == connection, organization.c.key == organization_key])

    def decided_last(self, connection: str, organization_key: str) -> datetime | None:
        """When the newest decision on an organization was made or ended, those taken back left out; None where there
        is none."""
        with self._binding.reading() as open_connection:
            number = self._organization(open_connection, connection, organization_key)
            event = last_event(self._steps(open_connection, number))
            return event.moment if event is not None else None

    def take_back(self, connection: str, organization_key: str, actor: str, *, now: datetime) -> bool:
        """Take the newest decision on an organization back, as if it had not been made: what began with it never held,
        what ended with it goes on. Gives whether there was one; what was taken back stays on record."""
        with self._binding.writing() as open_connection:
            number = self._organization(open_connection, connection, organization_key)
            event = last_event(self._steps(open_connection, number))
            if event is None:
                return False
            mine = mapping.c.tenant == self._binding.tenant
            ended = (mine, mapping.c.id.in_(event.ended))
            back = {"valid_to": None, "ended_by": None, "ended_at": None}
            open_connection.execute(sa.update(mapping).where(*ended).values(**back))
            if event.begun is not None:
                self._end(open_connection, [mine, mapping.c.id == event.begun], date.min, actor, now)
            return True

    def _steps(self, connection: sa.Connection, number: int) -> list[Step]:
        columns = (mapping.c.id, mapping.c.decided_at, mapping.c.ended_at)
        rows = connection.execute(sa.select(*columns).where(*self._held_once(number)).order_by(mapping.c.id))
        return [Step(*row) for row in rows]

    def _held_once(self, number: int) -> tuple[sa.ColumnElement[bool], ...]:
        """Decisions on an organization but those that were taken back, which never held at all."""
        return (
            mapping.c.tenant == self._binding.tenant,
            mapping.c.organization == number,
            mapping.c.valid_to.is_(None) | (mapping.c.valid_to != date.min),
        )

    def _select(self, wanted: list[sa.ColumnElement[bool]]) -> tuple[Mapping, ...]:
        tenant = self._binding.tenant
        query = (
            sa.select(
                connection_table.c.name,
                organization.c.key,
                mapping.c.customer,
                mapping.c.item_filter,
                mapping.c.reason,
                mapping.c.valid_from,
                mapping.c.valid_to,
                mapping.c.decided_by,
                mapping.c.decided_at,
            )
            .select_from(mapping)
            .join(
                organization,
                (organization.c.tenant == mapping.c.tenant) & (organization.c.id == mapping.c.organization),
            )
            .join(
                connection_table,
                (connection_table.c.tenant == mapping.c.tenant) & (connection_table.c.id == organization.c.connection),
            )
            .where(mapping.c.tenant == tenant, connection_table.c.removed_at.is_(None), *wanted)
            .order_by(connection_table.c.name, organization.c.key, mapping.c.id)
        )
        with self._binding.reading() as open_connection:
            return tuple(Mapping(*row) for row in open_connection.execute(query))

    def _decide(
        self,
        connection: str,
        key: str,
        customer: str | None,
        item_filter: str | None,
        reason: str | None,
        actor: str,
        now: datetime,
        since: date | None,
    ) -> None:
        with self._binding.writing() as open_connection:
            number = self._organization(open_connection, connection, key)
            same = (
                mapping.c.customer.is_not_distinct_from(customer),
                mapping.c.item_filter.is_not_distinct_from(item_filter),
                mapping.c.reason.is_not_distinct_from(reason),
            )
            if open_connection.execute(sa.select(mapping.c.id).where(*self._open(number), *same)).first():
                return
            steps = self._steps(open_connection, number)
            begin = since or (self._today(now) if steps else None)
            now = next_moment(steps, now)
            replaced = [*self._open(number)]
            if item_filter is not None:
                replaced.append((mapping.c.customer == customer) | mapping.c.item_filter.is_(None))
            self._end(open_connection, replaced, begin or date.min, actor, now)
            row = {
                "id": self._binding.next_number(open_connection, "mapping"),
                "organization": number,
                "customer": customer,
                "item_filter": item_filter,
                "reason": reason,
                "valid_from": begin,
                "decided_by": actor,
                "decided_at": now,
            }
            open_connection.execute(sa.insert(mapping).values(tenant=self._binding.tenant, **row))

    def _end(
        self,
        connection: sa.Connection,
        wanted: list[sa.ColumnElement[bool]],
        begin: date,
        actor: str,
        now: datetime,
    ) -> int:
        """End decisions before a day. One that began on that day or later ends before it began: it never held, and
        stays on record."""
        last = begin if begin == date.min else begin - timedelta(days=1)
        done = connection.execute(sa.update(mapping).where(*wanted).values(valid_to=last, ended_by=actor, ended_at=now))
        return done.rowcount

    def _open(self, number: int) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            mapping.c.tenant == self._binding.tenant,
            mapping.c.organization == number,
            mapping.c.valid_to.is_(None),
        )

    def _organization(self, connection: sa.Connection, name: str, key: str) -> int:
        number = connection_id(connection, self._binding.tenant, name)
        wanted = (
            organization.c.tenant == self._binding.tenant,
            organization.c.connection == number,
            organization.c.key == key,
        )
        found = connection.execute(sa.select(organization.c.id).where(*wanted)).scalar()
        if found is None:
            raise StoreError("store.unknown_organization", connection=name, organization=key)
        return int(found)

    def _today(self, now: datetime) -> date:
        return now.astimezone(ZoneInfo(Settings(self._binding).get().time_zone)).date()
