from __future__ import annotations

import time
from typing import Any

import httpx2
import pytest
from tests.simulators.autotask.calling import Api, Starter, refusal

LINE = 5001


def _units(api: Api, day: str = "2026-10-01") -> int:
    """What the dump says, not what an answer said."""
    return next(
        row["units"]
        for row in api.look("state")["rows"]
        if row["contractServiceID"] == LINE and row["startDate"] == day
    )


@pytest.mark.parametrize(("kind", "units"), [("drop", 10), ("commit-then-drop", 12)])
def test_a_dropped_connection_gives_no_answer_and_is_committed_or_not(api: Api, kind: str, units: int) -> None:
    api.order("faults", kind=kind, entity="ContractServiceAdjustments")
    with pytest.raises(httpx2.TransportError):
        api.adjust(LINE, 2, "2026-10-01")
    assert _units(api) == units
    assert api.look("calls")["calls"][-1]["status"] == -1
    assert api.adjust(LINE, 1, "2026-11-01").status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "units"),
    [
        ("gateway-504", 504, 10),
        ("commit-then-504", 504, 12),
        ("html-500", 500, 10),
        ("commit-then-html-500", 500, 12),
        ("empty-500", 500, 10),
    ],
)
def test_an_answer_without_a_verdict_is_committed_or_not(api: Api, kind: str, status: int, units: int) -> None:
    api.order("faults", kind=kind, entity="contractserviceadjustments", method="post")
    with api.answers.tolerating(kind):
        answer = api.adjust(LINE, 2, "2026-10-01")
    assert answer.status_code == status
    assert "errors" not in answer.text
    assert "text/html" in answer.headers.get("content-type", "") or not answer.content
    assert _units(api) == units
    assert len(api.look("adjustments")["adjustments"]) == (1 if units == 12 else 0)


def test_half_a_body_and_broken_json(api: Api) -> None:
    api.order("faults", kind="half-body", entity="Companies")
    api.order("faults", kind="broken-json", entity="Contracts")
    with pytest.raises(httpx2.TransportError):
        api.post("/Companies/query", {"filter": [{"op": "exist", "field": "id"}]})
    with api.answers.tolerating("broken JSON"):
        answer = api.get("/Contracts/1001")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"Expecting|delimiter|property"):
        answer.json()
    assert api.get("/Companies/201").status_code == 200


def test_too_many_requests_with_and_without_a_time_to_wait(api: Api) -> None:
    api.order("faults", kind="too-many-requests")
    api.order("faults", kind="too-many-requests", retry_after=7, skip=1)
    first, second = api.get("/Companies/201"), api.get("/Companies/201")
    assert (first.status_code, "retry-after" in first.headers) == (429, False)
    assert (second.status_code, second.headers["retry-after"]) == (429, "7")
    assert api.get("/Companies/201").status_code == 200


def test_a_call_may_commit_long_after_the_client_gave_up(api: Api) -> None:
    api.order("faults", kind="commit-late", entity="ContractServiceAdjustments", seconds=0.8)
    body = {"contractServiceID": LINE, "unitChange": 2, "effectiveDate": "2026-10-01"}
    with pytest.raises(httpx2.ReadTimeout):
        api.call("POST", "/ContractServiceAdjustments", json=body, timeout=0.2)
    assert _units(api) == 10
    time.sleep(1.0)
    assert _units(api) == 12


def test_a_call_that_is_held_up_commits_when_the_faults_are_taken_back(api: Api) -> None:
    api.order("faults", kind="commit-late", entity="ContractServiceAdjustments", seconds=60)
    body = {"contractServiceID": LINE, "unitChange": 2, "effectiveDate": "2026-10-01"}
    with pytest.raises(httpx2.ReadTimeout):
        api.call("POST", "/ContractServiceAdjustments", json=body, timeout=0.2)
    assert _units(api) == 10
    api.client.delete("/_simulator/faults").raise_for_status()
    until = time.monotonic() + 30
    while _units(api) == 10 and time.monotonic() < until:
        time.sleep(0.01)
    assert _units(api) == 12


def test_a_slow_call_commits_at_once(api: Api) -> None:
    api.order("faults", kind="slow", entity="ContractServiceAdjustments", seconds=0.8)
    body = {"contractServiceID": LINE, "unitChange": 2, "effectiveDate": "2026-10-01"}
    with pytest.raises(httpx2.ReadTimeout):
        api.call("POST", "/ContractServiceAdjustments", json=body, timeout=0.2)
    assert _units(api) == 12


def test_an_application_error_can_be_ordered_word_for_word(api: Api) -> None:
    api.order("faults", kind="errors", texts=["An unexpected error occurred, try again."], times=2)
    for _ in range(2):
        assert refusal(api.get("/Companies/201")) == "An unexpected error occurred, try again."
    assert api.get("/Companies/201").status_code == 200


def test_after_a_move_the_old_address_gives_401_until_the_zone_is_looked_up_again(api: Api) -> None:
    api.order("faults", kind="zone-moved", entity="ContractServices")
    assert api.get("/Companies/201").status_code == 200
    assert api.get("/ContractServices/5001").status_code == 401
    assert api.get("/Companies/201").status_code == 401
    zone = api.client.get("/atservicesrest/v1.0/zoneInformation", params={"user": "api@msp.example"}).json()
    assert zone["url"] == f"{api.running.url}/zone2/ATServicesRest/"
    api.root = "/zone2/ATServicesRest/V1.0"
    assert api.get("/ContractServices/5001").status_code == 200
    answer = api.post("/Companies/query", {"filter": [{"op": "exist", "field": "id"}], "MaxRecords": 1}).json()
    assert answer["pageDetails"]["nextPageUrl"].startswith(zone["url"])


