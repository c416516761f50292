from __future__ import annotations

import json
from typing import Any

import pytest
from tests.simulators.autotask.calling import EVERYTHING, Api, Starter, contract, refusal


@pytest.fixture
def api(begin: Starter) -> Api:
    return begin(
        companies=[
            {"id": 0, "companyName": "Own company"},
            {"id": 201, "companyName": "Alpha", "phone": "01", "companyNumber": "A-1"},
            {"id": 202, "companyName": "beta", "isActive": False, "companyNumber": "B-2"},
            {"id": 203, "companyName": "Gamma Alpha", "companyType": 4},
        ],
    )


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ({"op": "eq", "field": "id", "value": 201}, [201]),
        ({"op": "noteq", "field": "id", "value": 201}, [0, 202, 203]),
        ({"op": "gt", "field": "id", "value": 201}, [202, 203]),
        ({"op": "gte", "field": "ID", "value": 201}, [201, 202, 203]),
        ({"op": "lt", "field": "id", "value": 201}, [0]),
        ({"op": "lte", "field": "id", "value": 201}, [0, 201]),
        ({"op": "beginsWith", "field": "companyName", "value": "alp"}, [201]),
        ({"op": "endsWith", "field": "companyName", "value": "ALPHA"}, [201, 203]),
        ({"op": "contains", "field": "companyName", "value": "a alp"}, [203]),
        ({"op": "eq", "field": "companyname", "value": "BETA"}, [202]),
        ({"op": "exist", "field": "companyNumber"}, [201, 202]),
        ({"op": "notExist", "field": "companyNumber"}, [0, 203]),
        ({"op": "in", "field": "id", "value": [0, 203, 999]}, [0, 203]),
        ({"op": "notIn", "field": "id", "value": [0, 203]}, [201, 202]),
        ({"op": "in", "field": "companyName", "value": ["Alpha", "Beta"]}, [201, 202]),
        ({"op": "eq", "field": "isActive", "value": True}, [0, 201, 203]),
        ({"op": "eq", "field": "companyType", "value": 4}, [203]),
        ({"op": "eq", "field": "companyNumber", "value": "a-1"}, [201]),
        # null is never unequal to a value
        ({"op": "noteq", "field": "companyNumber", "value": "A-1"}, [202]),
    ],
)
def test_each_operator_selects_the_rows_it_names_by_post_and_by_get(
    api: Api, condition: dict[str, Any], ids: list[int]
) -> None:
    assert [row["id"] for row in api.query("Companies", condition)] == ids
    search = json.dumps({"filter": [condition]})
    assert [row["id"] for row in api.get("/Companies/query", params={"search": search}).json()["items"]] == ids
    counted = api.get("/Companies/query/count", params={"search": search}).json()
    assert counted == {"queryCount": len(ids)}


def test_groups_nest_and_the_outer_list_is_an_and(api: Api) -> None:
    either = {
        "op": "or",
        "items": [
            {"op": "eq", "field": "id", "value": 0},
            {
                "op": "and",
                "items": [{"op": "gt", "field": "id", "value": 201}, {"op": "lt", "field": "id", "value": 203}],
            },
            {"op": "eq", "field": "companyName", "value": "Gamma Alpha"},
        ],
    }
    assert [row["id"] for row in api.query("Companies", either)] == [0, 202, 203]
    assert [row["id"] for row in api.query("Companies", either, {"op": "gt", "field": "id", "value": 0})] == [202, 203]


def test_property_names_of_the_query_are_not_case_sensitive(api: Api) -> None:
    answer = api.post("/Companies/query", {"MaxRecords": 1, "Filter": EVERYTHING}).json()
    assert answer["pageDetails"]["requestCount"] == 1
    assert len(answer["items"]) == 1


