"""Recording a collection: which items, readings and organizations a day has from now on, and what became of the day."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from trueup.core.usage import Collection, Coverage
from trueup.store.binding import Binding
from trueup.store.bursts import without_collector
from trueup.store.connections import Connections, ConnectionState, connection_id, save_state
from trueup.store.deliveries import CURRENT, Calendar, Delivery, DeliveryBook, is_provisional
from trueup.store.intervals import ITEMS, READINGS, Changed, Shelf, place_among
from trueup.store.organizations import Register
from trueup.store.settings import Settings
from trueup.store.usage_names import Names
from trueup.store.usage_rows import item_rows, reading_rows


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording a collection changed. A changed item counts as one closed and one opened.

    `counts` is false when the day keeps an earlier, better collection: this one is on record only.
    """

    items_opened: int
    items_closed: int
    readings_changed: int
    counts: bool = True
    provisional: bool = False
    attempt: int = 1

    @property
    def unchanged(self) -> bool:
        """Whether the day is the same as before in every item and reading."""
        return not (self.items_opened or self.items_closed or self.readings_changed)


def record(binding: Binding, collection: Collection, run_id: str | None, *, provisional: bool | None) -> Recorded:
    """Write down a collection; see `Usage.record`."""
    if provisional is None:
        zone = Settings(binding).get().time_zone
        provisional = is_provisional(collection.day, collection.observed_at, zone)
    with binding.writing() as connection, without_collector():
        number = connection_id(connection, binding.tenant, collection.connection)
        book = DeliveryBook(connection, binding.tenant, number)
        new, old = book.add(collection, run_id, provisional=provisional)
        _note_state(binding, connection, number, collection)
        if new.state != CURRENT or new.coverage is Coverage.UNKNOWN:
            return Recorded(0, 0, 0, new.state == CURRENT, provisional, new.attempt)
        items, readings = _keep(binding, connection, number, book.calendar(), collection, new, old)
    changed = max(readings.opened, readings.closed)
    return Recorded(items.opened, items.closed, changed, provisional=provisional, attempt=new.attempt)


def _keep(
    binding: Binding,
    connection: sa.Connection,
    number: int,
    calendar: Calendar,
    collection: Collection,
    new: Delivery,
    old: Delivery | None,
) -> tuple[Changed, Changed]:
    tenant, day = binding.tenant, collection.day.toordinal()
    replaces = old is not None and old.coverage is not Coverage.UNKNOWN
    names = Names(binding, connection, number)
    mentioned = {item.organization for inventory in collection.inventories for item in inventory.items}
    mentioned |= {reading.organization for reading in collection.readings}
    organizations = Register(binding, connection, number).list_day(
        collection.organizations, mentioned, collection.coverage, day, calendar
    )
    metrics = names.keep_billing_types(collection.billing_types, {reading.metric for reading in collection.readings})
    opened = closed = 0
    for inventory in collection.inventories:
        rows = item_rows(inventory.items, organizations, collection.connection, inventory.stream)
        place = place_among(calendar.of_stream(inventory.stream), day, new.attempt, replaces=replaces)
        layout, others = names.layout(inventory.stream, inventory.attributes, newest=place.after is None)
        changes = [Shelf(connection, tenant, ITEMS, layout.id).put(place, rows)]
        changes += [Shelf(connection, tenant, ITEMS, other.id).put(place, []) for other in others]
        opened += sum(change.opened for change in changes)
        closed += sum(change.closed for change in changes)
    lost = set(old.streams if replaces and old is not None else ()) - set(new.streams)
    for layout in names.layouts():
        if layout.stream in lost:
            place = place_among(calendar.of_stream(layout.stream), day, new.attempt, replaces=True)
            closed += Shelf(connection, tenant, ITEMS, layout.id).put(place, []).closed
    place = place_among(calendar.days(), day, new.attempt, replaces=replaces)
    rows = reading_rows(collection.readings, metrics, organizations, collection.connection)
    return Changed(opened, closed), Shelf(connection, tenant, READINGS, number).put(place, rows)


def _note_state(binding: Binding, connection: sa.Connection, number: int, collection: Collection) -> None:
    state = Connections(binding).state(collection.connection)
    if collection.coverage is Coverage.UNKNOWN:
        state = ConnectionState(state.delivered_at, state.delivered_day, collection.failure, collection.observed_at)
    elif state.delivered_day is None or state.delivered_day <= collection.day:
        failed_at = None if collection.failure is None else collection.observed_at
        state = ConnectionState(collection.observed_at, collection.day, collection.failure, failed_at)
    save_state(connection, binding.tenant, number, state)