def test_a_user_can_be_locked_in_the_middle(api: Api) -> None:
    api.order("faults", kind="locked-user", skip=1)
    assert api.get("/Companies/201").status_code == 200
    assert api.get("/Companies/201").status_code == 401
    assert api.get("/Companies/201").status_code == 401


def test_a_listing_can_be_empty_or_cut_without_a_word(begin: Starter) -> None:
    api = begin(companies=[{"id": 200 + n, "companyName": f"C{n}"} for n in range(1, 7)])
    api.order("faults", kind="empty-list", entity="Companies", action="query")
    assert api.query("Companies") == []
    assert len(api.query("Companies")) == 6
    api.order("faults", kind="empty-list", entity="Companies", action="count")
    everything = {"filter": [{"op": "exist", "field": "id"}]}
    assert api.post("/Companies/query/count", everything).json() == {"queryCount": 0}
    api.order("faults", kind="lost-rows", entity="Companies")
    assert [row["id"] for row in api.query("Companies")] == [201, 202, 203]


def test_links_to_the_next_page_can_loop_or_lead_to_another_host(begin: Starter) -> None:
    api = begin(companies=[{"id": 200 + n, "companyName": f"C{n}"} for n in range(1, 7)])
    body: dict[str, Any] = {"filter": [{"op": "exist", "field": "id"}], "MaxRecords": 2}
    api.order("faults", kind="loop-page", entity="Companies", times=None)
    link = api.post("/Companies/query", body).json()["pageDetails"]["nextPageUrl"]
    for _ in range(2):
        page = api.client.post(link, headers=api.headers, json=body).json()
        assert page["items"][0]["id"] == 201
        link = page["pageDetails"]["nextPageUrl"]
    api.client.delete("/_simulator/faults")
    api.order("faults", kind="foreign-page", entity="Companies", host="evil.invalid")
    link = api.post("/Companies/query", body).json()["pageDetails"]["nextPageUrl"]
    assert link.startswith("http://evil.invalid/ATServicesRest/V1.0/Companies/query/next?paging=")


def test_any_field_can_be_null_or_unknown(api: Api) -> None:
    api.order("faults", kind="set-field", entity="ContractServiceUnits", field="units", value=None)
    assert {row["units"] for row in api.query("ContractServiceUnits")} == {None}
    api.order("faults", kind="set-field", entity="Contracts", field="contractPeriodType", value=77)
    assert api.query("Contracts")[0]["contractPeriodType"] == 77


def test_a_person_changes_units_between_read_and_write(api: Api) -> None:
    api.order("faults", kind="edit-units", entity="ContractServiceUnits", line=LINE, units=-3, day="2026-10-01")
    assert api.rows(LINE)[9] == ("2026-10-01", "2026-10-31", 10)
    assert _units(api) == 7
    api.order("faults", kind="edit-units", entity="ContractServiceAdjustments", units=5, resource="M. Clerk")
    assert api.adjust(LINE, 1, "2026-11-01").status_code == 200
    log = api.look("adjustments")["adjustments"]
    assert [(entry["by"], entry["unit_change"], entry["effective_date"]) for entry in log] == [
        ("person", -3, "2026-10-01"),
        ("person", 5, "2026-11-01"),
        ("api", 1, "2026-11-01"),
    ]
    assert [entry["resource"] for entry in api.look("notes")["notes"]] == ["A. Person", "M. Clerk"]


def test_a_contract_ends_between_read_and_write(api: Api) -> None:
    api.order("faults", kind="end-contract", entity="ContractServiceAdjustments", end_date="2026-09-30")
    assert "must be between" in refusal(api.adjust(LINE, 1, "2026-10-01"))
    assert api.rows(LINE)[-1] == ("2026-09-01", "2026-09-30", 10)


def test_faults_can_strike_at_random_but_the_same_way_for_the_same_seed(begin: Starter) -> None:
    def struck() -> list[int]:
        api = begin()
        api.order("faults", kind="errors", probability=0.5, seed=7, times=None)
        return [api.get("/Companies/201").status_code for _ in range(20)]

    first = struck()
    assert {200, 500} == set(first)
    assert struck() == first


def test_faults_match_by_path_and_count_their_hits(api: Api) -> None:
    api.order("faults", kind="errors", path=r"/Companies/20[2-9]", times=None)
    assert api.get("/Companies/201").status_code == 200
    assert api.get("/Companies/202").status_code == 500
    assert [fault["hits"] for fault in api.look("faults")["faults"]] == [1]
    api.client.delete("/_simulator/faults")
    assert api.get("/Companies/202").status_code == 200


@pytest.mark.parametrize(
    ("order", "text"),
    [
        ({"kind": "nonsense"}, "known: drop"),
        ({"kind": "drop", "entitty": "Companies"}, "unknown key 'entitty'; known: kind, entity"),
        ({"kind": "drop", "times": -1}, "times"),
        ({"kind": "drop", "probability": 2}, "probability"),
        ({"kind": "drop", "path": "("}, "path"),
    ],
)
def test_an_order_that_cannot_be_understood_is_refused(api: Api, order: dict[str, Any], text: str) -> None:
    answer = api.client.post("/_simulator/faults", json=order)
    assert answer.status_code == 400
    assert text in answer.json()["errors"][0]
