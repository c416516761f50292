from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.store.histories import FAILURE, FIRST, TYPE, collection, day_of

from trueup.core.reason import Reason
from trueup.core.settings import TenantSettings
from trueup.core.usage import Collection, Coverage, Inventory, Item, ModuleOrganization, Reading
from trueup.store.connections import ConnectionState
from trueup.store.database import Database
from trueup.store.errors import StoreError
from trueup.store.tenant_store import TenantStore

DESKTOP = "datto_rmm.desktop"
ATTRIBUTES = ("category",)


def _devices(**categories: str) -> tuple[Inventory, ...]:
    items = tuple(Item(key, "a", key.upper(), (category,)) for key, category in categories.items())
    return (Inventory("devices", ATTRIBUTES, items),)


def _counted(number: int, coverage: Coverage = Coverage.MEASURED) -> tuple[Reading, ...]:
    return (Reading(DESKTOP, "a", Decimal(number), coverage),)


def _rows(path: Path) -> dict[str, int]:
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
    connection.close()
    return found


def _keys(store: TenantStore, day: date) -> list[str]:
    return [item.key for item in store.usage.items(day, "rmm", "devices")]


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)  # it looks into the file
def test_an_unchanged_night_writes_its_delivery_and_nothing_else(with_module: TenantStore, path: Path):
    store = with_module
    usage = {"inventories": _devices(d1="Laptop", d2="Server"), "readings": _counted(2)}
    assert not store.usage.record(collection(day_of(0), **usage)).unchanged
    before = _rows(path)
    for number in range(1, 6):
        assert store.usage.record(collection(day_of(number), **usage)).unchanged
    after = _rows(path)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {"delivery": 5}


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)  # it looks into the file
def test_a_change_writes_one_row_for_what_was_and_keeps_one_for_what_is(with_module: TenantStore, path: Path):
    store = with_module
    store.usage.record(collection(day_of(0), inventories=_devices(d1="Laptop", d2="Server"), readings=_counted(2)))
    recorded = store.usage.record(
        collection(day_of(1), inventories=_devices(d1="Laptop", d2="Laptop", d3="Server"), readings=_counted(3))
    )
    assert (recorded.items_opened, recorded.items_closed, recorded.readings_changed) == (2, 1, 1)
    rows = _rows(path)
    assert (rows["item"], rows["item_past"], rows["reading"], rows["reading_past"]) == (3, 1, 1, 1)
    assert store.usage.item_count("rmm") == 3


def test_a_failed_night_is_a_gap_and_lowers_nothing(with_module: TenantStore):
    store = with_module
    store.usage.record(collection(day_of(0), inventories=_devices(d1="Laptop"), readings=_counted(1)))
    recorded = store.usage.record(collection(day_of(1), coverage=Coverage.UNKNOWN))
    assert recorded.unchanged
    store.usage.record(collection(day_of(2), inventories=_devices(d1="Laptop"), readings=_counted(1)))
    coverages = {one.day: one.coverage for one in store.usage.deliveries("rmm", day_of(0), day_of(2))}
    assert coverages == {day_of(0): Coverage.MEASURED, day_of(1): Coverage.UNKNOWN, day_of(2): Coverage.MEASURED}
    assert store.usage.delivered_days("rmm") == (day_of(0), day_of(2))
    assert _keys(store, day_of(1)) == []
    (span,) = store.usage.readings(day_of(0), day_of(2))
    assert (span.first, span.last, span.value) == (day_of(0), None, Decimal(1))


def test_a_failure_after_a_delivery_of_the_same_day_leaves_it_alone(with_module: TenantStore):
    store = with_module
    store.usage.record(collection(day_of(0), hours=12, inventories=_devices(d1="Laptop"), readings=_counted(1)))
    recorded = store.usage.record(collection(day_of(0), hours=25, coverage=Coverage.UNKNOWN))
    assert not recorded.counts
    assert _keys(store, day_of(0)) == ["d1"]
    (counts,) = store.usage.deliveries("rmm", day_of(0), day_of(0))
    assert (counts.coverage, counts.provisional) == (Coverage.MEASURED, True)
    attempts = store.usage.deliveries("rmm", day_of(0), day_of(0), all_attempts=True)
    assert [(one.state, one.failure) for one in attempts] == [("current", None), ("outranked", FAILURE)]
    assert store.connections.state("rmm").failure == FAILURE


