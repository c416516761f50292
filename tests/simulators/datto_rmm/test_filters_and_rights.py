from __future__ import annotations

import pytest
from tests.simulators.datto_rmm.rig import Rig, by


def _filters(rmm: Rig) -> dict[str, int]:
    found = rmm.get("/v2/filter/custom-filters").json()["filters"]
    return {row["name"]: row["id"] for row in found}


def test_the_filter_shows_the_members_of_a_group_that_no_endpoint_lists(rmm: Rig) -> None:
    rows = rmm.walk("/v2/account/devices", "devices", filterId=_filters(rmm)["_NotBillable_"])
    names = {row["hostname"] for row in rows}
    assert names == {"SPARE-SERVER", "NORTHWIN-PC001"}
    rmm.devices(exempt=["NO-BILL-BY-UDF"], bill=["SPARE-SERVER"])
    rows = rmm.walk("/v2/account/devices", "devices", filterId=_filters(rmm)["_NotBillable_"])
    assert {row["hostname"] for row in rows} == {"NO-BILL-BY-UDF", "NORTHWIN-PC001"}
    assert rmm.get("/v2/account/groups").status_code == 404


def test_a_filter_decides_alone(rmm: Rig) -> None:
    exempt = _filters(rmm)["_NotBillable_"]
    rows = rmm.walk("/v2/account/devices", "devices", filterId=exempt, hostname="nothing-has-this-name")
    assert len(rows) == 2


def test_default_and_custom_filters_are_listed_apart(rmm: Rig) -> None:
    default = rmm.get("/v2/filter/default-filters").json()["filters"]
    custom = rmm.get("/v2/filter/custom-filters").json()["filters"]
    assert {row["type"] for row in default} == {"rmm_default"}
    assert {row["type"] for row in custom} == {"custom"}
    servers = by(default, "name")["All Servers"]["id"]
    rows = rmm.walk("/v2/account/devices", "devices", filterId=servers)
    assert {row["deviceType"]["category"] for row in rows} == {"Server"}


def test_a_filter_that_is_not_there_is_404(rmm: Rig) -> None:
    assert rmm.get("/v2/account/devices", filterId=9999).status_code == 404


def test_a_filter_narrows_the_devices_of_a_site(rmm: Rig) -> None:
    site = by(rmm.get("/v2/account/sites").json()["sites"], "name")["Northwind Traders"]["uid"]
    assert rmm.get(f"/v2/site/{site}/devices").json()["pageDetails"]["totalCount"] == 36
    exempt = rmm.get(f"/v2/site/{site}/devices", filterId=_filters(rmm)["_NotBillable_"]).json()["devices"]
    assert [row["hostname"] for row in exempt] == ["NORTHWIN-PC001"]


def test_a_site_filter_belongs_to_its_site() -> None:
    users = [{"name": "u", "api_key": "k", "api_secret": "s"}]
    sites = [{"name": "A", "counts": {"desktop": 1}}, {"name": "B", "counts": {"desktop": 1}}]
    with Rig({"users": users, "sites": sites, "filters": [{"name": "mine", "type": "site", "site": "A"}]}) as rig:
        uids = by(rig.login().get("/v2/account/sites").json()["sites"], "name")
        mine = rig.get(f"/v2/site/{uids['A']['uid']}/filters").json()["filters"][0]
        assert mine["type"] == "site"
        assert rig.get(f"/v2/site/{uids['B']['uid']}/filters").json()["filters"] == []
        assert rig.get(f"/v2/site/{uids['A']['uid']}/devices", filterId=mine["id"]).status_code == 200
        assert rig.get(f"/v2/site/{uids['B']['uid']}/devices", filterId=mine["id"]).status_code == 404


def test_a_restricted_user_silently_sees_less_while_the_account_still_says_more(rmm: Rig) -> None:
    everything = rmm.get("/v2/account").json()["devicesStatus"]["numberOfDevices"]
    hidden = by(rmm.get("/v2/account/sites").json()["sites"], "name")["Garage du Lac"]["uid"]
    device = rmm.walk(f"/v2/site/{hidden}/devices", "devices")[0]["uid"]

    rmm.login(user=1)
    sites = rmm.get("/v2/account/sites").json()
    assert {site["name"] for site in sites["sites"]} == {
        "Boulangerie Lefevre",
        "Northwind Traders",
        "Mueller Praezisionsteile",
    }
    assert sites["pageDetails"]["totalCount"] == 3
    seen = rmm.walk("/v2/account/devices", "devices")
    assert {row["siteName"] for row in seen} == {site["name"] for site in sites["sites"]}
    assert rmm.get("/v2/account").json()["devicesStatus"]["numberOfDevices"] == everything > len(seen)
    assert rmm.get(f"/v2/site/{hidden}").status_code == 403
    assert rmm.get(f"/v2/device/{device}").status_code == 403
    rmm.switch(restricted_sites_are=404, account_totals_follow_rights=True)
    assert rmm.get(f"/v2/site/{hidden}/devices").status_code == 404
    assert rmm.get("/v2/account").json()["devicesStatus"]["numberOfDevices"] == len(seen)


@pytest.mark.parametrize("path", ["/v2/site/unknown", "/v2/site/unknown/devices", "/v3/site/unknown/devices"])
def test_an_unknown_site_is_404(rmm: Rig, path: str) -> None:
    assert rmm.get(path).status_code == 404
