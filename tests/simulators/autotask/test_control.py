from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.simulators.autotask.calling import Api, Starter, contract, refusal


def test_a_persons_edit_changes_units_like_an_adjustment_and_leaves_a_note(api: Api) -> None:
    assert api.order("edit-units", line=5001, to=14, day="2026-10-16", resource="M. Clerk") == {
        "line": 5001,
        "before": 10,
        "after": 14,
    }
    assert api.order("edit-units", line=5001, units=-1, day="2026-10-16")["after"] == 13
    assert ("2026-10-16", "2026-10-31", 13) in api.rows(5001)
    notes = api.look("notes")["notes"]
    assert [(note["contract"], note["resource"]) for note in notes] == [(1001, "M. Clerk"), (1001, "A. Person")]
    assert "from 10 to 14" in notes[0]["description"]


def test_an_edit_without_a_day_is_of_today(api: Api) -> None:
    api.order("clock", today="2026-11-05")
    api.order("edit-units", line=5001, units=1)
    assert ("2026-11-05", "2026-11-30", 11) in api.rows(5001)
    assert api.look("clock")["today"] == "2026-11-05"


def test_the_control_plane_refuses_what_it_does_not_know(api: Api) -> None:
    for name, body in [
        ("edit-units", {"line": 5001, "unit": 1}),
        ("switches", {"nonsense": 1}),
        ("switches", {"missing_item": "301"}),
        ("clock", {"today": "tomorrow"}),
        ("end-contract", {"contract": 7, "end_date": "2026-01-01"}),
        ("approve-and-post", {}),
    ]:
        answer = api.client.post(f"/_simulator/{name}", json=body)
        assert answer.status_code == 400, name
        assert answer.json()["errors"][0]
    assert api.client.post("/_simulator/switches", content=b"{").status_code == 409


def test_a_contract_is_ended(api: Api) -> None:
    ended = api.order("end-contract", contract=1001, end_date="2026-10-10")["contract"]
    assert ended["endDate"] == "2026-10-10"
    assert api.rows(5001)[-1] == ("2026-10-01", "2026-10-10", 10)
    assert "must be between" in refusal(api.adjust(5001, 1, "2026-10-11"))
    api.order("approve-and-post", through="2026-10-10")
    answer = api.client.post("/_simulator/end-contract", json={"contract": 1001, "end_date": "2026-10-05"})
    assert answer.status_code == 409
    forced = {"contract": 1001, "end_date": "2026-10-05", "even_posted": True}
    assert api.client.post("/_simulator/end-contract", json=forced).status_code == 200


def test_a_renewal_is_a_new_contract_with_the_units_of_the_day(begin: Starter) -> None:
    api = begin(contracts=[contract(1001, billToCompanyID=202)])
    api.adjust(5001, 4, "2026-09-16")
    api.adjust(5001, 8, "2026-11-01")
    made = api.order("renew-contract", contract=1001, start_date="2026-10-01", end_date="2026-12-31")
    new = made["contract"]["id"]
    old_row, new_row = api.query("Contracts")
    assert (old_row["endDate"], old_row["status"], old_row["renewedContractID"]) == ("2026-09-30T00:00:00Z", 0, new)
    assert (new_row["startDate"], new_row["status"], new_row["billToCompanyID"]) == ("2026-10-01T00:00:00Z", 1, 202)
    lines = made["lines"]["ContractServices"]
    assert [line["serviceID"] for line in api.query("ContractServices")] == [301, 302, 301, 302]
    assert api.rows(lines[0]) == [
        ("2026-10-01", "2026-10-31", 14),
        ("2026-11-01", "2026-11-30", 14),
        ("2026-12-01", "2026-12-31", 14),
    ]
    assert api.rows(lines[1]) == []
    assert api.rows(5001)[-1] == ("2026-09-16", "2026-09-30", 14)
    assert api.client.post("/_simulator/renew-contract", json={"contract": 1001}).status_code == 409


def test_the_renewal_after_the_end_starts_the_day_after_and_runs_as_long(begin: Starter) -> None:
    api = begin(switches={"renewed_contract_id_on": "new"})
    made: dict[str, Any] = api.order("renew-contract", contract=1001)["contract"]
    assert (made["startDate"], made["endDate"], made["renewedContractID"]) == ("2027-01-01", "2027-12-31", 1001)
    assert api.get("/Contracts/1001").json()["item"]["endDate"] == "2026-12-31T00:00:00Z"


def test_the_dump_lists_everything_in_a_fixed_order(api: Api) -> None:
    api.adjust(5001, 1, "2026-10-16")
    state = api.look("state")
    assert [company["id"] for company in state["companies"]] == [201, 202]
    assert [row["id"] for row in state["rows"]] == sorted(row["id"] for row in state["rows"])
    assert state["lines"][0]["unitPrice"] == Decimal("30.0000")
    assert [entry["unit_change"] for entry in state["adjustments"]] == [1]
    first, second = (api.client.get("/_simulator/state").content for _ in range(2))
    assert first == second


def test_counters_name_entity_method_and_action(api: Api) -> None:
    api.query("Companies")
    api.query("Companies")
    api.get("/Contracts/1001/Services")
    api.adjust(5001, 1, "2026-10-01")
    calls = api.look("calls")
    assert calls["counters"] == {
        "Companies POST query": 2,
        "ContractServiceAdjustments POST create": 1,
        "ContractServices GET children": 1,
    }
    assert calls["rows"]["Companies"] == 4
    assert [call["sequence"] for call in calls["calls"]] == [1, 2, 3, 4]
