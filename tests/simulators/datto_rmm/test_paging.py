from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from tests.simulators.datto_rmm.rig import Rig, by


def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def test_pages_begin_at_zero_and_link_absolutely_to_their_neighbours(rmm: Rig) -> None:
    first = rmm.get("/v2/account/devices", max=50).json()["pageDetails"]
    assert (first["count"], first["prevPageUrl"]) == (50, None)
    assert first["nextPageUrl"].startswith(rmm.sim.url + "/api/v2/account/devices?")
    assert _query(first["nextPageUrl"]) == {"max": "50", "page": "1"}
    second = rmm.client.get(first["nextPageUrl"]).json()["pageDetails"]
    assert _query(second["prevPageUrl"])["page"] == "0"
    assert rmm.get("/v2/account/devices", max=50, page=0).json()["pageDetails"]["count"] == 50


def test_a_walk_gives_every_device_once_and_the_total_with_every_page(rmm: Rig) -> None:
    rows = rmm.walk("/v2/account/devices", "devices", max=17)
    total = rmm.get("/v2/account/devices").json()["pageDetails"]["totalCount"]
    assert len(by(rows, "uid")) == total == len(rmm.dump()["devices"])


def test_the_end_of_the_list_is_null_or_an_empty_text(rmm: Rig) -> None:
    assert rmm.get("/v2/account/sites").json()["pageDetails"]["nextPageUrl"] is None
    rmm.switch(end_of_list="empty_string")
    assert rmm.get("/v2/account/sites").json()["pageDetails"]["nextPageUrl"] == ""


def test_max_is_capped_at_250() -> None:
    with Rig(
        {
            "users": [{"name": "u", "api_key": "k", "api_secret": "s"}],
            "sites": [{"name": "Big", "counts": {"desktop": 260}}],
        }
    ) as rig:
        page = rig.login().get("/v2/account/devices", max=1000).json()
        assert page["pageDetails"]["count"] == len(page["devices"]) == 250
        assert _query(page["pageDetails"]["nextPageUrl"])["max"] == "250"
        assert rig.get("/v2/system/pagination").json() == {"max": 250}


def test_a_page_behind_the_end_is_empty_and_a_page_that_is_no_number_is_refused(rmm: Rig) -> None:
    behind = rmm.get("/v2/account/devices", page=99).json()
    assert (behind["devices"], behind["pageDetails"]["nextPageUrl"]) == ([], None)
    assert rmm.get("/v2/account/devices", page="two").status_code == 400


def _filter_id(rmm: Rig, name: str) -> int:
    return by(rmm.get("/v2/filter/custom-filters").json()["filters"], "name")[name]["id"]


def test_the_next_url_loses_the_filter_so_page_two_is_of_all_devices(rmm: Rig) -> None:
    found = _filter_id(rmm, "Workstations")
    first = rmm.get("/v2/account/devices", max=10, filterId=found).json()["pageDetails"]
    assert "filterId" not in _query(first["nextPageUrl"])
    second = rmm.client.get(first["nextPageUrl"]).json()["pageDetails"]
    everything = rmm.get("/v2/account/devices").json()["pageDetails"]["totalCount"]
    assert first["totalCount"] < second["totalCount"] == everything


def test_with_the_switch_off_the_next_url_keeps_the_filter(rmm: Rig) -> None:
    rmm.switch(next_url_drops_filter_id=False)
    found = _filter_id(rmm, "Workstations")
    rows = rmm.walk("/v2/account/devices", "devices", max=10, filterId=found)
    assert {row["deviceType"]["category"] for row in rows} == {"Desktop", "Laptop"}


def test_a_device_that_changes_places_between_two_pages_is_seen_twice_and_another_never(rmm: Rig) -> None:
    rmm.order("device_moves", "/v2/account/devices", page=0)
    rows = rmm.walk("/v2/account/devices", "devices", max=50)
    total = rmm.get("/v2/account/devices").json()["pageDetails"]["totalCount"]
    assert len(rows) == total
    assert len({row["uid"] for row in rows}) == total - 1


