from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx2
import pytest
from tests.simulators.datto_rmm.rig import Rig

DEVICES = "/v2/account/devices"


def test_a_fault_strikes_once_on_its_path_and_page_only(rmm: Rig) -> None:
    rmm.order("status", DEVICES, page=2, status=500)
    first = rmm.get(DEVICES, max=20).json()
    second = rmm.client.get(first["pageDetails"]["nextPageUrl"]).json()
    assert rmm.get("/v2/account/sites", page=2).status_code == 200
    third = rmm.client.get(second["pageDetails"]["nextPageUrl"])
    assert third.status_code == 500
    assert third.json()["error"] == "Internal Server Error"
    assert rmm.client.get(second["pageDetails"]["nextPageUrl"]).status_code == 200


def test_a_fault_can_wait_and_strike_several_times_or_always(rmm: Rig) -> None:
    rmm.order("status", DEVICES, skip=1, times=2, status=503)
    with rmm.answers.tolerating("gateway errors are not declared"):
        assert [rmm.get(DEVICES).status_code for _ in range(4)] == [200, 503, 503, 200]
        rmm.order("status", "/v2/*", times=0, status=502)
        assert {rmm.get(path).status_code for path in (DEVICES, "/v2/account", "/v2/account/sites")} == {502}
        assert rmm.client.get("/_simulator/faults").json()[0]["struck"] == 3
        rmm.client.delete("/_simulator/faults")
    assert rmm.get(DEVICES).status_code == 200


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors(rmm: Rig, status: int) -> None:
    rmm.order("status", DEVICES, status=status)
    with rmm.answers.tolerating("gateway errors are not declared"):
        assert rmm.get(DEVICES).status_code == status


def test_the_login_can_fail_too(rmm: Rig) -> None:
    rmm.order("status", "/auth/oauth/token", status=403)
    assert rmm.token().status_code == 403
    assert rmm.token().status_code == 200


def test_only_the_filtered_list_can_be_hit(rmm: Rig) -> None:
    found = rmm.get("/v2/filter/custom-filters").json()["filters"][1]["id"]
    rmm.order("status", DEVICES, filtered=True, status=500)
    assert rmm.get(DEVICES).status_code == 200
    assert rmm.get(DEVICES, filterId=found).status_code == 500


def test_broken_json(rmm: Rig) -> None:
    rmm.order("broken_json", DEVICES)
    with rmm.answers.tolerating("broken JSON"):
        answer = rmm.get(DEVICES)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_an_error_page_in_html_with_status_200(rmm: Rig) -> None:
    rmm.order("html", DEVICES)
    with rmm.answers.tolerating("HTML"):
        answer = rmm.get(DEVICES)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")


def test_half_a_body(rmm: Rig) -> None:
    rmm.order("half_body", DEVICES)
    headers = {"Authorization": rmm.client.headers["Authorization"]}
    with pytest.raises(httpx2.RemoteProtocolError, match="without sending complete message body"):
        httpx2.get(rmm.sim.url + "/api" + DEVICES, headers=headers)


def test_a_dropped_connection(rmm: Rig) -> None:
    rmm.order("drop", DEVICES)
    with pytest.raises(httpx2.RemoteProtocolError, match="disconnected"):
        rmm.get(DEVICES)
    assert rmm.get(DEVICES).status_code == 200
    log = rmm.client.get("/_simulator/calls").json()
    assert log["by_status"]["dropped"] == 1


def test_a_slow_answer(rmm: Rig) -> None:
    rmm.order("slow", DEVICES, seconds=0.3)
    began = time.perf_counter()
    assert rmm.get(DEVICES).status_code == 200
    assert time.perf_counter() - began >= 0.3


def test_a_call_that_is_held_up_goes_on_when_the_faults_are_taken_back(rmm: Rig) -> None:
    rmm.order("slow", DEVICES, seconds=60)
    with ThreadPoolExecutor(1) as beside:
        waiting = beside.submit(rmm.get, DEVICES)
        with suppress(TimeoutError):
            assert waiting.result(timeout=0.3) is None, "it does not wait"
        assert rmm.client.delete("/_simulator/faults").status_code == 200
        assert waiting.result(timeout=30).status_code == 200


