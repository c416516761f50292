"""Every documented path answers in its documented shape (the rig validates each answer)."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.openapi import AnswerMismatchError
from tests.simulators.datto_rmm.rig import Rig, by

NEVER = -62135596800000
ICB_CATEGORIES = {
    "Desktop", "Laptop", "Server", "Printer", "ESXi Host", "Unknown", "Network Device (Router)",
    "Network Device (Switch)", "Network Device (Firewall)", "Network Device (UPS)", "Network Device (IP Phone)",
    "Network Device (NAS)", "Network Device (Network Appliance)", "Network Device (SAN)", "Network Device (Other)",
    "Datto Access Point", "Datto Managed Power", "Datto Switch", "Datto Continuity",
}  # fmt: skip


def test_all_24_documented_paths_answer_as_the_file_says(rmm: Rig) -> None:
    devices = rmm.walk("/v2/account/devices", "devices")
    computer = next(row for row in devices if row["deviceType"]["category"] == "Server")
    printer = next(row for row in devices if row["deviceClass"] == "printer")
    host = next(row for row in devices if row["deviceClass"] == "esxihost")
    site, uid = computer["siteUid"], computer["uid"]
    paths = [
        "/v2/account", "/v2/account/sites", "/v2/account/devices", "/v2/account/dnet-site-mappings",
        "/v2/account/users", "/v2/account/variables", f"/v2/site/{site}", f"/v2/site/{site}/devices",
        f"/v2/site/{site}/filters", f"/v2/site/{site}/settings", f"/v2/site/{site}/variables",
        "/v2/filter/default-filters", "/v2/filter/custom-filters", f"/v2/device/{uid}",
        f"/v2/device/id/{computer['id']}", "/v2/system/status", "/v2/system/request_rate",
        "/v2/system/pagination", "/v3/account/devices", f"/v3/site/{site}/devices", f"/v3/device/{uid}",
        f"/v2/audit/device/{uid}", f"/v2/audit/printer/{printer['uid']}", f"/v2/audit/esxihost/{host['uid']}",
    ]  # fmt: skip
    for path in paths:
        assert rmm.get(path).status_code == 200, path
    checked = {name.removeprefix("GET ").removesuffix(" 200") for name in rmm.answers.seen if name.endswith(" 200")}
    assert set(rmm.answers.document["paths"]) <= checked
    assert len(rmm.answers.document["paths"]) == 24


def test_the_default_account_has_every_category_of_icb_and_one_that_is_new(rmm: Rig) -> None:
    categories = Counter(row["deviceType"]["category"] for row in rmm.walk("/v2/account/devices", "devices"))
    assert set(categories) >= ICB_CATEGORIES
    assert set(categories) - ICB_CATEGORIES == {"Smartphone", "Tablet", "IoT Sensor", None}


def test_times_are_epoch_milliseconds_and_never_is_a_sentinel_and_much_is_null(rmm: Rig) -> None:
    devices = by(rmm.walk("/v2/account/devices", "devices"), "hostname")
    assert devices["OLD-LAPTOP"]["lastSeen"] == NEVER
    assert devices["OLD-LAPTOP"]["suspended"] is True
    assert isinstance(devices["OLD-LAPTOP"]["creationDate"], int)
    assert devices["NO-BILL-BY-UDF"]["antivirus"] is None
    assert devices["DEV-100003"]["deviceType"] == {"category": None, "type": None}
    assert devices["DEV-100003"]["online"] is None
    rmm.switch(time_format="iso")
    devices = by(rmm.walk("/v2/account/devices", "devices"), "hostname")
    assert devices["OLD-LAPTOP"]["lastSeen"] == "0001-01-01T00:00:00Z"


def test_values_outside_their_enum_appear_unless_switched_off(rmm: Rig) -> None:
    rmm.devices(counts={"Northwind Traders": {"desktop": 60}})
    rmm.get("/v2/account/devices")
    rmm.switch(undocumented_values=True)
    with pytest.raises(AnswerMismatchError, match=r"Snoozed|NotApplicable"):
        rmm.walk("/v2/account/devices", "devices")
    rmm.answers.seen.clear()
    with rmm.answers.tolerating("values outside their enum"):
        found = {(row["antivirus"] or {}).get("antivirusStatus") for row in rmm.walk("/v2/account/devices", "devices")}
    assert "Snoozed" in found


def test_the_deleted_devices_site_has_no_guid_and_its_devices_are_deleted(rmm: Rig) -> None:
    sites = by(rmm.get("/v2/account/sites").json()["sites"], "name")
    pseudo = sites["Deleted Devices"]["uid"]
    assert pseudo.count("-") != 4
    rows = rmm.walk("/v2/account/devices", "devices")
    assert {row["deleted"] for row in rows if row["siteUid"] == pseudo} == {True}
    assert by(rows, "hostname")["HALF-GONE"]["deleted"] is True
    assert by(rows, "hostname")["HALF-GONE"]["siteUid"] != pseudo


def test_sites_carry_the_autotask_company_as_text_or_nothing(rmm: Rig) -> None:
    sites = by(rmm.get("/v2/account/sites").json()["sites"], "name")
    assert sites["Northwind Traders"]["autotaskCompanyId"] == "207"
    assert sites["Weber Architekten Zürich"]["autotaskCompanyId"] is None
    assert sites["OnDemand"]["onDemand"] is True
    linked = [site for site in sites.values() if site["autotaskCompanyId"]]
    assert 0.55 < len(linked) / len(sites) < 0.75
    assert {site["accountUid"] for site in sites.values()} == {rmm.get("/v2/account").json()["uid"]}


def test_the_account_counts_managed_and_on_demand_devices_apart(rmm: Rig) -> None:
    status = rmm.get("/v2/account").json()["devicesStatus"]
    sites = rmm.get("/v2/account/sites").json()["sites"]
    shown = sum(site["devicesStatus"]["numberOfDevices"] for site in sites if site["name"] != "Deleted Devices")
    assert status["numberOfDevices"] == shown
    assert status["numberOfOnDemandDevices"] == 3
    assert status["numberOfManagedDevices"] == shown - 3
    assert status["numberOfOnlineDevices"] + status["numberOfOfflineDevices"] == shown


def test_v3_structures_user_defined_fields_and_v2_carries_them_only_when_switched(rmm: Rig) -> None:
    device = by(rmm.walk("/v2/account/devices", "devices"), "hostname")["NO-BILL-BY-UDF"]
    assert "udf" not in device
    udfs = rmm.get(f"/v3/device/{device['uid']}").json()["udfs"]
    assert [(udf["ordinal"], udf["type"], udf["valueString"]) for udf in udfs] == [(17, "STRING", "NoBill")]
    rmm.switch(v2_udf=True)
    shown = by(rmm.walk("/v2/account/devices", "devices"), "hostname")["NO-BILL-BY-UDF"]["udf"]
    assert (shown["udf17"], shown["udf1"]) == ("NoBill", None)


def test_a_device_is_found_by_uid_number_and_mac(rmm: Rig) -> None:
    device = rmm.walk("/v2/account/devices", "devices")[7]
    audit = rmm.get(f"/v2/audit/device/{device['uid']}").json()
    mac = audit["nics"][0]["macAddress"]
    assert rmm.get(f"/v2/device/id/{device['id']}").json()["uid"] == device["uid"]
    assert rmm.get(f"/v2/device/macAddress/{mac.replace(':', '')}").json()["uid"] == device["uid"]
    assert rmm.get("/v2/device/00000000-0000-0000-0000-000000000000").status_code == 404


def test_an_audit_of_the_wrong_kind_is_a_bad_request(rmm: Rig) -> None:
    printer = next(row for row in rmm.walk("/v2/account/devices", "devices") if row["deviceClass"] == "printer")
    assert rmm.get(f"/v2/audit/esxihost/{printer['uid']}").status_code == 400
    assert rmm.get(f"/v2/audit/device/{printer['uid']}").status_code == 400


def test_text_parameters_match_parts_without_case(rmm: Rig) -> None:
    assert {row["siteName"] for row in rmm.walk("/v2/account/devices", "devices", siteName="northwind")} == {
        "Northwind Traders",
        "Leeds (Northwind)",
    }
    assert len(rmm.get("/v2/account/sites", siteName="NORTHWIND").json()["sites"]) == 2
    servers = rmm.walk("/v2/account/devices", "devices", operatingSystem="ubuntu")
    assert servers
    assert {row["deviceType"]["category"] for row in servers} == {"Server"}
    assert len(rmm.walk("/v2/account/devices", "devices", hostname="old-laptop")) == 1
    assert {row["deviceType"]["category"] for row in rmm.walk("/v2/account/devices", "devices", deviceType="ESXi")} == {
        "ESXi Host"
    }


def test_networks_are_mapped_to_sites(rmm: Rig) -> None:
    mappings = rmm.get("/v2/account/dnet-site-mappings").json()["dnetSiteMappings"]
    assert [(row["name"], row["dattoNetworkingNetworkIds"]) for row in mappings] == [("Northwind Traders", [501, 502])]


def test_masked_variables_and_keys_of_users_are_not_shown(rmm: Rig) -> None:
    sites = by(rmm.get("/v2/account/sites").json()["sites"], "name")
    variables = rmm.get(f"/v2/site/{sites['Northwind Traders']['uid']}/variables").json()["variables"]
    assert [(row["masked"], row["value"]) for row in variables] == [(True, None), (False, "1234")]
    users = rmm.get("/v2/account/users").text
    assert rmm.sim.credentials["api_key"] not in users


def test_alerts_answer_as_lists(rmm: Rig) -> None:
    assert rmm.get("/v2/account/alerts/open").json()["alerts"] == []


def test_the_system_status_needs_no_token_unless_switched(rmm: Rig) -> None:
    bare = {"Authorization": ""}
    assert rmm.client.get("/api/v2/system/status", headers=bare).json()["status"] == "OK"
    rmm.switch(status_needs_token=True)
    with rmm.answers.tolerating("401 is not declared for the status"):
        assert rmm.client.get("/api/v2/system/status", headers=bare).status_code == 401


def test_nothing_can_be_written(rmm: Rig) -> None:
    assert rmm.client.post("/api/v2/account/devices", json={}).status_code == 405