def test_a_device_that_leaves_between_two_pages_hides_another(rmm: Rig) -> None:
    gone = rmm.get("/v2/account/devices", max=50).json()["devices"][3]["uid"]
    everyone = {row["uid"] for row in rmm.walk("/v2/account/devices", "devices")}
    rmm.order("then_change", "/v2/account/devices", page=0, change={"remove": [gone]})
    rows = rmm.walk("/v2/account/devices", "devices", max=50)
    assert len(everyone - {row["uid"] for row in rows}) == 1
    assert gone in {row["uid"] for row in rows}


def test_a_device_that_goes_to_another_site_between_two_pages_is_counted_by_neither_or_both(rmm: Rig) -> None:
    sites = by(rmm.get("/v2/account/sites").json()["sites"], "name")
    last = rmm.walk("/v2/account/devices", "devices")[-1]
    rmm.order(
        "then_change",
        "/v2/account/devices",
        page=0,
        change={"move": [{"device": last["uid"], "site": "Northwind Traders"}]},
    )
    rows = by(rmm.walk("/v2/account/devices", "devices", max=50), "uid")
    assert rows[last["uid"]]["siteUid"] == sites["Northwind Traders"]["uid"] != last["siteUid"]


def test_the_page_url_can_name_another_origin_than_the_one_asked(rmm: Rig) -> None:
    rmm.switch(public_url="https://merlot-api.centrastage.net")
    link = rmm.get("/v2/account/devices", max=10).json()["pageDetails"]["nextPageUrl"]
    assert link == "https://merlot-api.centrastage.net/api/v2/account/devices?max=10&page=1"


@pytest.mark.parametrize("first_page", [0, 1])
def test_the_first_page_can_be_numbered_one_as_fixtures_elsewhere_have_it(rmm: Rig, first_page: int) -> None:
    rmm.switch(first_page=first_page)
    page = rmm.get("/v2/account/devices", max=10).json()["pageDetails"]
    assert _query(page["nextPageUrl"])["page"] == str(first_page + 1)
    assert len(by(rmm.walk("/v2/account/devices", "devices", max=10), "uid")) == page["totalCount"]


def test_fields_that_change_with_every_call_can_be_frozen(rmm: Rig) -> None:
    def bodies() -> tuple[list, list]:
        pages = [rmm.get("/v2/account/devices", max=250).json()["devices"] for _ in range(2)]
        return pages[0], pages[1]

    rmm.clock(advance_seconds=1)
    before, _ = bodies()
    rmm.clock(advance_seconds=60)
    _, later = bodies()
    changing = {"lastSeen", "online", "lastLoggedInUser"}
    assert before != later
    assert [{k: v for k, v in row.items() if k not in changing} for row in before] == [
        {k: v for k, v in row.items() if k not in changing} for row in later
    ]
    rmm.switch(volatile_fields=False)
    frozen, same = bodies()
    assert frozen == same
    rmm.clock(advance_seconds=60)
    assert bodies()[0] == frozen


def test_a_percent_sign_in_a_name_survives(rmm: Rig) -> None:
    rmm.devices(add=[{"site": "Northwind Traders", "hostname": "100%b-%d\x01seen"}])
    names = {row["hostname"] for row in rmm.walk("/v2/account/devices", "devices")}
    assert "100%b-%d\x01seen" in names


def test_the_host_of_the_request_is_the_host_of_the_links(rmm: Rig) -> None:
    raw = httpx2.get(
        rmm.sim.url + "/api/v2/account/devices?max=1",
        headers={"Host": "rmm.example:8080", "Authorization": rmm.client.headers["Authorization"]},
    )
    assert json.loads(raw.content)["pageDetails"]["nextPageUrl"].startswith("http://rmm.example:8080/api/")
