from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from tests.openapi import OpenApiAnswers
from tests.simulators.autotask.calling import Api, Starter, contract, running

from trueup_simulators.autotask import (
    Scenario,
    ScenarioError,
    default_scenario,
    dump,
    large_scenario,
    load_scenario,
    seed,
)


def test_a_dump_seeds_the_same_state_again(begin: Starter, answers: OpenApiAnswers, tmp_path: Path) -> None:
    api = begin(
        user_defined_fields={"Companies": {"RMM site": "text"}},
        companies=[{"id": 201, "companyName": "A", "userDefinedFields": {"RMM site": "s"}}],
        bundles=[{"id": 41, "name": "Set", "billingCodeID": 2001, "unitPrice": 5, "services": [301]}],
        bundle_lines=[{"id": 6001, "contractID": 1001, "serviceBundleID": 41, "units": {"2026-02-01": 2}}],
        currencies={"1": 1},
    )
    api.order("approve-and-post", through="2026-09-01")
    api.adjust(5001, 2, "2026-09-11", adjustedUnitPrice=31)
    api.adjust(5001, -1, "2026-10-16")
    api.adjust(5002, 3, "2026-11-05")
    api.order("edit-units", line=5001, units=1, day="2026-12-01")
    api.order("invoice", company=201)
    api.order("switches", same_day_duplicate="reject_always", latency_ms=1)
    first = api.client.get("/_simulator/state").content
    file = tmp_path / "dump.json"
    file.write_bytes(first)
    with running(load_scenario(file)) as again:
        other = Api(again, answers)
        assert other.client.get("/_simulator/state").content == first
        # and it goes on in the same way
        for one in (api, other):
            assert one.adjust(5001, 1, "2026-10-16").status_code == 500
            assert one.adjust(5001, 1, "2026-10-20").status_code == 200
            one.order("approve-and-post", through="2026-12-31")
        assert api.items() == other.items()
        assert api.rows(5001) == other.rows(5001)
        other.client.close()


YAML = """
today: 2026-09-15
integration_codes: [CODE]
users: [{user_name: u, secret: s}]
billing_codes: [{id: 1, name: R, unitCost: 0, unitPrice: 0}]
companies: [{companyName: Société Générique}]
services: [{id: 301, name: S, billingCodeID: 1, unitPrice: 4.1}]
contracts:
  - {id: 1001, companyID: 29683500, contractName: C, contractPeriodType: 2, startDate: 2026-01-31, endDate: 2026-12-30,
     posted_through: 2026-02-28}
lines:
  - {contractID: 1001, serviceID: 301, units: {2026-01-31: 5, 2026-04-10: 7}}
"""


def test_a_yaml_file_gives_units_by_date_and_posted_marks(tmp_path: Path, answers: OpenApiAnswers) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(YAML, encoding="utf-8")
    with running(load_scenario(file)) as simulator:
        api = Api(simulator, answers)
        line = api.query("ContractServices")[0]
        assert str(line["unitPrice"]) == "4.1000"
        assert api.rows(line["id"])[:5] == [
            ("2026-01-31", "2026-02-27", 5),
            ("2026-02-28", "2026-03-30", 5),
            ("2026-03-31", "2026-04-09", 5),
            ("2026-04-10", "2026-04-29", 7),
            ("2026-04-30", "2026-05-30", 7),
        ]
        posted = api.query("ContractServiceUnits", {"op": "exist", "field": "approveAndPostDate"})
        assert [row["startDate"][:10] for row in posted] == ["2026-01-31", "2026-02-28"]
        assert api.query("Companies")[0]["companyName"] == "Société Générique"
        assert len(api.items()) == 2
        api.client.close()


def _refused(content: dict[str, Any]) -> str:
    with pytest.raises(ScenarioError) as caught:
        seed(Scenario(content, "file.yaml"))
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ({"compagnies": []}, ["file.yaml: compagnies: unknown key; known: ", "companies"]),
        ({"companies": [{"companyNam": "x"}]}, ["file.yaml: companies[0].companyNam: unknown key", "companyName"]),
        ({"users": [{"user": "x"}]}, ["file.yaml: users[0].user: unknown key; known: user_name, secret"]),
        ({"switches": {"latency": 5}}, ["file.yaml: switches: unknown switch 'latency'", "latency_ms"]),
        ({"switches": {"missing_item": "gone"}}, ["file.yaml: switches: switch missing_item", "200null, 404"]),
        ({"companies": [{"id": 1, "companyType": "Customer"}]}, ["file.yaml: companies[0].companyType:"]),
        ({"companies": {"id": 1}}, ["file.yaml:", "companies", "a list was expected"]),
        ({"companies": [{"id": 1}, {"id": 1}]}, ["file.yaml: companies[1]: ", "id 1 exists twice"]),
        ({"users": [{"user_name": "x"}]}, ["file.yaml: users[0].secret: a text was expected, not None"]),
        ({"lines": [{"contractID": 7, "serviceID": 8}]}, ["file.yaml: lines[0].", "nothing has this id"]),
        ({"user_defined_fields": {"BillingItems": {}}}, ["user_defined_fields.BillingItems: unknown key; known: "]),
        ({"rows": [{"contractServiceID": 5}]}, ["file.yaml: rows[0].contractServiceID: the id of a line"]),
    ],
)
def test_an_error_names_file_place_and_what_is_known(content: dict[str, Any], parts: list[str]) -> None:
    text = _refused(content)
    for part in parts:
        assert part in text