def test_the_close_of_a_day_replaces_what_was_provisional_and_both_stay_on_record(with_module: TenantStore):
    store = with_module
    store.usage.record(collection(day_of(0), inventories=_devices(d1="Laptop", d2="Laptop"), readings=_counted(2)))
    store.usage.record(collection(day_of(1), hours=15, inventories=_devices(d1="Laptop"), readings=_counted(1)))
    closing = collection(day_of(1), inventories=_devices(d1="Laptop", d2="Laptop", d3="Server"), readings=_counted(2))
    assert store.usage.record(closing).attempt == 2
    assert _keys(store, day_of(1)) == ["d1", "d2", "d3"]
    assert [item.key for item in store.usage.items_of_attempt(day_of(1), "rmm", "devices", 1)] == ["d1"]
    assert [one.value for one in store.usage.readings_of_attempt(day_of(1), "rmm", 1)] == [Decimal(1)]
    superseded, current = store.usage.deliveries("rmm", day_of(1), day_of(1), all_attempts=True)
    assert (superseded.state, superseded.superseded_at) == ("superseded", closing.observed_at)
    assert (current.state, current.provisional) == ("current", False)
    (span,) = store.usage.readings(day_of(0), day_of(1))
    assert (span.first, span.value) == (day_of(0), Decimal(2))


def test_a_provisional_snapshot_never_replaces_the_close(with_module: TenantStore):
    store = with_module
    store.usage.record(collection(day_of(0), hours=25, readings=_counted(5)))
    assert not store.usage.record(collection(day_of(0), hours=9, readings=_counted(4))).counts
    assert [span.value for span in store.usage.readings(day_of(0), day_of(0))] == [Decimal(5)]


def test_whether_a_day_had_ended_follows_the_tenants_time_zone(with_module: TenantStore, now: datetime):
    store = with_module
    store.settings.save(TenantSettings(time_zone="America/New_York"), "tests", now=now)
    assert store.usage.record(collection(day_of(0), hours=26)).provisional
    assert not store.usage.record(collection(day_of(0), hours=30)).provisional
    assert not store.usage.record(collection(day_of(1), hours=10), provisional=False).provisional


def test_an_earlier_day_that_arrives_late_does_not_disturb_later_days(with_module: TenantStore):
    store = with_module
    for number, devices in ((0, {"d1": "Laptop"}), (4, {"d1": "Laptop"}), (6, {"d1": "Laptop", "d2": "Server"})):
        store.usage.record(collection(day_of(number), inventories=_devices(**devices), readings=_counted(len(devices))))
    store.usage.record(collection(day_of(2), inventories=_devices(d9="Server"), readings=_counted(9)))
    assert [_keys(store, day_of(n)) for n in (0, 2, 4, 6)] == [["d1"], ["d9"], ["d1"], ["d1", "d2"]]
    found = {(s.value, s.first, s.last) for s in store.usage.readings(day_of(0), day_of(9))}
    assert found == {
        (Decimal(1), day_of(0), day_of(0)),
        (Decimal(9), day_of(2), day_of(2)),
        (Decimal(1), day_of(4), day_of(4)),
        (Decimal(2), day_of(6), None),
    }
    assert store.connections.state("rmm").delivered_day == day_of(6)


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)  # it looks into the file
@pytest.mark.parametrize("order", [range(10), range(9, -1, -1), (5, 0, 9, 2, 7, 1, 8, 3, 6, 4)])
def test_days_that_arrive_in_any_order_make_one_interval_where_nothing_changed(
    order: tuple[int, ...], with_module: TenantStore, path: Path
):
    for number in order:
        with_module.usage.record(
            collection(day_of(number), inventories=_devices(d1="Laptop", d2="Server"), readings=_counted(2))
        )
    rows = _rows(path)
    assert (rows["item"], rows["item_past"], rows["reading"], rows["reading_past"]) == (2, 0, 1, 0)
    (span,) = with_module.usage.readings(day_of(0), day_of(9))
    assert (span.first, span.last) == (day_of(0), None)


def test_a_partial_organization_is_never_read_as_measured(with_module: TenantStore):
    store = with_module
    store.usage.record(collection(day_of(0), inventories=_devices(d1="Laptop", d2="Laptop"), readings=_counted(2)))
    cut = tuple(replace(one, partial=frozenset("a")) for one in _devices(d1="Laptop"))
    store.usage.record(
        collection(
            day_of(1), coverage=Coverage.PARTIAL, inventories=cut, readings=_counted(1, coverage=Coverage.PARTIAL)
        )
    )
    (delivery,) = store.usage.deliveries("rmm", day_of(1), day_of(1))
    assert (delivery.coverage, delivery.partial) == (Coverage.PARTIAL, (("devices", "a"),))
    assert [(span.value, span.coverage) for span in store.usage.readings(day_of(1), day_of(1))] == [
        (Decimal(1), Coverage.PARTIAL)
    ]