def test_a_list_without_page_details(rmm: Rig) -> None:
    rmm.order("missing_page_details", DEVICES)
    assert set(rmm.get(DEVICES).json()) == {"devices"}


def test_page_details_without_the_next_url(rmm: Rig) -> None:
    rmm.order("missing_next_url", DEVICES)
    details = rmm.get(DEVICES, max=10).json()["pageDetails"]
    assert "nextPageUrl" not in details
    assert details["totalCount"] > details["count"]


def test_a_list_that_ends_early_still_says_its_total(rmm: Rig) -> None:
    rmm.order("early_end", DEVICES, page=1)
    rows = rmm.walk(DEVICES, "devices", max=30)
    assert len(rows) == 60 < rmm.get(DEVICES).json()["pageDetails"]["totalCount"]


def test_a_cursor_that_leads_to_the_same_page(rmm: Rig) -> None:
    rmm.order("loop", DEVICES, page=1)
    second = rmm.get(DEVICES, max=10, page=1)
    following = second.json()["pageDetails"]["nextPageUrl"]
    assert rmm.client.get(following).json()["devices"][0]["uid"] == second.json()["devices"][0]["uid"]


def test_a_cursor_that_leads_back_to_the_first_page(rmm: Rig) -> None:
    rmm.order("loop_to_first", DEVICES, page=2)
    following = rmm.get(DEVICES, max=10, page=2).json()["pageDetails"]["nextPageUrl"]
    assert rmm.client.get(following).json()["pageDetails"]["prevPageUrl"] is None


def test_a_next_url_on_another_host(rmm: Rig) -> None:
    rmm.order("other_host", DEVICES, host="http://127.0.0.1:9")
    link = rmm.get(DEVICES, max=10).json()["pageDetails"]["nextPageUrl"]
    assert link == "http://127.0.0.1:9/api/v2/account/devices?max=10&page=1"


def test_every_list_can_be_empty_as_on_the_wrong_platform(rmm: Rig) -> None:
    rmm.order("empty", times=0)
    for path, name in ((DEVICES, "devices"), ("/v2/account/sites", "sites"), ("/v2/filter/custom-filters", "filters")):
        answer = rmm.get(path).json()
        assert (answer[name], answer["pageDetails"]["totalCount"]) == ([], 0)
    assert rmm.get("/v2/account").json()["devicesStatus"]["numberOfDevices"] > 0


def test_the_filter_not_billable_can_vanish_from_the_list(rmm: Rig) -> None:
    rmm.order("no_not_billable", "/v2/filter/custom-filters")
    answer = rmm.get("/v2/filter/custom-filters").json()
    assert [row["name"] for row in answer["filters"]] == ["Workstations"]
    assert answer["pageDetails"]["totalCount"] == 1


def test_a_total_that_is_off(rmm: Rig) -> None:
    right = rmm.get(DEVICES).json()["pageDetails"]["totalCount"]
    rmm.order("total_off", DEVICES, by=7)
    assert rmm.get(DEVICES).json()["pageDetails"]["totalCount"] == right + 7


def test_an_error_body_with_status_200(rmm: Rig) -> None:
    rmm.order("error_body_200", DEVICES)
    with rmm.answers.tolerating("an error with status 200"):
        answer = rmm.get(DEVICES)
    assert (answer.status_code, answer.json()["status"]) == (200, 500)


def test_two_faults_can_meet(rmm: Rig) -> None:
    rmm.control("faults", [{"kind": "total_off", "path": DEVICES}, {"kind": "early_end", "path": DEVICES}])
    details = rmm.get(DEVICES, max=10).json()["pageDetails"]
    assert (details["count"], details["nextPageUrl"]) == (10, None)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"kind": "explode"}, "unknown kind 'explode'; known here: status, broken_json"),
        ({"kind": "slow", "minutes": 3}, "unknown key 'minutes'; known here: by, change, filtered"),
        ({"kind": "slow", "page": "two"}, "Expected `int | null`"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_what_is_known(rmm: Rig, fault: dict, told: str) -> None:
    answer = rmm.client.post("/_simulator/faults", json=fault)
    assert answer.status_code == 400
    assert told in answer.json()["error"]
