from __future__ import annotations

from collections import Counter

import pytest
from tests.simulators.datto_rmm.rig import Rig, by


def _northwind(rmm: Rig) -> Counter[str]:
    rows = rmm.walk("/v2/account/devices", "devices", siteName="Northwind Traders")
    return Counter(row["deviceType"]["category"] for row in rows if row["siteName"] == "Northwind Traders")


def test_several_days_can_be_played(rmm: Rig) -> None:
    assert _northwind(rmm) == {"Desktop": 24, "Laptop": 10, "Server": 2}
    rmm.clock(advance_seconds=86_400)
    rmm.devices(counts={"Northwind Traders": {"desktop": 26, "laptop": 9}})
    assert _northwind(rmm) == {"Desktop": 26, "Laptop": 9, "Server": 2}
    rmm.devices(
        add=[{"site": "Northwind Traders", "category": "ESXi Host", "hostname": "ESX"}],
        suspend=["NORTHWIN-PC002"],
        move=[{"device": "NORTHWIN-SRV001", "site": "Leeds (Northwind)"}],
        remove=["NORTHWIN-SRV002"],
        delete=["NORTHWIN-NB001"],
    )
    assert _northwind(rmm) == {"Desktop": 26, "Laptop": 8, "ESXi Host": 1}
    rows = by(rmm.walk("/v2/account/devices", "devices"), "hostname")
    assert rows["NORTHWIN-PC002"]["suspended"] is True
    assert rows["NORTHWIN-SRV001"]["siteName"] == "Leeds (Northwind)"
    assert (rows["NORTHWIN-NB001"]["deleted"], rows["NORTHWIN-NB001"]["siteName"]) == (True, "Deleted Devices")
    assert "NORTHWIN-SRV002" not in rows


def test_a_device_can_be_changed_field_by_field(rmm: Rig) -> None:
    rmm.devices(
        change={
            "NORTHWIN-PC001": {"category": "Toaster", "type": None, "fields": {"warrantyDate": "soon", "newField": 1}}
        }
    )
    with rmm.answers.tolerating("a field that nobody documents"):
        row = by(rmm.walk("/v2/account/devices", "devices"), "hostname")["NORTHWIN-PC001"]
    assert row["deviceType"] == {"category": "Toaster", "type": None}
    assert (row["warrantyDate"], row["newField"]) == ("soon", 1)


def test_sites_come_change_and_go(rmm: Rig) -> None:
    added = rmm.control("sites", {"add": [{"name": "New", "counts": {"laptop": 2}}]})["added"][0]
    assert rmm.get(f"/v2/site/{added}").json()["devicesStatus"]["numberOfDevices"] == 2
    rmm.control("sites", {"change": {"New": {"name": "Renamed", "autotask_company_id": "77"}}})
    site = rmm.get(f"/v2/site/{added}").json()
    assert (site["name"], site["autotaskCompanyId"]) == ("Renamed", "77")
    assert {row["siteName"] for row in rmm.get(f"/v2/site/{added}/devices").json()["devices"]} == {"Renamed"}
    rmm.control("sites", {"remove": ["Renamed"]})
    assert rmm.get(f"/v2/site/{added}").status_code == 404


def test_calls_are_counted_by_path_and_can_be_forgotten(rmm: Rig) -> None:
    rmm.get("/v2/account/devices", max=10)
    rmm.get("/v2/account/devices", max=10, page=1)
    told = rmm.client.get("/_simulator/calls?reset=1").json()
    assert told["by_path"] == {"/auth/oauth/token": 1, "/v2/account/devices": 2}
    assert told["log"][-1]["query"] == "max=10&page=1"
    assert told["log"][-1]["user"] == "Billing"
    assert rmm.client.get("/_simulator/calls").json()["total"] == 0


def test_the_clock_jumps_runs_and_stands_still(rmm: Rig) -> None:
    rmm.clock(now=1_772_000_000_000, speed=0)
    assert rmm.clock(advance_seconds=5)["now"] == 1_772_000_005_000
    device = by(rmm.walk("/v2/account/devices", "devices"), "hostname")["NORTHWIN-PC001"]
    assert 0 <= 1_772_000_005_000 - device["lastSeen"] < 900_000


def test_a_dump_seeds_an_equal_account(rmm: Rig) -> None:
    rmm.clock(speed=0)
    rmm.switch(volatile_fields=False)
    rmm.devices(
        counts={"Northwind Traders": {"desktop": 3}}, move=[{"device": "OLD-LAPTOP", "site": "Northwind Traders"}]
    )
    rmm.order("device_moves", "/v2/account/devices", page=0)
    rmm.get("/v2/account/devices", max=40)
    dumped = rmm.dump()
    with Rig(dumped) as second:
        assert second.dump() == dumped
        second.login()
        for path in ("/v2/account", "/v2/account/sites", "/v3/account/devices", "/v2/filter/custom-filters"):
            mine, its = rmm.get(path).json(), second.get(path).json()
            assert mine == its, path
        second.devices(counts={"Northwind Traders": {"desktop": 30}})
        assert _northwind(second)["Desktop"] == 30
    rmm.devices(remove=["OLD-LAPTOP"])
    assert rmm.control("state", dumped)["devices"] == dumped["devices"]
    assert rmm.get("/v2/account").status_code == 401, "a new account knows no old token"


def test_two_runs_of_one_scenario_give_the_same_uids(rmm: Rig) -> None:
    with Rig() as second:
        assert second.dump()["devices"] == rmm.dump()["devices"]


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("devices", {"erase": []}, "unknown key 'erase'; known here: add, bill, change"),
        ("devices", {"move": [{"device": "nobody", "site": "Northwind Traders"}]}, "there is no device 'nobody'"),
        (
            "devices",
            {"counts": {"Northwind Traders": {"toaster": 1}}},
            "unknown key 'counts.toaster'; known here: desktop",
        ),
        ("devices", {"change": {"NORTHWIN-PC001": {"colour": 1}}}, "unknown key 'colour'"),
        ("sites", {"add": [{"name": "x", "uid": None, "size": 3}]}, "unknown key 'add[0].size'"),
        ("sites", {"remove": ["Nowhere"]}, "there is no site 'Nowhere'"),
        ("switches", {"quota": True}, "unknown key 'quota'; known here: account_totals"),
        ("switches", {"rate_limit": "many"}, "Expected `int`"),
        ("switches", {"allowed_networks": ["10.0.0.0/99"]}, "allowed_networks: '10.0.0.0/99'"),
        ("clock", {"year": 2030}, "unknown key 'year'"),
        ("state", {"customers": []}, "unknown key 'customers'; known here: account"),
    ],
)
def test_a_change_that_cannot_be_is_refused_with_its_place(rmm: Rig, name: str, body: dict, told: str) -> None:
    answer = rmm.client.post(f"/_simulator/{name}", json=body)
    assert answer.status_code == 400
    assert told in answer.json()["error"]
    assert rmm.client.post("/_simulator/devices", content=b"{oops").status_code == 400