def test_included_fields_narrow_the_rows_and_leave_an_empty_list_of_user_defined_ones(api: Api) -> None:
    rows = api.query("Companies", includeFields=["ID", "companyName"])
    assert rows[0] == {"id": 0, "companyName": "Own company", "userDefinedFields": []}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "filter is required"),
        ({"filter": []}, "filter is required"),
        ({"filter": "id eq 5"}, "Unexpected character encountered while parsing value"),
        ({"filter": [{"op": "eq", "field": "nonsense", "value": 1}]}, "Unable to find nonsense in the Company Entity"),
        ({"filter": [{"op": "between", "field": "id", "value": 1}]}, "'between' is not known"),
        ({"filter": [{"op": "isNull", "field": "id"}]}, "'isnull' is not known"),
        ({"filter": [{"op": "eq", "field": "id", "value": "5"}]}, "Conversion failed when converting varchar '5'"),
        (
            {"filter": [{"op": "eq", "field": "companyType", "value": "material"}]},
            "varchar 'material' to data type int",
        ),
        ({"filter": [{"op": "eq", "field": "isActive", "value": "true"}]}, "parsing value: t"),
        ({"filter": [{"op": "eq", "field": "id", "value": True}]}, "parsing value: t"),
        ({"filter": [{"op": "eq", "field": "companyName", "value": 5}]}, "parsing value: 5"),
        ({"filter": [{"op": "eq", "field": "companyName", "value": None}]}, "null"),
        ({"filter": [{"op": "eq", "field": "companyName"}]}, "null"),
        ({"filter": [{"op": "in", "field": "id", "value": 5}]}, "list"),
        ({"filter": [{"op": "contains", "field": "id", "value": 5}]}, "cannot be used"),
        ({"filter": [{"op": "and", "items": []}]}, "no items"),
        ({"filter": [{"field": "id", "value": 5}]}, "op is missing"),
        ({"filter": EVERYTHING, "MaxRecords": 0}, "maxCountOfRecordsToReturn must be between 1 and 500"),
        ({"filter": EVERYTHING, "MaxRecords": 501}, "maxCountOfRecordsToReturn must be between 1 and 500"),
        ({"filter": EVERYTHING, "MaxRecords": "5"}, "Unexpected character"),
        ({"filter": EVERYTHING, "IncludeFields": ["nonsense"]}, "Unable to find nonsense"),
    ],
)
def test_a_query_that_the_api_would_refuse_is_refused(api: Api, body: dict[str, Any], text: str) -> None:
    assert text in refusal(api.post("/Companies/query", body))


def test_an_unreadable_body_or_search_is_an_application_error(api: Api) -> None:
    assert "Unexpected character" in refusal(api.call("POST", "/Companies/query", content=b'{"filter": ['))
    assert "Unexpected character" in refusal(api.get("/Companies/query", params={"search": "true filter"}))
    assert "filter is required" in refusal(api.get("/Companies/query"))


def _either(count: int) -> dict[str, Any]:
    return {"op": "or", "items": [{"op": "eq", "field": "id", "value": key} for key in range(count)]}


def test_500_or_terms_are_allowed_and_501_are_not(api: Api) -> None:
    assert len(api.query("Companies", _either(500))) == 4
    in_list = {"op": "in", "field": "id", "value": list(range(500))}
    assert len(api.query("Companies", in_list)) == 4
    one_more = [in_list, {"op": "in", "field": "id", "value": [0]}]
    for conditions in ([_either(501)], [{**in_list, "value": list(range(501))}], one_more):
        text = refusal(api.post("/Companies/query", {"filter": conditions}))
        assert text == "Invalid query syntax. Queries are limited to 500 or fewer 'OR' conditions."


def test_only_one_user_defined_field_may_be_asked_for(begin: Starter) -> None:
    api = begin(user_defined_fields={"Companies": {"One": "text", "Two": "text"}})
    terms = [{"op": "exist", "field": name, "udf": True} for name in ("One", "Two")]
    assert api.post("/Companies/query", {"filter": terms[:1]}).status_code == 200
    assert "user-defined" in refusal(api.post("/Companies/query", {"filter": terms}))


def test_a_get_address_longer_than_2048_characters_is_404(api: Api) -> None:
    search = json.dumps({"filter": [{"op": "eq", "field": "companyName", "value": "x" * 1500}]})
    assert api.get("/Companies/query", params={"search": search}).status_code == 200
    search = json.dumps({"filter": [{"op": "eq", "field": "companyName", "value": "x" * 2000}]})
    assert api.get("/Companies/query", params={"search": search}).status_code == 404
    assert api.post("/Companies/query", json.loads(search)).status_code == 200


