from __future__ import annotations

from typing import Any

import pytest
from tests.simulators.autotask.calling import CODE, USER, Api, Starter, contract, refusal


def test_the_zone_is_found_without_credentials_and_ends_in_a_slash(api: Api) -> None:
    answer = api.client.get("/atservicesrest/v1.0/zoneInformation", params={"user": "api@msp.example"})
    assert answer.status_code == 200
    assert answer.json()["url"] == f"{api.running.url}/ATServicesRest/"
    assert api.look("calls")["total"] == 0


@pytest.mark.parametrize("user", ["nobody@msp.example", ""])
def test_the_zone_of_an_unknown_or_blank_user_is_an_application_error(api: Api, user: str) -> None:
    answer = api.client.get("/atservicesrest/v1.0/zoneInformation", params={"user": user})
    assert refusal(answer) == "Zone information could not be determined"


def test_versions_list_v2_whose_zone_lookup_is_404(api: Api) -> None:
    assert api.client.get("/ATServicesRest/versioninformation").json() == {"apiVersions": ["V1.0", "V2.0"]}
    assert api.client.get("/ATServicesRest/V2.0/zoneInformation", params={"user": "x"}).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/ATServicesRest/V1.0/Version", "/atservicesrest/v1.0/version/", "/ATServicesRest//V1.0//Version"],
)
def test_case_trailing_and_doubled_slashes_do_not_matter(api: Api, path: str) -> None:
    answer = api.client.get(path, headers=api.headers)
    assert answer.status_code == 200
    assert set(answer.json()) == {"majorVersion", "minorVersion", "build", "customerType"}


@pytest.mark.parametrize("missing", ["ApiIntegrationCode", "UserName", "Secret"])
def test_a_missing_header_is_401_without_a_body(api: Api, missing: str) -> None:
    del api.headers[missing]
    answer = api.get("/Companies/201")
    assert (answer.status_code, answer.content) == (401, b"")


def test_a_refusal_has_a_body_when_the_switch_says_so(begin: Starter) -> None:
    api = begin(switches={"unauthorised_body": "errors"})
    api.headers["Secret"] = "wrong"
    answer = api.get("/Companies/201")
    assert answer.status_code == 401
    assert answer.json()["errors"]


def test_an_unknown_user_and_a_wrong_code_are_500_but_a_wrong_secret_is_401(api: Api) -> None:
    right = dict(api.headers)
    api.headers["UserName"] = "nobody@msp.example"
    assert refusal(api.get("/Companies/201"))
    api.headers = {**right, "ApiIntegrationCode": "B" * 27}
    assert refusal(api.get("/Companies/201")) == "IntegrationCode is invalid."
    api.headers = {**right, "Secret": "wrong"}
    assert api.get("/Companies/201").status_code == 401


def test_header_names_are_not_case_sensitive_and_impersonation_is_tolerated(api: Api) -> None:
    headers = {name.lower(): value for name, value in api.headers.items()} | {"ImpersonationResourceId": "17"}
    assert api.client.get("/ATServicesRest/V1.0/Companies/201", headers=headers).status_code == 200


def test_a_user_is_locked_after_repeated_wrong_secrets_until_unlocked(begin: Starter) -> None:
    api = begin(switches={"lockout_after": 3, "unauthorised_body": "errors"})
    right = dict(api.headers)
    for _ in range(3):
        api.headers = {**right, "Secret": "wrong"}
        assert api.get("/Companies/201").status_code == 401
    api.headers = right
    answer = api.get("/Companies/201")
    assert answer.status_code == 401
    assert "has been locked" in answer.text
    api.order("unlock-user", user_name="api@msp.example")
    assert api.get("/Companies/201").status_code == 200


def test_a_right_secret_in_between_starts_the_count_again(begin: Starter) -> None:
    api = begin(switches={"lockout_after": 2})
    right = dict(api.headers)
    for _ in range(3):
        api.headers = {**right, "Secret": "wrong"}
        assert api.get("/Companies/201").status_code == 401
        api.headers = right
        assert api.get("/Companies/201").status_code == 200


def test_a_locked_user_may_be_told_with_500(begin: Starter) -> None:
    api = begin(users=[{**USER, "locked": True}], switches={"locked_status": "500"})
    assert "locked" in refusal(api.get("/Companies/201"))


