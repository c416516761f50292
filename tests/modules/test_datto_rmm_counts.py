"""What is counted in Datto RMM: ICB's 21 billing types, what is left out, and what is only reported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.modules.account import NIGHT, Account, collected, counts, note_codes, total

from trueup.core.usage import Certainty, Collection, Coverage, MetricKind
from trueup.modules.catalogue_files import load_catalogue
from trueup.modules.prepared import PreparedModule

ICB = {
    "total_device_count": "Total Device Count",
    "desktop_laptop": "Desktop & Laptop",
    "desktop": "Desktop",
    "laptop": "Laptop",
    "server": "Server",
    "printer": "Printer",
    "esxi_host": "ESXi Host",
    "unknown": "Unknown",
    "network_router": "Network Device (Router)",
    "network_switch": "Network Device (Switch)",
    "network_ups": "Network Device (UPS)",
    "network_firewall": "Network Device (Firewall)",
    "network_ip_phone": "Network Device (IP Phone)",
    "network_nas": "Network Device (NAS)",
    "network_appliance": "Network Device (Network Appliance)",
    "network_san": "Network Device (SAN)",
    "network_other": "Network Device (other)",
    "datto_access_point": "Datto Access Point",
    "datto_managed_power": "Datto Managed Power",
    "datto_switch": "Datto Switch",
    "datto_continuity": "Datto Continuity",
}


def device(**more: object) -> dict[str, object]:
    return {"category": "Desktop", **more}


def test_all_21_billing_types_carry_the_names_that_icb_shows() -> None:
    with Account([]) as account:
        types = account.module().billing_types
    assert {t.key.removeprefix("datto_rmm."): t.label for t in types} == ICB
    assert {t.kind for t in types} == {MetricKind.LEVEL}
    assert {t.unit for t in types} == {"device"}
    guessed = {t.label for t in types if t.certainty is Certainty.GUESSED}
    assert guessed == {"Datto Access Point", "Datto Managed Power", "Datto Switch", "Datto Continuity"}
    assert all(t.stream == "devices" for t in types)


CATEGORIES: list[tuple[str | None, str | None, set[str]]] = [
    ("Desktop", "device", {"desktop", "desktop_laptop"}),
    (" desktop ", "device", {"desktop", "desktop_laptop"}),
    ("LAPTOP", "device", {"laptop", "desktop_laptop"}),
    ("Server", "device", {"server"}),
    ("Printer", "printer", {"printer"}),
    (None, "printer", {"printer"}),
    ("ESXi Host", "esxihost", {"esxi_host"}),
    ("", "esxihost", {"esxi_host"}),
    ("Unknown", "unknown", {"unknown"}),
    (None, None, {"unknown"}),
    ("IoT Sensor", "unknown", {"unknown"}),
    ("IoT Sensor", "device", set()),
    ("Server", "unknown", {"server"}),
    ("Network Device (Router)", "unknown", {"network_router"}),
    ("Network Device (Router)", "rmmnetworkdevice", {"network_router"}),
    ("Network Device (Switch)", "rmmnetworkdevice", {"network_switch"}),
    ("Network Device (UPS)", "rmmnetworkdevice", {"network_ups"}),
    ("Network Device (Firewall)", "rmmnetworkdevice", {"network_firewall"}),
    ("Network Device (IP Phone)", "rmmnetworkdevice", {"network_ip_phone"}),
    ("Network Device (NAS)", "rmmnetworkdevice", {"network_nas"}),
    ("Network Device (Network Appliance)", "rmmnetworkdevice", {"network_appliance"}),
    ("Network Device (SAN)", "rmmnetworkdevice", {"network_san"}),
    ("Network Device (other)", "rmmnetworkdevice", {"network_other"}),
    ("Network Device (Other)", "rmmnetworkdevice", {"network_other"}),
    ("Network Device (Camera)", "rmmnetworkdevice", set()),
    ("Datto Access Point", "rmmnetworkdevice", {"datto_access_point"}),
    ("Datto Managed Power", "rmmnetworkdevice", {"datto_managed_power"}),
    ("Datto Switch", "rmmnetworkdevice", {"datto_switch"}),
    ("Datto Continuity", "rmmnetworkdevice", {"datto_continuity"}),
]


@pytest.fixture(scope="module")
def one_site_for_each() -> Iterator[Collection]:
    sites = [
        {"name": f"Site {number}", "devices": [{"category": category, "device_class": device_class}]}
        for number, (category, device_class, _) in enumerate(CATEGORIES)
    ]
    with Account(sites) as account:
        yield account.collect()


@pytest.mark.parametrize("number", range(len(CATEGORIES)), ids=[f"{row[0]}/{row[1]}" for row in CATEGORIES])
def test_a_device_counts_for_the_billing_types_of_its_category(number: int, one_site_for_each: Collection) -> None:
    assert one_site_for_each.coverage is Coverage.MEASURED
    counted = CATEGORIES[number][2]
    assert counts(one_site_for_each, f"Site {number}") == dict.fromkeys(counted | {"total_device_count"}, 1)


@pytest.mark.parametrize("category", ["Smartphone", "Tablet", "tablet "])
def test_phones_and_tablets_are_not_in_the_total_unless_asked(category: str) -> None:
    with Account([{"name": "A", "devices": [{"category": category}]}]) as account:
        assert counts(account.collect(), "A") == {}
        assert counts(account.collect({"phones_and_tablets": "count"}), "A") == {"total_device_count": 1}


def test_another_kind_of_network_device_counts_as_other_only_when_asked() -> None:
    with Account([{"name": "A", "devices": [{"category": "Network Device (Camera)"}]}]) as account:
        as_it_is = account.collect()
        widened = account.collect({"unlisted_network_devices": "count_as_other"})
    assert counts(as_it_is, "A") == {"total_device_count": 1}
    assert counts(widened, "A") == {"total_device_count": 1, "network_other": 1}
    assert as_it_is.definition != widened.definition


def test_a_category_nobody_knows_is_reported_with_its_number() -> None:
    site = {"name": "A", "devices": [device(category="Smart Fridge"), device(category=" smart fridge"), device()]}
    with Account([site]) as account:
        notes = [note for note in account.collect().notes if note.code == "module.unknown_value"]
    assert sum(int(str(note.get("count"))) for note in notes) == 2
    assert {str(note.get("value")).lower() for note in notes} == {"smart fridge"}


def test_a_site_without_devices_is_a_measured_zero_for_every_billing_type() -> None:
    with Account([{"name": "Empty"}, {"name": "Full", "counts": {"desktop": 1}}]) as account:
        collection = account.collect()
        key = account.uid("Empty")
    found = [reading for reading in collection.readings if reading.organization == key]
    assert {reading.metric.removeprefix("datto_rmm.") for reading in found} == set(ICB)
    assert {(reading.value, reading.coverage) for reading in found} == {(0, Coverage.MEASURED)}


def test_deleted_devices_and_the_pseudo_site_do_not_count_and_the_pseudo_site_is_no_customer() -> None:
    sites = [
        {"name": "A", "devices": [device(), device(deleted=True)]},
        {"name": "Deleted Devices", "deleted_devices": True, "devices": [device(), device()]},
    ]
    with Account(sites) as account:
        # even a device of the pseudo-site that is not marked deleted belongs to no customer
        account.devices(add=[{"site": "Deleted Devices", "fields": {"deleted": None}}])
        collection = account.collect()
    assert [organization.name for organization in collection.organizations] == ["A"]
    assert total(collection) == 1


def test_on_demand_sites_are_left_out_unless_asked() -> None:
    sites = [{"name": "A", "counts": {"desktop": 1}}, {"name": "Spot", "on_demand": True, "counts": {"desktop": 2}}]
    with Account(sites) as account:
        skipped, counted = account.collect(), account.collect({"on_demand_sites": "count"})
    assert [organization.name for organization in skipped.organizations] == ["A"]
    assert total(skipped) == 1
    assert counts(counted, "Spot") == {"total_device_count": 2, "desktop": 2, "desktop_laptop": 2}


def test_suspended_devices_count_unless_asked_otherwise() -> None:
    with Account([{"name": "A", "devices": [device(suspended=True), device()]}]) as account:
        assert total(account.collect()) == 2
        assert total(account.collect({"suspended_devices": "skip"})) == 1


def test_a_site_carries_the_company_of_the_psa_as_a_hint() -> None:
    sites = [{"name": "A", "autotask_company_id": "29683515"}, {"name": "B"}]
    with Account(sites) as account:
        collection = account.collect()
    assert [(o.name, o.psa_hint) for o in collection.organizations] == [("A", "29683515"), ("B", None)]


def test_a_device_without_a_site_is_shown_as_unassigned_not_dropped() -> None:
    with Account([{"name": "A", "devices": [device(fields={"siteUid": None}), device()]}]) as account:
        collection = account.collect()
    assert counts(collection, "~unassigned") == {"total_device_count": 1, "desktop": 1, "desktop_laptop": 1}
    assert "module.organization_missing" in note_codes(collection)


def test_a_device_of_a_site_that_is_not_listed_is_shown_under_the_sites_key() -> None:
    with Account([{"name": "A", "devices": [device(fields={"siteUid": "not-in-the-list"}), device()]}]) as account:
        collection = account.collect()
    assert counts(collection, "not-in-the-list")["total_device_count"] == 1
    assert "module.organization_not_listed" in note_codes(collection)


def test_nulls_everywhere_lose_no_device() -> None:
    names = (
        "deviceType",
        "hostname",
        "deviceClass",
        "suspended",
        "deleted",
        "antivirus",
        "patchManagement",
        "lastSeen",
    )
    bare = device(fields=dict.fromkeys(names))
    with Account([{"name": "A", "devices": [bare, device()]}]) as account:
        collection = account.collect({"extra_attributes": "antivirus_status, patch_status, operating_system"})
    assert collection.coverage is Coverage.MEASURED
    assert counts(collection, "A") == {"total_device_count": 2, "unknown": 1, "desktop": 1, "desktop_laptop": 1}


def test_one_field_of_another_type_costs_neither_the_page_nor_the_device() -> None:
    odd = device(fields={"deviceType": "Desktop", "suspended": [1, 2], "deviceClass": {"a": 1}})
    with Account([{"name": "A", "devices": [odd, device(category="Server")]}]) as account:
        collection = account.collect()
    assert counts(collection, "A") == {"total_device_count": 2, "unknown": 1, "server": 1}
    fields = {str(note.get("field")) for note in collection.notes if note.code == "module.field_mistyped"}
    assert fields == {"suspended", "device_class"}


def test_items_are_the_evidence_of_the_counts() -> None:
    devices = [
        device(hostname="PC1", type="iMac", uid="11111111-1111-4111-8111-111111111111"),
        device(hostname="SRV1", category="Server", type="Tower", device_class="device", suspended=True),
    ]
    with Account([{"name": "A", "devices": devices}]) as one:
        collection = one.collect()
        key = one.uid("A")
    (inventory,) = collection.inventories
    assert inventory.stream == "devices"
    assert inventory.attributes == ("category", "type", "device_class", "suspended")
    assert {(item.name, item.organization, item.attributes) for item in inventory.items} == {
        ("PC1", key, ("Desktop", "iMac", "device", False)),
        ("SRV1", key, ("Server", "Tower", "device", True)),
    }
    assert inventory.items[0].key == "11111111-1111-4111-8111-111111111111"


def test_the_attributes_that_a_rule_may_ask_for_are_the_devices_own() -> None:
    fields = {
        "operatingSystem": "macOS 15",
        "domain": "a.local",
        "snmpEnabled": True,
        "antivirus": {"antivirusProduct": "Datto AV", "antivirusStatus": "NotRunning"},
        "patchManagement": {"patchStatus": "FullyPatched"},
    }
    names = ["operating_system", "domain", "antivirus", "antivirus_status", "patch_status", "snmp"]
    with Account([{"name": "A", "devices": [device(fields=fields)]}]) as account:
        (inventory,) = account.collect({"extra_attributes": ", ".join(names)}).inventories
    kept = dict(zip(inventory.attributes, inventory.items[0].attributes, strict=True))
    assert {name: kept[name] for name in names} == {
        "operating_system": "macOS 15",
        "domain": "a.local",
        "antivirus": "Datto AV",
        "antivirus_status": "NotRunning",
        "patch_status": "FullyPatched",
        "snmp": True,
    }


def test_two_unchanged_nights_are_equal_and_a_changed_one_differs_by_what_changed() -> None:
    with Account([{"name": "A", "counts": {"desktop": 300}}, {"name": "B", "counts": {"laptop": 1}}]) as account:
        module = account.module()
        first, second = collected(module), collected(module, NIGHT + timedelta(days=1))
        account.devices(counts={"A": {"desktop": 298, "server": 1}}, move=[{"device": "B-NB001", "site": "A"}])
        third = collected(module, NIGHT + timedelta(days=2))
    assert (first.readings, first.inventories, first.organizations) == (
        second.readings,
        second.inventories,
        second.organizations,
    )
    assert counts(first, "A") == {"total_device_count": 300, "desktop": 300, "desktop_laptop": 300}
    assert counts(third, "A") == {
        "total_device_count": 300,
        "desktop": 298,
        "laptop": 1,
        "desktop_laptop": 299,
        "server": 1,
    }
    assert counts(third, "B") == {}


def test_seen_within_days_is_worked_out_when_collecting_and_the_time_itself_is_not_kept() -> None:
    moments = {"recent": NIGHT - timedelta(days=5), "old": NIGHT - timedelta(days=31)}
    devices = [device(hostname=name, last_seen=int(moment.timestamp() * 1000)) for name, moment in moments.items()]
    devices += [device(hostname="never", last_seen=-62135596800000), device(hostname="null", last_seen=None)]
    with Account([{"name": "A", "devices": devices}]) as account:
        settings = {"seen_within_days": "30", "extra_attributes": "seen_recently"}
        (inventory,) = account.collect(settings).inventories
    place = inventory.attributes.index("seen_recently")
    seen = {item.name: item.attributes[place] for item in inventory.items}
    assert seen == {"recent": True, "old": False, "never": False, "null": False}


def test_more_attributes_are_kept_only_when_a_rule_needs_them() -> None:
    with Account([{"name": "A", "devices": [device()]}]) as account:
        (inventory,) = account.collect({"extra_attributes": "operating_system"}).inventories
        refused = account.collect({"extra_attributes": "lastSeen"})
    assert inventory.attributes[-1] == "operating_system"
    assert refused.failure is not None
    assert refused.failure.reason.code == "module.setting_wrong"


def test_a_pasted_portal_address_gives_the_platform() -> None:
    file = load_catalogue("datto_rmm")
    for given in (
        "merlot",
        "Merlot",
        "https://merlot.centrastage.net/csm/login",
        "merlot.rmm.datto.com",
        "Merlot.centrastage.net",
    ):
        assert PreparedModule(file, {"platform": given}).base_url == "https://merlot-api.centrastage.net"


def test_the_day_and_the_moment_of_the_collection_are_those_it_was_asked_for() -> None:
    moment = datetime(2026, 5, 1, 2, tzinfo=UTC)
    with Account([{"name": "A"}]) as account:
        collection = collected(account.module(), moment)
        log = account.calls()
    assert (collection.observed_at, collection.connection, collection.module) == (moment, "rmm", "datto_rmm")
    assert collection.calls == len(log)