def test_a_stream_that_was_not_delivered_is_a_gap_and_not_empty(with_module: TenantStore):
    store = with_module
    store.usage.record(collection(day_of(0), inventories=_devices(d1="Laptop")))
    store.usage.record(collection(day_of(1)))
    store.usage.record(collection(day_of(2), inventories=_devices(d1="Laptop")))
    assert [one.streams for one in store.usage.deliveries("rmm", day_of(0), day_of(2))] == [
        ("devices",),
        (),
        ("devices",),
    ]
    (span,) = store.usage.items_between(day_of(0), day_of(2), "rmm", "devices")
    assert (span.valid_from, span.valid_to) == (day_of(0), None)
    assert _keys(store, day_of(1)) == []


def test_a_replaced_day_keeps_its_record_when_the_stream_was_missing_in_between(with_module: TenantStore):
    store = with_module
    store.usage.record(collection(day_of(0), inventories=_devices(d6="Laptop")))
    store.usage.record(collection(day_of(3), inventories=_devices(d1="Laptop")))
    store.usage.record(collection(day_of(3), hours=26))
    store.usage.record(collection(day_of(4), inventories=_devices(d6="Laptop")))
    store.usage.record(collection(day_of(3), hours=27, inventories=_devices(d6="Laptop")))
    found = [
        [item.key for item in store.usage.items_of_attempt(day_of(3), "rmm", "devices", attempt)]
        for attempt in (1, 2, 3)
    ]
    assert found == [["d1"], [], ["d6"]]


def test_organizations_are_gone_after_two_complete_listings_without_them(with_module: TenantStore):
    def gone() -> dict[str, tuple[date, date | None]]:
        return {one.organization.key: (one.last_seen, one.gone_since) for one in store.usage.organizations()}

    store = with_module
    store.usage.record(collection(day_of(0)))
    store.usage.record(collection(day_of(1), organizations=("a", "b")))
    assert gone()["c"] == (day_of(0), None)
    store.usage.record(collection(day_of(1), hours=27, organizations=("a", "b")))
    assert gone()["c"] == (day_of(0), None), "the same day again is no second listing"
    store.usage.record(collection(day_of(2), organizations=("a",), coverage=Coverage.PARTIAL))
    store.usage.record(collection(day_of(3), coverage=Coverage.UNKNOWN))
    assert gone()["c"] == (day_of(0), None), "neither a partial nor a failed collection is a complete listing"
    assert gone()["b"] == (day_of(2), None), "a partial listing does not take anybody away"
    store.usage.record(collection(day_of(4), organizations=("a",)))
    assert gone() == {"a": (day_of(4), None), "b": (day_of(2), None), "c": (day_of(0), day_of(1))}
    store.usage.record(collection(day_of(5)))
    assert gone() == dict.fromkeys("abc", (day_of(5), None))


def test_an_organization_is_renamed_and_keeps_its_key(with_module: TenantStore):
    store = with_module
    store.usage.record(collection(day_of(0), organizations=("a",)))
    renamed = replace(collection(day_of(1)), organizations=(ModuleOrganization("a", "New name", psa_hint="174"),))
    store.usage.record(renamed)
    (found,) = store.usage.organizations("rmm")
    assert found.organization == ModuleOrganization("a", "New name", "174")
    assert (found.since, found.last_seen) == (day_of(0), day_of(1))


def test_items_of_an_unlisted_organization_are_kept_and_it_stays_hidden(with_module: TenantStore):
    store = with_module
    item = Item("d1", "deleted-devices", "D1", ("Laptop",))
    store.usage.record(collection(day_of(0), inventories=(Inventory("devices", ATTRIBUTES, (item,)),)))
    assert store.usage.items(day_of(0), "rmm", "devices") == (item,)
    assert [one.organization.key for one in store.usage.organizations()] == ["a", "b", "c"]


def test_attributes_follow_the_layout_of_the_stream_when_it_changes(with_module: TenantStore):
    store = with_module
    old = Inventory("devices", ("category", "os"), (Item("d1", "a", "D1", ("Laptop", "Windows")),))
    new = Inventory("devices", ("os", "suspended"), (Item("d1", "a", "D1", ("Windows", False)),))
    store.usage.record(collection(day_of(0), inventories=(old,)))
    assert store.usage.streams("rmm") == {"devices": ("category", "os")}
    store.usage.record(collection(day_of(1), inventories=(new,)))
    assert store.usage.streams("rmm") == {"devices": ("os", "suspended")}
    assert store.usage.items(day_of(0), "rmm", "devices") == (Item("d1", "a", "D1", ("Windows", None)),)
    assert store.usage.items(day_of(1), "rmm", "devices") == new.items


