from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.simulators.autotask.calling import Api, Starter, contract, refusal

NEW_CONTRACT: dict[str, Any] = {
    "companyID": 201,
    "contractName": "New",
    "contractNumber": "EXT-1",
    "contractType": 7,
    "contractPeriodType": 3,
    "status": 1,
    "startDate": "2026-10-01",
    "endDate": "2027-09-30T00:00:00",
    "timeReportingRequiresStartAndStopTimes": 0,
    "setupFee": 0,
}


def test_a_contract_is_created_and_read_back(api: Api) -> None:
    key = api.post("/Contracts", NEW_CONTRACT).json()["itemId"]
    row = api.get(f"/Contracts/{key}").json()["item"]
    assert (row["id"], row["contractNumber"], row["startDate"], row["endDate"], row["contractPeriodType"]) == (
        key,
        "EXT-1",
        "2026-10-01T00:00:00Z",
        "2027-09-30T00:00:00Z",
        3,
    )
    found = api.query("Contracts", {"op": "beginsWith", "field": "contractNumber", "value": "ext"})
    assert [entry["id"] for entry in found] == [key]


@pytest.mark.parametrize(
    "field",
    [
        "companyID",
        "contractName",
        "contractType",
        "startDate",
        "endDate",
        "status",
        "timeReportingRequiresStartAndStopTimes",
        "contractPeriodType",
    ],
)
def test_a_contract_needs_its_required_fields(api: Api, field: str) -> None:
    body = {name: value for name, value in NEW_CONTRACT.items() if name != field}
    assert refusal(api.post("/Contracts", body)) == f"{field} is a required field."
    assert refusal(api.post("/Contracts", {**NEW_CONTRACT, field: None})) == f"{field} is a required field."


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"companyID": 999}, "Value does not reference an existing entity for companyID . "),
        (
            {"contractPeriodType": 9},
            "Picklist value [9] does not exist for contractPeriodType. ; on record",
        ),
        ({"contractPeriodType": "m"}, "Unexpected character encountered while parsing value: m"),
        ({"contractName": "x" * 101}, "String value exceeds maximum length (field:contractName)."),
        ({"endDate": "2026-09-30"}, "endDate must be on or after startDate."),
        ({"startDate": "01/10/2026"}, "Could not convert string to DateTime"),
        ({"setupFee": "12"}, "Unexpected character encountered while parsing value: 1"),
    ],
)
def test_a_contract_with_a_wrong_value_is_refused(api: Api, changes: dict[str, Any], text: str) -> None:
    assert text in refusal(api.post("/Contracts", {**NEW_CONTRACT, **changes}))
    assert len(api.query("Contracts")) == 1


def test_unknown_fields_are_ignored_or_refused_as_the_switch_says(api: Api) -> None:
    assert api.post("/Contracts", {**NEW_CONTRACT, "nonsense": 1}).status_code == 200
    api.order("switches", unknown_body_field="reject")
    assert "Unable to find nonsense" in refusal(api.post("/Contracts", {**NEW_CONTRACT, "nonsense": 1}))


def test_a_patch_changes_what_it_names_and_a_put_clears_what_it_leaves_out(api: Api) -> None:
    patched = {"id": 1001, "description": "text", "purchaseOrderNumber": "PO-1"}
    assert api.call("PATCH", "/Contracts", json=patched).json() == {"itemId": 1001}
    api.call("PATCH", "/Contracts", json={"id": 1001, "contractNumber": "N-1"})
    row = api.get("/Contracts/1001").json()["item"]
    assert (row["description"], row["purchaseOrderNumber"], row["contractNumber"]) == ("text", "PO-1", "N-1")
    whole = {**row, "description": "other"}
    del whole["purchaseOrderNumber"], whole["userDefinedFields"]
    assert api.call("PUT", "/Contracts", json=whole).json() == {"itemId": 1001}
    row = api.get("/Contracts/1001").json()["item"]
    assert (row["description"], row["purchaseOrderNumber"], row["contractType"]) == ("other", None, 7)
    assert refusal(api.call("PUT", "/Contracts", json={"id": 1001})) == "contractName is a required field."


@pytest.mark.parametrize(("field", "value"), [("companyID", 202), ("contractType", 1), ("contractPeriodType", 3)])
def test_what_can_only_be_set_on_create_cannot_be_changed(api: Api, field: str, value: int) -> None:
    assert "read-only" in refusal(api.call("PATCH", "/Contracts", json={"id": 1001, field: value}))


def test_the_start_of_a_contract_is_fixed_once_it_has_services(begin: Starter) -> None:
    api = begin(contracts=[contract(1001), contract(1002)])
    assert "startDate" in refusal(api.call("PATCH", "/Contracts", json={"id": 1001, "startDate": "2026-02-01"}))
    assert api.call("PATCH", "/Contracts", json={"id": 1002, "startDate": "2026-02-01"}).status_code == 200


