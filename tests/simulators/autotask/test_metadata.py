from __future__ import annotations

import pytest
from tests.openapi import OpenApiAnswers
from tests.simulators.autotask.calling import Api, Starter

from trueup_simulators.autotask.entities import ALL

DEFINITIONS = OpenApiAnswers.autotask().document["definitions"]


def test_every_entity_lists_exactly_the_fields_of_the_vendors_file(api: Api) -> None:
    for entity in ALL:
        listed = {field["name"] for field in api.get(f"/{entity.path}/entityInformation/fields").json()["fields"]}
        described = set(DEFINITIONS[f"{entity.name}Model"]["properties"]) - {"userDefinedFields"}
        accepted_only = {"adjustedPrice"} if entity.path == "ContractServices" else set()
        assert listed == described | accepted_only, entity.path


def test_picklist_values_are_texts(api: Api) -> None:
    fields = {field["name"]: field for field in api.get("/Contracts/entityInformation/fields").json()["fields"]}
    periods = {entry["value"]: entry["label"] for entry in fields["contractPeriodType"]["picklistValues"]}
    assert periods == {"2": "Monthly", "3": "Quarterly", "4": "Semi-Annual", "5": "Yearly"}
    types = {entry["value"]: entry["label"] for entry in fields["contractType"]["picklistValues"]}
    assert types["7"] == "Recurring Service"
    assert fields["companyID"]["isReadOnly"] is True
    assert fields["companyID"]["isRequired"] is True
    assert fields["contractName"]["picklistValues"] is None


def test_what_can_be_done_with_an_entity(api: Api) -> None:
    info = api.get("/ContractServiceAdjustments/entityInformation").json()["info"]
    assert (info["canCreate"], info["canQuery"], info["canUpdate"], info["canDelete"]) == (True, False, False, False)
    assert api.get("/Contracts/1001/ServiceUnits/entityInformation").json()["info"]["canCreate"] is False


def test_user_defined_fields_are_listed_queried_and_written(begin: Starter) -> None:
    api = begin(user_defined_fields={"Companies": {"RMM site": "text", "Tier": "text"}})
    names = [entry["name"] for entry in api.get("/Companies/entityInformation/userDefinedFields").json()["fields"]]
    assert names == ["RMM site", "Tier"]
    body = {"id": 202, "userDefinedFields": [{"name": "RMM site", "value": "beta-1"}]}
    assert api.call("PATCH", "/Companies", json=body).json() == {"itemId": 202}
    rows = api.query("Companies", {"op": "eq", "field": "rmm site", "value": "BETA-1", "udf": True})
    assert [row["id"] for row in rows] == [202]
    assert rows[0]["userDefinedFields"] == [{"name": "RMM site", "value": "beta-1"}, {"name": "Tier", "value": None}]


@pytest.mark.parametrize("entity", ["ContractServices", "ContractServiceUnits", "BillingItems"])
def test_entities_without_user_defined_fields_answer_404(api: Api, entity: str) -> None:
    assert api.get(f"/{entity}/entityInformation/userDefinedFields").status_code == 404
