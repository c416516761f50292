"""Usage as it was delivered: recording a collection, and asking what was delivered when."""

# ruff: noqa: PLC0415 (intervals are imported by who records them or asks for them; most only ask for names)
from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from trueup.core.usage import BillingType, Collection, Coverage, Item, Reading
from trueup.store.binding import Binding
from trueup.store.bursts import without_collector
from trueup.store.connections import Connections, connection_id, connections_in_use
from trueup.store.deliveries import Delivery, DeliveryBook
from trueup.store.organizations import StoredOrganization, stored_organizations
from trueup.store.usage_names import Names

if TYPE_CHECKING:
    from trueup.core.counting.reading_series import MetricPlace, ReadingSeries, ReadingSpan
    from trueup.store.usage_queries import ItemInterval, ItemQuestions, ReadingQuestions
    from trueup.store.usage_recording import Recorded


class Usage:
    """A tenant's usage, by connection."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def record(self, collection: Collection, run_id: str | None = None, *, provisional: bool | None = None) -> Recorded:
        """Write down a collection, in one transaction.

        One for a day that is on record replaces it where it is at least as good (see `deliveries.outranks`); what it
        replaced is kept. One without content (`unknown`) changes no item and no reading: its day is a gap.
        `provisional` is worked out from the tenant's time zone unless the vendor's word is given.
        Raises StoreError `store.unknown_connection`, `store.duplicate_item`, `store.duplicate_reading`.
        """
        from trueup.store.usage_recording import record

        return record(self._binding, collection, run_id, provisional=provisional)

    def deliveries(
        self, connection: str, first: date, last: date, *, all_attempts: bool = False
    ) -> tuple[Delivery, ...]:
        """The deliveries of these usage days, in order, failures included; a day that is missing was never collected.
        With `all_attempts` also the collections that were replaced or did not count."""
        with self._binding.reading() as open_connection:
            number = connection_id(open_connection, self._binding.tenant, connection)
            book = DeliveryBook(open_connection, self._binding.tenant, number)
            return book.between(first, last, all_attempts=all_attempts)

    def delivered_days(self, connection: str) -> tuple[date, ...]:
        """Every usage day with content, in order."""
        with self._binding.reading() as open_connection:
            number = connection_id(open_connection, self._binding.tenant, connection)
            days = DeliveryBook(open_connection, self._binding.tenant, number).calendar().days()
        return tuple(map(date.fromordinal, days))

    def organizations(self, connection: str | None = None) -> tuple[StoredOrganization, ...]:
        """Organizations of one module connection, or of all, by connection and name."""
        tenant = self._binding.tenant
        found: list[StoredOrganization] = []
        with self._binding.reading() as open_connection:
            if connection is not None:
                connection_id(open_connection, tenant, connection)
            for number, name in connections_in_use(open_connection, tenant):
                if connection in (None, name):
                    calendar = DeliveryBook(open_connection, tenant, number).calendar()
                    found += stored_organizations(open_connection, tenant, number, name, calendar)
        return tuple(found)

    def readings(
        self,
        first: date,
        last: date,
        metrics: Some[str] | None = None,
        connections: Some[str] | None = None,
    ) -> tuple[ReadingSpan, ...]:
        """Spans that touch these days, their ends delivered days. Use them together with `deliveries`: a span speaks of
        delivered days only, and `unknown` days are not delivered."""
        tenant = self._binding.tenant
        found: list[ReadingSpan] = []
        with self._binding.reading() as connection, without_collector():
            for number, name in connections_in_use(connection, tenant):
                if connections is None or name in connections:
                    found += _readings_of(connection, tenant, number, name).between(first, last, metrics)
        return tuple(found)

    def series(self, first: date, last: date, metrics: Some[str] | None = None) -> Mapping[MetricPlace, ReadingSeries]:
        """The same spans by metric and organization, for counting over many days."""
        found: dict[MetricPlace, ReadingSeries] = {}
        with self._binding.reading() as connection, without_collector():
            for number, name in connections_in_use(connection, self._binding.tenant):
                found |= _readings_of(connection, self._binding.tenant, number, name).series(first, last, metrics)
        return found

    def items(
        self, day: date, connection: str, stream: str, organizations: Some[str] | None = None
    ) -> tuple[Item, ...]:
        """The items of a stream on one usage day, by key; empty when the stream was not delivered that day (ask
        `deliveries` which days and streams were). Attributes follow `streams(connection)[stream]`."""
        with self._binding.reading() as open_connection, without_collector():
            number = connection_id(open_connection, self._binding.tenant, connection)
            calendar = DeliveryBook(open_connection, self._binding.tenant, number).calendar()
            if stream not in calendar.streams_on(day.toordinal()):
                return ()
            return tuple(self._stream(open_connection, number, stream).on(day, organizations))

    def count_items(self, day: date, connection: str, stream: str) -> int | None:
        """How many items a stream had on one usage day; None when it was not delivered that day."""
        with self._binding.reading() as open_connection:
            number = connection_id(open_connection, self._binding.tenant, connection)
            calendar = DeliveryBook(open_connection, self._binding.tenant, number).calendar()
            if stream not in calendar.streams_on(day.toordinal()):
                return None
            return self._stream(open_connection, number, stream).count(day)

    def items_between(
        self, first: date, last: date, connection: str, stream: str, organizations: Some[str] | None = None
    ) -> tuple[ItemInterval, ...]:
        """Items as intervals that touch these days; an interval speaks of days with this stream only."""
        with self._binding.reading() as open_connection, without_collector():
            number = connection_id(open_connection, self._binding.tenant, connection)
            return tuple(self._stream(open_connection, number, stream).between(first, last, organizations))

    def streams(self, connection: str) -> dict[str, tuple[str, ...]]:
        """Attribute names of each stream, as last delivered."""
        with self._binding.reading() as open_connection:
            number = connection_id(open_connection, self._binding.tenant, connection)
            layouts = Names(self._binding, open_connection, number).layouts()
        return {layout.stream: layout.attributes for layout in layouts}

    def billing_types(self, connection: str | None = None) -> tuple[BillingType, ...]:
        """Billing types that were delivered, each key once, of one connection or of all in use."""
        found: dict[str, BillingType] = {}
        with self._binding.reading() as open_connection:
            for number, name in connections_in_use(open_connection, self._binding.tenant):
                if connection in (None, name):
                    for one in Names(self._binding, open_connection, number).billing_types():
                        found.setdefault(one.key, one)
        return tuple(found.values())

    def item_count(self, connection: str) -> int | None:
        """How many items the last delivery of each stream had together; None before the first delivery."""
        with self._binding.reading() as open_connection:
            number = connection_id(open_connection, self._binding.tenant, connection)
            if not DeliveryBook(open_connection, self._binding.tenant, number).calendar().days():
                return None
            return Names(self._binding, open_connection, number).item_count()

    def lookups_seen(self, connection: str) -> frozenset[str]:
        """Lookups that earlier collections found (see `Connections.see_lookups`)."""
        return Connections(self._binding).lookups_seen(connection)

    def items_of_attempt(self, day: date, connection: str, stream: str, attempt: int) -> tuple[Item, ...]:
        """The items that one collection of the day brought, also after it was replaced; by key."""
        with self._binding.reading() as open_connection:
            number = connection_id(open_connection, self._binding.tenant, connection)
            if not self._brought(open_connection, number, day, attempt, stream):
                return ()
            questions = self._stream(open_connection, number, stream)
            now: dict[str, Item | None] = {item.key: item for item in questions.on(day)}
            then = now | questions.replaced(day, attempt)
        return tuple(item for _, item in sorted(then.items()) if item is not None)

    def readings_of_attempt(self, day: date, connection: str, attempt: int) -> tuple[Reading, ...]:
        """The readings that one collection of the day brought, also after it was replaced; by metric, organization."""
        with self._binding.reading() as open_connection:
            number = connection_id(open_connection, self._binding.tenant, connection)
            if not self._brought(open_connection, number, day, attempt, None):
                return ()
            questions = _readings_of(open_connection, self._binding.tenant, number, connection)
            now: dict[tuple[str, str], Reading | None] = {
                (span.metric, span.organization): Reading(span.metric, span.organization, span.value, span.coverage)
                for span in questions.between(day, day)
            }
            then = now | questions.replaced(day, attempt)
        return tuple(reading for _, reading in sorted(then.items()) if reading is not None)

    def _brought(self, connection: sa.Connection, number: int, day: date, attempt: int, stream: str | None) -> bool:
        book = DeliveryBook(connection, self._binding.tenant, number)
        return any(
            found.attempt == attempt
            and found.coverage is not Coverage.UNKNOWN
            and found.state != "outranked"
            and (stream is None or stream in found.streams)
            for found in book.between(day, day, all_attempts=True)
        )

    def _stream(self, connection: sa.Connection, number: int, stream: str) -> ItemQuestions:
        from trueup.store.usage_queries import ItemQuestions

        layouts = tuple(one for one in Names(self._binding, connection, number).layouts() if one.stream == stream)
        return ItemQuestions(connection, self._binding.tenant, number, layouts)


def _readings_of(connection: sa.Connection, tenant: str, number: int, name: str) -> ReadingQuestions:
    from trueup.store.usage_queries import ReadingQuestions

    return ReadingQuestions(connection, tenant, number, name)