def test_an_update_of_something_missing_is_refused(api: Api) -> None:
    assert "No matching records" in refusal(api.call("PATCH", "/Contracts", json={"id": 9, "description": "x"}))
    assert "No matching records" in refusal(api.call("PATCH", "/Contracts", json={"description": "x"}))


def test_a_line_takes_its_prices_from_the_catalogue_and_has_no_rows(api: Api) -> None:
    key = api.post("/Contracts/1001/Services", {"serviceID": 302}).json()["itemId"]
    line = api.get(f"/ContractServices/{key}").json(parse_float=Decimal)["item"]
    assert (line["contractID"], str(line["unitPrice"]), str(line["unitCost"])) == (1001, "99.9900", "20.0000")
    assert "adjustedPrice" not in line
    assert api.rows(key) == []


def test_an_adjusted_price_is_accepted_and_shown_in_internal_currency_only(begin: Starter) -> None:
    api = begin(currencies={"2": Decimal("1.25")}, companies=[{"id": 201, "companyName": "A", "currencyID": 2}])
    body = {"serviceID": 302, "unitPrice": 80, "adjustedPrice": 72}
    key = api.post("/Contracts/1001/Services", body).json()["itemId"]
    line = api.query("ContractServices", {"op": "eq", "field": "id", "value": key})[0]
    adjusted, unit = line["internalCurrencyAdjustedPrice"], line["internalCurrencyUnitPrice"]
    assert (adjusted, unit, line["unitPrice"]) == (Decimal("90.0000"), Decimal("100.0000"), Decimal("80.0000"))
    assert "Unable to find adjustedPrice" in refusal(
        api.post("/ContractServices/query", {"filter": [{"op": "exist", "field": "adjustedPrice"}]})
    )


def test_a_line_is_changed_below_its_contract_only(api: Api) -> None:
    body = {"id": 5001, "invoiceDescription": "Text on the invoice"}
    assert api.call("PATCH", "/ContractServices", json=body).status_code == 404
    assert api.call("PATCH", "/Contracts/1001/Services", json=body).json() == {"itemId": 5001}
    assert api.get("/ContractServices/5001").json()["item"]["invoiceDescription"] == "Text on the invoice"
    assert "No matching records" in refusal(api.call("PATCH", "/Contracts/77/Services", json=body))
    assert "read-only" in refusal(api.call("PATCH", "/Contracts/1001/Services", json={"id": 5001, "unitPrice": 1}))
    assert api.call("DELETE", "/Contracts/1001/Services/5001").status_code == 405


def test_a_changed_adjusted_price_holds_from_the_current_period_on(api: Api) -> None:
    assert api.call("PATCH", "/Contracts/1001/Services", json={"id": 5001, "adjustedPrice": 20}).status_code == 200
    rows = api.query("ContractServiceUnits")
    assert [str(row["price"]) for row in rows[7:10]] == ["300.0000", "200.0000", "200.0000"]


def test_the_catalogue_keeps_names_unique_and_billing_codes_right(begin: Starter) -> None:
    api = begin(
        billing_codes=[
            {"id": 2001, "name": "Recurring", "unitCost": 0, "unitPrice": 0},
            {"id": 2002, "name": "Closed", "isActive": False, "unitCost": 0, "unitPrice": 0},
            {"id": 2003, "name": "Labour", "useType": 1, "unitCost": 0, "unitPrice": 0},
        ]
    )
    body = {"name": "Backup", "billingCodeID": 2001, "periodType": 2, "unitPrice": 12.345, "sku": "BCK"}
    key = api.post("/Services", body).json()["itemId"]
    found = api.query("Services", {"op": "eq", "field": "sku", "value": "BCK"})
    assert [(row["id"], row["isActive"], row["unitPrice"]) for row in found] == [(key, True, Decimal("12.3450"))]
    text = refusal(api.post("/Services", {**body, "name": "backup"}))
    assert text.startswith("Violation of UNIQUE KEY constraint 'IX_service'")
    assert "billing code" in refusal(api.post("/Services", {**body, "name": "B2", "billingCodeID": 2002}))
    assert "billing code" in refusal(api.post("/Services", {**body, "name": "B2", "billingCodeID": 2003}))
    assert "maximum length (field:sku)" in refusal(api.post("/Services", {**body, "name": "B2", "sku": "x" * 51}))
    assert api.call("PATCH", "/Services", json={"id": key, "name": "Backup"}).status_code == 200