@pytest.mark.parametrize(
    ("units", "part"),
    [
        ({"2025-01-01": 5}, "outside the contract's dates"),
        ({"soon": 5}, "units.soon: a date was expected"),
        ({"2026-01-01": "five"}, "a whole number was expected"),
        ({"2026-01-01": -1}, "negative"),
    ],
)
def test_wrong_counts_are_refused_with_their_place(units: dict[str, Any], part: str) -> None:
    content = {
        "companies": [{"id": 201, "companyName": "A"}],
        "services": [{"id": 301, "name": "S"}],
        "contracts": [contract(1001)],
        "lines": [{"contractID": 1001, "serviceID": 301, "units": units}],
    }
    text = _refused(content)
    assert "file.yaml: lines[0].units" in text
    assert part in text


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("a.yaml", "companies: [", "not YAML"),
        ("a.json", '{"companies": ', "not JSON"),
        ("a.yaml", "- 1", "a mapping was expected"),
    ],
)
def test_a_file_that_is_no_scenario_is_refused_by_name(tmp_path: Path, name: str, text: str, part: str) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=part) as caught:
        load_scenario(file)
    assert str(file) in str(caught.value)
    with pytest.raises(ScenarioError, match="cannot be read"):
        load_scenario(tmp_path / "missing.yaml")


def test_the_default_scenario_has_what_a_newcomer_wants_to_see() -> None:
    state = seed(default_scenario())
    companies = {row["id"]: row for row in state.table("Companies")}
    assert len(companies) == 13
    assert any(not row["isActive"] for row in companies.values())
    assert any(row["companyType"] == 4 for row in companies.values())
    assert any(row["parentCompanyID"] for row in companies.values())
    contracts = list(state.table("Contracts"))
    assert {row["contractPeriodType"] for row in contracts} == {2, 3, 4, 5, None}
    assert any(row["billToCompanyID"] == 204 for row in contracts)
    prices = [row["unitPrice"] for row in state.table("ContractServices")]
    assert any(str(price).startswith("-") for price in prices)
    pairs = [(row["contractID"], row["serviceID"]) for row in state.table("ContractServices")]
    assert len(set(pairs)) < len(pairs)
    assert seed(Scenario(dump_as_content(state))) is not None


def dump_as_content(state: Any) -> dict[str, Any]:
    from trueup_simulators.autotask.wire import decode, encode

    content = decode(encode(dump(state)))
    assert isinstance(content, dict)
    return content


def test_a_large_tenant_is_the_same_for_the_same_seed_and_answers_fast(answers: OpenApiAnswers) -> None:
    started = time.process_time()
    content = large_scenario(1_000, 20_000, seed=3)
    with running(content) as simulator:
        assert time.process_time() - started < 10
        assert len(simulator.state.units["service"]) == 240_000
        assert large_scenario(1_000, 20_000, seed=3).content == content.content
        assert large_scenario(1_000, 20_000, seed=4).content != content.content
        api = Api(simulator, answers)
        condition = [
            {"op": "gte", "field": "contractServiceID", "value": 2_005_000},
            {"op": "lt", "field": "contractServiceID", "value": 2_005_500},
            {"op": "lte", "field": "startDate", "value": "2026-09-15"},
            {"op": "gte", "field": "endDate", "value": "2026-09-15"},
        ]
        assert len(api.query("ContractServiceUnits", *condition)) == 500
        api.client.event_hooks = {}
        took = []
        for _ in range(5):
            started = time.process_time()
            api.post("/ContractServiceUnits/query", {"filter": condition})
            took.append(time.process_time() - started)
        assert min(took) < 0.1  # some 6 ms; counted in CPU, because tests share a small machine
        api.client.close()