def test_items_and_readings_are_asked_by_organization_metric_and_connection(with_module: TenantStore, now: datetime):
    store = with_module
    store.connections.add("second", "module", "saas", {}, {}, "tests", now=now)
    items = tuple(Item(f"d{key}", key, key, ("x",)) for key in "abc")
    readings = tuple(Reading(metric, key, Decimal(1)) for key in "abc" for metric in ("x.one", "x.two"))
    one = collection(day_of(0), inventories=(Inventory("devices", ATTRIBUTES, items),), readings=readings)
    store.usage.record(one)
    store.usage.record(replace(one, connection="second", module="saas"))
    assert [item.key for item in store.usage.items(day_of(0), "rmm", "devices", ("a", "c"))] == ["da", "dc"]
    found = store.usage.readings(day_of(0), day_of(0), metrics=["x.two"], connections=["second"])
    assert {(span.connection, span.metric, span.organization) for span in found} == {
        ("second", "x.two", key) for key in "abc"
    }
    assert store.usage.readings(day_of(0), day_of(0), metrics=[]) == ()
    assert len(store.usage.organizations()) == 6


def test_billing_types_are_kept_as_the_module_names_them(with_module: TenantStore):
    store = with_module
    store.usage.record(collection(day_of(0), readings=(Reading("unnamed.metric", "a", Decimal(1)),)))
    assert store.usage.billing_types() == (TYPE,)
    changed = replace(TYPE, label="Desktops")
    store.usage.record(replace(collection(day_of(1)), billing_types=(changed,)))
    assert store.usage.billing_types("rmm") == (changed,)


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (
            lambda: collection(FIRST, inventories=(Inventory("devices", ATTRIBUTES, (_item("a"), _item("b"))),)),
            "store.duplicate_item",
        ),
        (
            lambda: collection(FIRST, readings=(*_counted(1), *_counted(2))),
            "store.duplicate_reading",
        ),
        (lambda: replace(collection(FIRST), connection="nobody"), "store.unknown_connection"),
    ],
)
def test_a_collection_that_contradicts_itself_is_refused_whole(
    broken: Callable[[], Collection], code: str, with_module: TenantStore
):
    with pytest.raises(StoreError) as caught:
        with_module.usage.record(broken())
    assert caught.value.reason.code == code
    assert with_module.usage.deliveries("rmm", FIRST, FIRST, all_attempts=True) == ()


def _item(organization: str) -> Item:
    return Item("d1", organization, "D1", ("Laptop",))


def test_a_value_that_is_no_number_is_refused(with_module: TenantStore):
    with pytest.raises(ValueError, match="no number"):
        with_module.usage.record(collection(FIRST, readings=(Reading(DESKTOP, "a", Decimal("NaN")),)))


def test_the_same_number_written_otherwise_is_no_change(with_module: TenantStore):
    with_module.usage.record(collection(day_of(0), readings=(Reading(DESKTOP, "a", Decimal("10.50")),)))
    recorded = with_module.usage.record(collection(day_of(1), readings=(Reading(DESKTOP, "a", Decimal("10.5")),)))
    assert recorded.unchanged


def test_the_state_of_a_connection_follows_its_deliveries(with_module: TenantStore):
    store = with_module
    assert store.connections.state("rmm") == ConnectionState()
    good, bad = collection(day_of(0)), collection(day_of(1), coverage=Coverage.UNKNOWN)
    store.usage.record(good)
    store.usage.record(bad)
    assert store.connections.state("rmm") == ConnectionState(good.observed_at, day_of(0), FAILURE, bad.observed_at)
    store.usage.record(collection(day_of(2)))
    assert store.connections.state("rmm").failure is None


def test_what_a_removed_connection_delivered_is_not_mixed_with_its_successor(
    with_module: TenantStore, database: Database, now: datetime
):
    store = with_module
    store.usage.record(collection(day_of(0), readings=_counted(1)))
    store.connections.remove("rmm", "tests", now=now)
    assert store.usage.readings(day_of(0), day_of(9)) == ()
    store.connections.add("rmm", "module", "datto_rmm", {}, {}, "tests", now=now + timedelta(days=1))
    assert store.usage.organizations() == ()
    assert store.usage.delivered_days("rmm") == ()
    store.usage.record(collection(day_of(1), readings=_counted(3)))
    assert [span.value for span in store.usage.readings(day_of(0), day_of(9))] == [Decimal(3)]


def test_lookups_once_seen_stay_seen(with_module: TenantStore):
    store = with_module
    assert store.usage.lookups_seen("rmm") == frozenset()
    store.connections.see_lookups("rmm", ["suspended"])
    store.connections.see_lookups("rmm", [])
    assert store.usage.lookups_seen("rmm") == {"suspended"}


def test_notes_of_a_delivery_stay_with_it(with_module: TenantStore):
    note = Reason.of("module.unknown_category", category="ESXi", count=3, share=Decimal("0.10"))
    with_module.usage.record(replace(collection(FIRST), notes=(note,), calls=12, definition="v1"), "run-7")
    (found,) = with_module.usage.deliveries("rmm", FIRST, FIRST)
    assert (found.notes, found.calls, found.definition, found.run_id) == ((note,), 12, "v1", "run-7")
