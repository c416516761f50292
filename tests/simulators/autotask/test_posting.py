"""Amounts are worked out by hand: units x price x days / days of the period, to the cent, halves away from zero."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.simulators.autotask.calling import Api, Starter, contract, refusal

POSTED = "already approved and posted contract period"


def test_whole_periods_post_one_item_a_row_and_mark_the_rows(api: Api) -> None:
    api.order("approve-and-post", through="2026-02-01")
    assert api.items() == [("2026-01-01", 10, Decimal("300.00")), ("2026-02-01", 10, Decimal("300.00"))]
    rows = api.query("ContractServiceUnits", {"op": "exist", "field": "approveAndPostDate"})
    assert [row["startDate"][:10] for row in rows] == ["2026-01-01", "2026-02-01"]
    assert rows[0]["approveAndPostDate"] == "2026-09-15T00:00:00Z"
    item = api.query("BillingItems")[0]
    assert (item["contractServicePeriodID"], item["contractServiceAdjustmentID"], item["invoiceID"]) == (
        rows[0]["id"],
        None,
        None,
    )
    assert (item["serviceID"], item["contractServiceID"], item["contractID"], item["companyID"]) == (
        301,
        5001,
        1001,
        201,
    )
    assert (item["itemDate"], item["postedDate"], item["postedOnTime"]) == (
        "2026-01-01T00:00:00Z",
        "2026-09-15T00:00:00Z",
        "2026-09-15T12:00:00Z",
    )
    api.order("approve-and-post", through="2026-02-28")
    assert len(api.items()) == 2


def test_a_rise_inside_a_period_is_a_second_item_of_the_same_period(api: Api) -> None:
    api.adjust(5001, 3, "2026-09-16")
    api.order("approve-and-post", through="2026-09-30")
    # 3 x 30.00 x 15/30
    assert api.items()[-2:] == [("2026-09-01", 10, Decimal("300.00")), ("2026-09-16", 3, Decimal("45.00"))]
    whole, part = api.query("BillingItems")[-2:]
    assert whole["contractServicePeriodID"] == part["contractServicePeriodID"]
    assert part["contractServiceAdjustmentID"] == api.look("adjustments")["adjustments"][0]["id"]


def test_a_fall_inside_a_period_is_a_credit(api: Api) -> None:
    api.adjust(5001, -4, "2026-10-11")
    api.order("approve-and-post", through="2026-10-31")
    # -4 x 30.00 x 21/31 = -81.290...
    assert api.items()[-1] == ("2026-10-11", -4, Decimal("-81.29"))


def test_two_changes_in_a_period_each_bill_their_own_difference(api: Api) -> None:
    api.adjust(5001, 5, "2026-09-21")
    api.adjust(5001, 2, "2026-09-11")
    api.order("approve-and-post", through="2026-09-30")
    # 2 x 30 x 20/30 and 5 x 30 x 10/30, whatever the order in which they were entered
    assert api.items()[-3:] == [
        ("2026-09-01", 10, Decimal("300.00")),
        ("2026-09-11", 2, Decimal("40.00")),
        ("2026-09-21", 5, Decimal("50.00")),
    ]


def test_halves_of_a_cent_round_away_from_zero_at_posting(begin: Starter) -> None:
    services = [{"id": 301, "name": "S", "billingCodeID": 2001, "unitPrice": Decimal("0.0050")}]
    api = begin(
        services=services, lines=[{"id": 5001, "contractID": 1001, "serviceID": 301, "units": {"2026-09-01": 5}}]
    )
    api.adjust(5001, -2, "2026-09-16")
    api.order("approve-and-post", through="2026-09-30")
    # 5 x 0.005 = 0.025 -> 0.03; -2 x 0.005 x 15/30 = -0.005 -> -0.01
    assert api.items() == [("2026-09-01", 5, Decimal("0.03")), ("2026-09-16", -2, Decimal("-0.01"))]


def test_rows_can_bill_their_own_days_instead(begin: Starter) -> None:
    api = begin(switches={"proration_items": "rows"})
    api.adjust(5001, 3, "2026-09-16")
    api.order("approve-and-post", through="2026-09-30")
    # 10 x 30 x 15/30 and 13 x 30 x 15/30
    assert api.items()[-2:] == [("2026-09-01", 10, Decimal("150.00")), ("2026-09-16", 13, Decimal("195.00"))]


def test_the_period_that_the_contracts_end_cuts_is_billed_by_its_days(begin: Starter) -> None:
    api = begin(contracts=[contract(1001, end="2026-09-10")])
    api.order("approve-and-post", through="2026-09-30")
    assert api.items()[-1] == ("2026-09-01", 10, Decimal("100.00"))


def test_a_change_in_a_posted_period_leaves_its_row_and_becomes_a_pending_item(api: Api) -> None:
    api.order("approve-and-post", through="2026-10-01")
    before = {row["id"]: row for row in api.query("ContractServiceUnits") if row["approveAndPostDate"]}
    assert api.adjust(5001, 2, "2026-09-21").status_code == 200
    after = {row["id"]: row for row in api.query("ContractServiceUnits")}
    assert all(after[key] == row for key, row in before.items())
    assert api.rows(5001)[8:] == [
        ("2026-09-01", "2026-09-30", 10),
        ("2026-09-21", "2026-09-30", 12),
        ("2026-10-01", "2026-10-31", 10),
        ("2026-10-01", "2026-10-31", 12),
        ("2026-11-01", "2026-11-30", 12),
        ("2026-12-01", "2026-12-31", 12),
    ]
    made = api.order("approve-and-post", through="2026-10-01")["billing_items"]
    # 2 x 30 x 10/30, and the whole of October, which was posted in advance with too few
    assert [(item["itemDate"], item["quantity"], item["totalAmount"]) for item in made] == [
        ("2026-09-21", 2, Decimal("20.00")),
        ("2026-10-01", 2, Decimal("60.00")),
    ]
    assert {item["contractServiceAdjustmentID"] for item in made} == {api.look("adjustments")["adjustments"][0]["id"]}


def test_a_change_at_the_start_of_a_posted_period_is_laid_over_it(api: Api) -> None:
    api.order("approve-and-post", through="2026-09-01")
    assert api.adjust(5001, -3, "2026-09-01").status_code == 200
    assert api.rows(5001)[8:10] == [("2026-09-01", "2026-09-30", 10), ("2026-09-01", "2026-09-30", 7)]
    assert api.adjust(5001, 1, "2026-09-01").status_code == 200
    assert api.rows(5001)[9] == ("2026-09-01", "2026-09-30", 8)
    made = api.order("approve-and-post", through="2026-09-01")["billing_items"]
    assert [(item["quantity"], item["totalAmount"]) for item in made] == [(-2, Decimal("-60.00"))]


def test_a_change_in_a_posted_period_is_refused_when_the_switch_says_so(begin: Starter) -> None:
    api = begin(switches={"posted_period": "refuse"})
    api.order("approve-and-post", through="2026-09-01")
    before = api.look("state")["rows"]
    assert POSTED in refusal(api.adjust(5001, 1, "2026-09-20"))
    assert POSTED in refusal(api.adjust(5001, 1, "2026-08-01"))
    assert api.look("state")["rows"] == before
    assert api.adjust(5001, 1, "2026-10-01").status_code == 200


def test_ending_inside_a_posted_period_is_refused_until_it_is_un_posted(api: Api) -> None:
    api.order("approve-and-post", through="2026-09-01")
    body = {"id": 1001, "endDate": "2026-09-20"}
    assert POSTED in refusal(api.call("PATCH", "/Contracts", json=body))
    assert api.query("Contracts")[0]["endDate"] == "2026-12-31T00:00:00Z"
    assert len(api.order("un-post", since="2026-09-01", contract=1001)["removed"]) == 1
    assert api.call("PATCH", "/Contracts", json=body).status_code == 200
    assert len(api.items()) == 8


def test_an_invoiced_item_cannot_be_un_posted(api: Api) -> None:
    api.order("approve-and-post", through="2026-01-01")
    invoice = api.order("invoice", company=201)["invoice"]
    assert invoice["invoiceTotal"] == Decimal("300.00")
    assert api.query("BillingItems")[0]["invoiceID"] == invoice["id"]
    answer = api.client.post("/_simulator/un-post", json={})
    assert answer.status_code == 409
    assert api.order("invoice", company=201) == {"invoice": None}


def test_posting_can_be_limited_to_a_contract_and_to_an_ended_or_inactive_one(begin: Starter) -> None:
    lines: list[dict[str, Any]] = [
        {"id": 5000 + n, "contractID": 1000 + n, "serviceID": 301, "units": {"2026-09-01": n}} for n in (1, 2)
    ]
    api = begin(contracts=[contract(1001, status=0), contract(1002)], lines=lines)
    api.order("approve-and-post", through="2026-09-01", contract=1001)
    assert api.items() == [("2026-09-01", 1, Decimal("30.00"))]


def test_a_row_of_nothing_is_marked_but_bills_no_item(begin: Starter) -> None:
    api = begin(lines=[{"id": 5001, "contractID": 1001, "serviceID": 301, "units": {"2026-09-01": 0}}])
    api.order("approve-and-post", through="2026-09-01")
    assert api.items() == []
    assert api.query("ContractServiceUnits")[0]["approveAndPostDate"] is not None


def test_a_price_change_inside_a_period_bills_the_difference(api: Api) -> None:
    api.adjust(5001, 0, "2026-09-16", adjustedUnitPrice=36)
    api.order("approve-and-post", through="2026-09-30")
    # 10 x (36 - 30) x 15/30
    assert api.items()[-1] == ("2026-09-16", 10, Decimal("30.00"))


def test_other_currencies_show_their_amounts_in_the_internal_one(begin: Starter) -> None:
    api = begin(currencies={"2": Decimal("1.0825")}, companies=[{"id": 201, "companyName": "A", "currencyID": 2}])
    api.order("approve-and-post", through="2026-01-01")
    item = api.query("BillingItems")[0]
    assert (item["totalAmount"], item["internalCurrencyTotalAmount"]) == (Decimal("300.00"), Decimal("324.75"))
    line = api.query("ContractServices")[0]
    assert (line["unitPrice"], line["internalCurrencyUnitPrice"]) == (Decimal("30.0000"), Decimal("32.4750"))
    assert api.query("ContractServiceUnits")[0]["internalCurrencyPrice"] == Decimal("324.7500")


def test_billing_items_take_a_web_service_date_and_nothing_else(api: Api) -> None:
    api.order("approve-and-post", through="2026-01-01")
    key = api.query("BillingItems")[0]["id"]
    body: dict[str, Any] = {"id": key, "webServiceDate": "2026-09-16T08:00:00Z"}
    assert api.call("PATCH", "/BillingItems", json=body).json() == {"itemId": key}
    assert api.query("BillingItems")[0]["webServiceDate"] == "2026-09-16T08:00:00Z"
    assert "read-only" in refusal(api.call("PATCH", "/BillingItems", json={"id": key, "quantity": 5}))
    assert api.call("POST", "/BillingItems", json=body).status_code == 405
    asked = api.post("/BillingItems/query", {"filter": [{"op": "exist", "field": "lineItemFullDescription"}]})
    assert "not queryable" in refusal(asked)


@pytest.mark.parametrize("field", ["invoiceNumber", "paidDate"])
def test_invoices_take_number_and_paid_date(api: Api, field: str) -> None:
    api.order("approve-and-post", through="2026-01-01")
    key = api.order("invoice", company=201)["invoice"]["id"]
    value = {"invoiceNumber": "F-2026-1", "paidDate": "2026-09-20"}[field]
    assert api.call("PATCH", "/Invoices", json={"id": key, field: value}).status_code == 200
    assert api.query("Invoices")[0][field].startswith(value)
    assert "read-only" in refusal(api.call("PATCH", "/Invoices", json={"id": key, "isVoided": True}))


@pytest.mark.parametrize("post_between", [False, True])
def test_a_price_changed_before_a_posted_rise_bills_the_rest_and_nothing_twice(api: Api, post_between: bool) -> None:
    api.adjust(5001, 2, "2026-09-21")
    if post_between:
        api.order("approve-and-post", through="2026-09-30")
    api.adjust(5001, 0, "2026-09-11", adjustedUnitPrice=36)
    api.order("approve-and-post", through="2026-09-30")
    september = [total for day, _, total in api.items() if day.startswith("2026-09")]
    # 10 x 30 x 10/30 + 10 x 36 x 10/30 + 12 x 36 x 10/30
    assert sum(september) == Decimal("364.00")


@pytest.mark.parametrize("first", ["2026-09-11", "2026-09-21"])
def test_the_order_of_units_and_price_does_not_change_the_sum_of_a_period(api: Api, first: str) -> None:
    def change(day: str) -> None:
        more = {"adjustedUnitPrice": 36} if day == "2026-09-21" else {}
        api.adjust(5001, 2 if day == "2026-09-11" else 0, day, **more)

    change(first)
    api.order("approve-and-post", through="2026-09-01")
    change("2026-09-21" if first == "2026-09-11" else "2026-09-11")
    api.order("approve-and-post", through="2026-09-30")
    september = [total for day, _, total in api.items() if day.startswith("2026-09")]
    # 10 x 30 x 10/30 + 12 x 30 x 10/30 + 12 x 36 x 10/30
    assert sum(september) == Decimal("364.00")