def test_a_missing_row_is_200_with_null_or_404_as_the_switch_says(api: Api) -> None:
    assert api.get("/Companies/0").json()["item"]["companyName"] == "Own company"
    answer = api.get("/Companies/999")
    assert (answer.status_code, answer.json()) == (200, {"item": None})
    api.order("switches", missing_item="404")
    assert api.get("/Companies/999").status_code == 404


def test_the_row_of_a_day_is_found_with_times_on_the_edges_of_the_day(api: Api) -> None:
    for first, last in [
        ("2026-09-30T00:00:00", "2026-09-30T23:59:59"),
        ("2026-09-30T00:00:00Z", "2026-09-30T23:59:59Z"),
    ]:
        rows = api.query(
            "ContractServiceUnits",
            {"op": "eq", "field": "contractServiceID", "value": 5001},
            {"op": "lte", "field": "startDate", "value": last},
            {"op": "gte", "field": "endDate", "value": first},
        )
        assert [(row["startDate"], row["endDate"]) for row in rows] == [
            ("2026-09-01T00:00:00Z", "2026-09-30T00:00:00Z")
        ]


def test_a_date_later_than_midnight_lies_after_the_day_itself(api: Api) -> None:
    line = {"op": "eq", "field": "contractServiceID", "value": 5001}
    late = {"op": "gte", "field": "endDate", "value": "2026-12-31T00:00:01"}
    assert api.query("ContractServiceUnits", line, late) == []
    assert "date" in refusal(
        api.post("/ContractServiceUnits/query", {"filter": [{"op": "eq", "field": "endDate", "value": "soon"}]})
    )


def test_unit_rows_are_found_by_every_way_of_naming_lines(begin: Starter) -> None:
    api = begin(
        contracts=[contract(1001), contract(1002), contract(1003)],
        lines=[
            {"id": 5000 + n, "contractID": 1001 + n % 3, "serviceID": 301, "units": {"2026-01-01": n + 1}}
            for n in range(9)
        ],
    )
    day = [
        {"op": "lte", "field": "startDate", "value": "2026-03-31"},
        {"op": "gte", "field": "endDate", "value": "2026-03-31"},
    ]

    def lines(*conditions: dict[str, Any]) -> set[int]:
        rows = api.query("ContractServiceUnits", *conditions, *day)
        assert all(row["startDate"] == "2026-03-01T00:00:00Z" for row in rows)
        assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
        return {row["contractServiceID"] for row in rows}

    assert lines({"op": "in", "field": "contractServiceID", "value": [5003, 5005, 7]}) == {5003, 5005}
    assert lines(
        {"op": "gte", "field": "contractServiceID", "value": 5002},
        {"op": "lt", "field": "contractServiceID", "value": 5004},
    ) == {5002, 5003}
    assert lines({"op": "eq", "field": "contractID", "value": 1002}) == {5001, 5004, 5007}
    assert lines({"op": "gt", "field": "contractID", "value": 1002}) == {5002, 5005, 5008}
    assert lines(
        {"op": "in", "field": "contractID", "value": [1001]}, {"op": "gt", "field": "contractServiceID", "value": 5001}
    ) == {5003, 5006}
    assert lines({"op": "exist", "field": "id"}) == set(range(5000, 5009))
    assert lines({"op": "eq", "field": "units", "value": 9}) == {5008}
    rows = api.query("ContractServiceUnits", {"op": "eq", "field": "contractServiceID", "value": 5000})
    third = rows[2]["id"]
    after = api.query(
        "ContractServiceUnits",
        {"op": "eq", "field": "contractServiceID", "value": 5000},
        {"op": "gt", "field": "id", "value": third},
    )
    assert [row["id"] for row in after] == [row["id"] for row in rows[3:]]
    assert [
        row["id"] for row in api.query("ContractServiceUnits", {"op": "in", "field": "id", "value": [third, 1]})
    ] == [third]


def test_amounts_are_exact_numbers_with_four_decimals(begin: Starter) -> None:
    api = begin(lines=[{"id": 5001, "contractID": 1001, "serviceID": 302, "units": {"2026-12-01": 3}}])
    text = api.get("/Contracts/1001/ServiceUnits").text
    assert '"price":299.9700' in text
    assert '"cost":60.0000' in text
