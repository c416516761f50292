"""Units are worked out by hand; the contract runs through 2026, monthly, with ten units on line 5001."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.simulators.autotask.calling import Api, Starter, contract, refusal

OUTSIDE = (
    "ContractServiceAdjustment effectiveDate must be between the start date and end date of the Contract referenced "
    "by contractID."
)


def _accepted(answer: httpx2.Response) -> None:
    assert (answer.status_code, answer.json()) == (200, {"itemId": None})


def test_a_change_at_a_period_start_changes_that_row_in_place_and_all_later_rows(api: Api) -> None:
    _accepted(api.adjust(5001, 3, "2026-10-01"))
    rows = api.rows(5001)
    assert len(rows) == 12
    assert rows[8:] == [
        ("2026-09-01", "2026-09-30", 10),
        ("2026-10-01", "2026-10-31", 13),
        ("2026-11-01", "2026-11-30", 13),
        ("2026-12-01", "2026-12-31", 13),
    ]


def test_a_change_inside_a_period_splits_its_row_and_changes_all_later_rows(api: Api) -> None:
    _accepted(api.adjust(5001, -4, "2026-11-16"))
    assert api.rows(5001)[9:] == [
        ("2026-10-01", "2026-10-31", 10),
        ("2026-11-01", "2026-11-15", 10),
        ("2026-11-16", "2026-11-30", 6),
        ("2026-12-01", "2026-12-31", 6),
    ]


def test_a_split_keeps_row_ids_or_renumbers_them_as_the_switch_says(api: Api) -> None:
    def ids() -> dict[str, int]:
        condition = {"op": "eq", "field": "contractServiceID", "value": 5001}
        return {row["startDate"][:10]: row["id"] for row in api.query("ContractServiceUnits", condition)}

    before = ids()
    api.adjust(5001, 1, "2026-10-16")
    assert ids()["2026-10-01"] == before["2026-10-01"]
    api.order("switches", split_row_ids="renumber")
    api.adjust(5001, 1, "2026-11-16")
    assert ids()["2026-11-01"] not in before.values()


def test_a_later_split_is_cut_at_the_earlier_one_when_changes_come_out_of_order(api: Api) -> None:
    _accepted(api.adjust(5001, 5, "2026-10-20"))
    _accepted(api.adjust(5001, 2, "2026-10-10"))
    assert api.rows(5001)[9:] == [
        ("2026-10-01", "2026-10-09", 10),
        ("2026-10-10", "2026-10-19", 12),
        ("2026-10-20", "2026-10-31", 17),
        ("2026-11-01", "2026-11-30", 17),
        ("2026-12-01", "2026-12-31", 17),
    ]


def test_a_date_in_the_past_within_the_contract_is_accepted(api: Api) -> None:
    _accepted(api.adjust(5001, 1, "2026-02-01"))
    assert [units for _, _, units in api.rows(5001)] == [10] + [11] * 11


def test_a_fresh_line_has_no_rows_until_its_first_change(api: Api) -> None:
    assert api.rows(5002) == []
    _accepted(api.adjust(5002, 7, "2026-10-11"))
    assert api.rows(5002) == [
        ("2026-10-11", "2026-10-31", 7),
        ("2026-11-01", "2026-11-30", 7),
        ("2026-12-01", "2026-12-31", 7),
    ]
    _accepted(api.adjust(5002, 1, "2026-09-21"))
    assert api.rows(5002) == [
        ("2026-09-21", "2026-09-30", 1),
        ("2026-10-01", "2026-10-10", 1),
        ("2026-10-11", "2026-10-31", 8),
        ("2026-11-01", "2026-11-30", 8),
        ("2026-12-01", "2026-12-31", 8),
    ]


def test_a_date_outside_the_contract_is_refused_on_both_paths(api: Api) -> None:
    before = api.look("state")["rows"]
    assert refusal(api.adjust(5001, 1, "2027-01-01")) == OUTSIDE
    assert refusal(api.adjust(5001, 1, "2025-12-31")) == OUTSIDE
    body = {"serviceID": 302, "unitChange": 1, "effectiveDate": "2027-01-01"}
    assert refusal(api.post("/Contracts/1001/ServiceAdjustments", body)) == OUTSIDE
    assert api.look("state")["rows"] == before
    assert api.look("adjustments")["adjustments"] == []
    _accepted(api.adjust(5001, 1, "2026-12-31"))
    _accepted(api.adjust(5001, 1, "2026-01-01"))


@pytest.mark.parametrize(
    ("rule", "mid_period", "period_start"),
    [("reject_midperiod", False, True), ("reject_always", False, False), ("merge", True, True)],
)
def test_a_second_change_of_the_same_day(begin: Starter, rule: str, mid_period: bool, period_start: bool) -> None:
    api = begin(switches={"same_day_duplicate": rule})
    for day, allowed in (("2026-10-16", mid_period), ("2026-11-01", period_start)):
        _accepted(api.adjust(5001, 2, day))
        second = api.adjust(5001, 1, day)
        if allowed:
            _accepted(second)
        else:
            assert "Attempt to insert duplicate data into contract_service_period" in refusal(second)
    units = {start: count for start, _, count in api.rows(5001)}
    assert units["2026-10-16"] == 12 + mid_period
    assert units["2026-11-01"] == 14 + mid_period + period_start


def test_going_below_zero_is_refused_and_to_exactly_zero_allowed(api: Api) -> None:
    assert "negative" in refusal(api.adjust(5001, -11, "2026-10-01"))
    _accepted(api.adjust(5001, -10, "2026-10-01"))
    assert {units for start, _, units in api.rows(5001) if start >= "2026-10-01"} == {0}
    assert "negative" in refusal(api.adjust(5002, -1, "2026-10-01"))


def test_a_fall_that_a_later_row_cannot_take_is_refused(api: Api) -> None:
    _accepted(api.adjust(5001, -8, "2026-12-01"))
    assert "negative" in refusal(api.adjust(5001, -3, "2026-10-01"))
    _accepted(api.adjust(5001, -2, "2026-10-01"))
    assert [units for _, _, units in api.rows(5001)][8:] == [10, 8, 8, 0]


def test_units_stay_within_32_bits(api: Api) -> None:
    assert "Int32" in refusal(api.adjust(5001, 2**31, "2026-10-01"))
    assert "overflow" in refusal(api.adjust(5001, 2**31 - 1, "2026-10-01"))
    _accepted(api.adjust(5001, 2**31 - 11, "2026-10-01"))
    assert api.rows(5001)[-1][2] == 2**31 - 1


def test_contract_and_service_name_the_line_that_is_there(api: Api) -> None:
    body = {"contractID": 1001, "serviceID": 301, "unitChange": 1, "effectiveDate": "2026-12-01T00:00:00"}
    _accepted(api.post("/ContractServiceAdjustments", body))
    del body["contractID"]
    _accepted(api.post("/Contracts/1001/ServiceAdjustments", body))
    assert api.rows(5001)[-1] == ("2026-12-01", "2026-12-31", 12)
    assert len(api.query("ContractServices")) == 2


def test_contract_and_service_create_a_line_that_is_not_there(begin: Starter) -> None:
    api = begin(lines=[])
    body = {"serviceID": 302, "unitChange": 4, "effectiveDate": "2026-12-01", "adjustedUnitPrice": 88.5}
    _accepted(api.post("/Contracts/1001/ServiceAdjustments", body))
    line = api.query("ContractServices")[0]
    assert (line["serviceID"], str(line["unitPrice"]), str(line["internalCurrencyAdjustedPrice"])) == (
        302,
        "99.9900",
        "88.5000",
    )
    assert api.rows(line["id"]) == [("2026-12-01", "2026-12-31", 4)]


def test_a_refused_change_leaves_no_new_line_behind(begin: Starter) -> None:
    api = begin(lines=[])
    body = {"serviceID": 302, "unitChange": -1, "effectiveDate": "2026-12-01"}
    assert "negative" in refusal(api.post("/Contracts/1001/ServiceAdjustments", body))
    assert api.query("ContractServices") == []


def test_repeating_a_service_adds_another_line_only_when_allowed(api: Api) -> None:
    body = {"contractID": 1001, "serviceID": 301, "unitChange": 5, "effectiveDate": "2026-12-01"}
    _accepted(api.post("/ContractServiceAdjustments", {**body, "allowRepeatService": True}))
    lines = [line["id"] for line in api.query("ContractServices") if line["serviceID"] == 301]
    assert len(lines) == 2
    assert api.rows(5001)[-1][2] == 10
    assert api.rows(lines[1]) == [("2026-12-01", "2026-12-31", 5)]


def test_a_change_of_zero_with_a_price_reprices_from_its_day(api: Api) -> None:
    _accepted(api.adjust(5001, 0, "2026-11-01", adjustedUnitPrice=25.5, adjustedUnitCost=7))
    rows = api.query("ContractServiceUnits", {"op": "gte", "field": "startDate", "value": "2026-10-01"})
    assert [(str(row["price"]), str(row["cost"]), row["units"]) for row in rows] == [
        ("300.0000", "80.0000", 10),
        ("255.0000", "70.0000", 10),
        ("255.0000", "70.0000", 10),
    ]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"contractServiceID": 5001, "unitChange": 1}, "effectiveDate is a required field"),
        ({"unitChange": 1, "effectiveDate": "2026-10-01"}, "contractServiceID is a required field when"),
        ({"contractID": 1001, "unitChange": 1, "effectiveDate": "2026-10-01"}, "is a required field when"),
        (
            {"contractServiceID": 77, "unitChange": 1, "effectiveDate": "2026-10-01"},
            "existing entity for contractServiceID",
        ),
        ({"contractID": 77, "serviceID": 301, "unitChange": 1, "effectiveDate": "2026-10-01"}, "entity for contractID"),
        ({"contractID": 1001, "serviceID": 77, "unitChange": 1, "effectiveDate": "2026-10-01"}, "entity for serviceID"),
        (
            {"contractServiceID": 5001, "contractID": 77, "unitChange": 1, "effectiveDate": "2026-10-01"},
            "does not belong",
        ),
        ({"contractServiceID": 5001, "unitChange": 1.5, "effectiveDate": "2026-10-01"}, "parsing value: 1"),
        ({"contractServiceID": 5001, "unitChange": "1", "effectiveDate": "2026-10-01"}, "parsing value: 1"),
        ({"contractServiceID": 5001, "unitChange": 1, "effectiveDate": "next week"}, "Could not convert string"),
        ([], "An object was expected"),
    ],
)
def test_a_body_that_does_not_say_what_to_change_is_refused(api: Api, body: Any, text: str) -> None:
    before = api.look("state")["rows"]
    assert text in refusal(api.post("/ContractServiceAdjustments", body))
    assert api.look("state")["rows"] == before


def test_the_path_and_the_body_must_name_the_same_contract(begin: Starter) -> None:
    api = begin(contracts=[contract(1001), contract(1002)])
    body = {"contractServiceID": 5001, "unitChange": 1, "effectiveDate": "2026-10-01"}
    assert refusal(api.post("/Contracts/1002/ServiceAdjustments", body))
    assert refusal(api.post("/Contracts/1001/ServiceAdjustments", {**body, "contractID": 1002}))
    _accepted(api.post("/Contracts/1001/ServiceAdjustments", body))


def test_the_item_id_is_a_number_when_the_switch_says_so(begin: Starter) -> None:
    api = begin(switches={"adj_item_id": "number"})
    number = api.adjust(5001, 1, "2026-10-01").json()["itemId"]
    assert api.look("adjustments")["adjustments"][0]["id"] == number


def test_a_time_and_an_offset_in_the_date_change_nothing(api: Api) -> None:
    _accepted(api.adjust(5001, 1, "2026-10-16T23:59:59+09:00"))
    assert ("2026-10-16", "2026-10-31", 11) in api.rows(5001)


def test_only_recurring_contracts_take_services(begin: Starter) -> None:
    api = begin(contracts=[contract(1001, contractType=1, contractPeriodType=None)], lines=[])
    body = {"serviceID": 301, "unitChange": 1, "effectiveDate": "2026-10-01"}
    assert "Recurring Service" in refusal(api.post("/Contracts/1001/ServiceAdjustments", body))
    assert "Recurring Service" in refusal(api.post("/Contracts/1001/Services", {"serviceID": 301}))


def test_an_inactive_contract_still_takes_changes(begin: Starter) -> None:
    api = begin(contracts=[contract(1001, status=0)])
    _accepted(api.adjust(5001, 1, "2026-10-01"))


def test_accepted_changes_are_logged_in_order_with_before_and_after(api: Api) -> None:
    api.adjust(5001, 2, "2026-10-01")
    api.adjust(5001, -50, "2026-10-01")
    api.adjust(5001, -1, "2026-11-16")
    log = api.look("adjustments")["adjustments"]
    assert [(e["line"], e["effective_date"], e["unit_change"], e["before"], e["after"], e["by"]) for e in log] == [
        (5001, "2026-10-01", 2, 10, 12, "api"),
        (5001, "2026-11-16", -1, 12, 11, "api"),
    ]


def _bundles() -> dict[str, Any]:
    return {
        "bundles": [
            {"id": 41, "name": "Workplace", "billingCodeID": 2001, "unitPrice": 52, "services": [301, 302]},
            {"id": 42, "name": "Empty", "billingCodeID": 2001, "unitPrice": 1},
        ],
        "bundle_lines": [{"id": 6001, "contractID": 1001, "serviceBundleID": 41, "units": {"2026-11-01": 3}}],
    }


def test_bundles_are_adjusted_like_services(begin: Starter) -> None:
    api = begin(**_bundles())
    body: dict[str, Any] = {"contractServiceBundleID": 6001, "unitChange": 2, "effectiveDate": "2026-12-11"}
    _accepted(api.post("/ContractServiceBundleAdjustments", body))
    rows = api.query("ContractServiceBundleUnits")
    rows.sort(key=lambda row: row["startDate"])
    assert [
        (row["startDate"][:10], row["endDate"][:10], row["units"], str(row["price"]), str(row["cost"])) for row in rows
    ] == [
        ("2026-11-01", "2026-11-30", 3, "156.0000", "84.0000"),
        ("2026-12-01", "2026-12-10", 3, "156.0000", "84.0000"),
        ("2026-12-11", "2026-12-31", 5, "260.0000", "140.0000"),
    ]
    by_item = {"serviceBundleID": 41, "unitChange": 1, "effectiveDate": "2026-11-01"}
    _accepted(api.post("/Contracts/1001/ServiceBundleAdjustments", by_item))
    _accepted(api.post("/Contracts/1001/ServiceBundleAdjustments", {**by_item, "allowRepeatServiceBundle": True}))
    assert [line["serviceBundleID"] for line in api.query("ContractServiceBundles")] == [41, 41]
    outside = {"contractServiceBundleID": 6001, "unitChange": 1, "effectiveDate": "2027-01-01"}
    assert refusal(api.post("/ContractServiceBundleAdjustments", outside)).startswith(
        "ContractServiceBundleAdjustment "
    )
    assert [row["id"] for row in api.get("/Contracts/1001/ServiceBundleUnits").json()["items"]]


def test_an_empty_bundle_cannot_be_put_on_a_contract(begin: Starter) -> None:
    api = begin(**_bundles())
    body = {"serviceBundleID": 42, "unitChange": 1, "effectiveDate": "2026-12-01"}
    assert "without services" in refusal(api.post("/Contracts/1001/ServiceBundleAdjustments", body))
    assert "without services" in refusal(api.post("/Contracts/1001/ServiceBundles", {"serviceBundleID": 42}))