def _two_customers(**user: Any) -> dict[str, Any]:
    return {
        "users": [{**USER, **user}],
        "contracts": [contract(1001), contract(1002, companyID=202)],
        "lines": [
            {"id": 5001, "contractID": 1001, "serviceID": 301, "units": {"2026-12-01": 1}},
            {"id": 5002, "contractID": 1002, "serviceID": 301, "units": {"2026-12-01": 1}},
        ],
    }


def test_rows_that_a_restricted_user_may_not_see_are_silently_missing(begin: Starter) -> None:
    api = begin(**_two_customers(companies=[202]))
    assert [row["id"] for row in api.query("Companies")] == [202]
    assert [row["id"] for row in api.query("Contracts")] == [1002]
    assert [row["id"] for row in api.query("ContractServices")] == [5002]
    assert [row["contractServiceID"] for row in api.query("ContractServiceUnits")] == [5002]
    assert api.post("/Contracts/query/count", {"filter": [{"op": "exist", "field": "id"}]}).json() == {"queryCount": 1}
    assert api.get("/Contracts/1001").json() == {"item": None}
    assert len(api.query("Services")) == 2


def test_a_whole_entity_can_be_hidden_from_a_user(begin: Starter) -> None:
    api = begin(**_two_customers(hidden_entities=["ContractServiceUnits"]))
    assert api.query("ContractServiceUnits") == []
    assert len(api.query("ContractServices")) == 2


def test_a_user_without_the_right_to_edit_contracts_is_told_so_with_500(begin: Starter) -> None:
    api = begin(users=[{**USER, "can_edit_contracts": False}])
    before = api.look("state")["rows"]
    assert "does not have the adequate permissions" in refusal(api.adjust(5001, 1, "2026-10-01"))
    assert "adequate permissions" in refusal(api.call("PATCH", "/Contracts", json={"id": 1001, "description": "x"}))
    assert api.look("state")["rows"] == before
    info = api.get("/ContractServiceAdjustments/entityInformation").json()["info"]
    assert info["userAccessForCreate"] == "None"


def test_unknown_paths_are_404_and_wrong_methods_405_with_a_message(api: Api) -> None:
    assert api.get("/Nonsense/query").status_code == 404
    assert api.get("/Companies/201/Nonsense").status_code == 404
    for method, path in [
        ("PATCH", "/Contracts/1001"),
        ("DELETE", "/Contracts/1001"),
        ("GET", "/ContractServiceAdjustments"),
        ("POST", "/ContractServiceUnits/1"),
        ("DELETE", "/Companies/201"),
    ]:
        answer = api.call(method, path)
        assert answer.status_code == 405, path
        assert answer.json() == {"Message": f"The requested resource does not support http method '{method}'."}
    for path in ["/ContractServiceAdjustments/query", "/ContractServiceAdjustments/1"]:
        assert api.get(path).status_code == 404, path


def test_only_calls_that_signed_in_are_counted(api: Api) -> None:
    api.get("/Companies/201")
    api.headers["Secret"] = "wrong"
    api.get("/Companies/201")
    api.headers["Secret"] = "right"
    answer = api.get("/ThresholdInformation").json()
    assert answer == {
        "externalRequestThreshold": 10_000,
        "requestThresholdTimeframe": 60,
        "currentTimeframeRequestCount": 2,
    }
    calls = api.look("calls")
    assert [(call["entity"], call["action"], call["status"]) for call in calls["calls"]] == [
        ("Companies", "item", 200),
        ("threshold", "threshold", 200),
    ]
    api.client.delete("/_simulator/calls")
    assert api.look("calls")["total"] == 0


def test_code_and_user_names_come_from_the_scenario(begin: Starter) -> None:
    api = begin()
    assert api.running.credentials == {
        "user_name": "api@msp.example",
        "secret": "right",
        "integration_code": CODE,
    }


def test_a_user_without_the_right_to_the_catalogue_changes_no_cost_and_is_told_so(begin: Starter) -> None:
    api = begin(users=[{**USER, "can_edit_catalogue": False}])
    before = api.look("state")["services"]
    body = {"id": before[0]["id"], "unitCost": 9}
    assert "does not have the adequate permissions" in refusal(api.call("PATCH", "/Services", json=body))
    assert api.look("state")["services"] == before
    assert api.get("/Services/entityInformation").json()["info"]["userAccessForUpdate"] == "None"
    assert api.adjust(5001, 1, "2026-10-01").status_code == 200, "contracts are another right"