def test_bundles_and_their_services_follow_their_rules(api: Api) -> None:
    bundle = api.post("/ServiceBundles", {"name": "Set", "billingCodeID": 2001, "periodType": 2}).json()["itemId"]
    path = f"/ServiceBundles/{bundle}/Services"
    first = api.post(path, {"serviceID": 301}).json()["itemId"]
    assert "already part" in refusal(api.post(path, {"serviceID": 301}))
    assert "last service" in refusal(api.call("DELETE", f"{path}/{first}"))
    second = api.post(path, {"serviceID": 302}).json()["itemId"]
    assert api.call("DELETE", f"{path}/{first}").json() == {"itemId": first}
    assert [row["id"] for row in api.get(path).json()["items"]] == [second]
    line = api.post("/Contracts/1001/ServiceBundles", {"serviceBundleID": bundle, "adjustedPrice": 5}).json()["itemId"]
    assert api.get(f"/ContractServiceBundles/{line}").json()["item"]["adjustedPrice"] == 5
    assert "used by a contract" in refusal(api.call("DELETE", f"/ServiceBundles/{bundle}"))


def test_deleting_something_missing_is_refused_in_the_vendors_words(api: Api) -> None:
    assert refusal(api.call("DELETE", "/ServiceBundles/77")).startswith("No message. No matching records found.")


def test_billing_rules_are_kept_below_their_contract(api: Api) -> None:
    body = {
        "productID": 5,
        "startDate": "2026-01-01",
        "determineUnits": 1,
        "isActive": True,
        "createChargesAsBillable": True,
        "includeItemsInChargeDescription": False,
        "isDailyProrationEnabled": False,
    }
    key = api.post("/Contracts/1001/BillingRules", body).json()["itemId"]
    assert api.query("ContractBillingRules")[0]["contractID"] == 1001
    assert api.call("DELETE", f"/Contracts/1001/BillingRules/{key}").json() == {"itemId": key}
    assert api.query("ContractBillingRules") == []


def test_companies_and_departments_are_created(api: Api) -> None:
    company = {"companyName": "Delta", "companyType": 1, "ownerResourceID": 5, "phone": "01"}
    key = api.post("/Companies", company).json()["itemId"]
    assert api.get(f"/Companies/{key}").json()["item"]["isActive"] is True
    del company["phone"]
    assert refusal(api.post("/Companies", company)) == "phone is a required field."
    assert api.post("/Departments", {"name": "Service", "primaryLocationID": 1}).json()["itemId"] == 1


def test_subscriptions_are_created_queried_and_deleted(api: Api) -> None:
    body = {
        "configurationItemID": 9,
        "effectiveDate": "2026-01-01",
        "expirationDate": "2026-12-31",
        "materialCodeID": 2001,
        "periodPrice": 5,
        "periodType": 2,
        "status": 1,
        "subscriptionName": "Licence",
    }
    key = api.post("/Subscriptions", body).json()["itemId"]
    assert api.query("Subscriptions")[0]["subscriptionName"] == "Licence"
    assert api.get(f"/Subscriptions/{key}/Periods").json()["items"] == []
    assert api.call("DELETE", f"/Subscriptions/{key}").json() == {"itemId": key}


def test_a_unit_cost_of_the_catalogue_reaches_new_lines_and_leaves_those_that_stand(api: Api) -> None:
    """A line takes `unitCost` only when it is made (facts 4.3); that it keeps it afterwards is our reading."""
    old = api.get("/ContractServices/5001").json(parse_float=Decimal)["item"]["unitCost"]
    service = api.get("/Services/302").json(parse_float=Decimal)["item"]
    assert api.call("PATCH", "/Services", json={"id": 302, "unitCost": 7.1234}).json() == {"itemId": 302}
    after = api.get("/Services/302").json(parse_float=Decimal)["item"]
    assert after["unitCost"] == Decimal("7.1234")
    changed = {name for name in service if service[name] != after[name]}
    assert changed <= {"unitCost", "lastModifiedDate"}
    key = api.post("/Contracts/1001/Services", {"serviceID": 302}).json()["itemId"]
    line = api.get(f"/ContractServices/{key}").json(parse_float=Decimal)["item"]
    assert line["unitCost"] == Decimal("7.1234")
    assert api.get("/ContractServices/5001").json(parse_float=Decimal)["item"]["unitCost"] == old


def test_a_change_of_a_service_that_cannot_be_is_refused(begin: Starter) -> None:
    api = begin(switches={"unknown_body_field": "reject"})
    before = api.look("state")["services"]
    key = before[0]["id"]
    assert "No matching records" in refusal(api.call("PATCH", "/Services", json={"id": 999999, "unitCost": 1}))
    assert "No matching records" in refusal(api.call("PATCH", "/Services", json={"unitCost": 1}))
    assert refusal(api.call("PATCH", "/Services", json={"id": key, "unitCosts": 1}))
    assert "read-only" in refusal(api.call("PATCH", "/Services", json={"id": key, "markupRate": 1}))
    assert refusal(api.call("PATCH", "/Services", json={"id": key, "unitCost": "much"}))
    assert api.call("PATCH", f"/Services/{key}", json={"unitCost": 1}).status_code == 405
    assert api.look("state")["services"] == before
