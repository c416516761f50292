from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.simulators.autotask.calling import EVERYTHING, Api, Starter, refusal


@pytest.fixture
def api(begin: Starter) -> Api:
    return begin(companies=[{"id": 200 + n, "companyName": f"Company {n:02d}"} for n in range(1, 8)])


def _ids(answer: Any) -> list[int]:
    return [row["id"] for row in answer.json()["items"]]


def test_the_next_page_of_a_get_is_a_get(api: Api) -> None:
    search = json.dumps({"MaxRecords": 3, "filter": EVERYTHING})
    answer = api.get("/Companies/query", params={"search": search})
    pages = [_ids(answer)]
    links: list[str] = []
    while (link := answer.json()["pageDetails"]["nextPageUrl"]) is not None:
        links.append(link)
        answer = api.client.get(link, headers=api.headers)
        pages.append(_ids(answer))
    assert pages == [[201, 202, 203], [204, 205, 206], [207]]
    assert links[0].startswith(f"{api.running.url}/ATServicesRest/V1.0/Companies/query/next?paging=")
    asked = parse_qs(urlsplit(links[0]).query)
    assert json.loads(asked["search"][0]) == json.loads(search)
    assert json.loads(asked["paging"][0]) == {"pageSize": 3, "previousIds": [-1], "nextIds": [203]}
    back = api.client.get(answer.json()["pageDetails"]["prevPageUrl"], headers=api.headers)
    assert _ids(back) == [204, 205, 206]
    first = api.client.get(back.json()["pageDetails"]["prevPageUrl"], headers=api.headers)
    assert _ids(first) == [201, 202, 203]
    assert first.json()["pageDetails"]["prevPageUrl"] is None


def test_the_next_page_of_a_post_is_a_post_with_the_same_filter(api: Api) -> None:
    body = {"MaxRecords": 3, "filter": EVERYTHING}
    answer = api.post("/Companies/query", body)
    link = answer.json()["pageDetails"]["nextPageUrl"]
    assert "search" not in link
    second = api.client.post(link, headers=api.headers, json=body)
    assert _ids(second) == [204, 205, 206]
    third = api.client.post(second.json()["pageDetails"]["nextPageUrl"], headers=api.headers, json=body)
    assert _ids(third) == [207]
    assert third.json()["pageDetails"]["nextPageUrl"] is None


def test_asking_for_the_next_page_of_a_post_by_get_gives_405_or_nothing(api: Api) -> None:
    link = api.post("/Companies/query", {"MaxRecords": 3, "filter": EVERYTHING}).json()["pageDetails"]["nextPageUrl"]
    assert api.client.get(link, headers=api.headers).status_code == 405
    api.order("switches", post_next_page_get="empty")
    answer = api.client.get(link, headers=api.headers)
    assert (answer.status_code, _ids(answer)) == (200, [])


def test_a_page_that_holds_exactly_all_rows_has_no_next(api: Api) -> None:
    details = api.post("/Companies/query", {"MaxRecords": 7, "filter": EVERYTHING}).json()["pageDetails"]
    assert details == {"count": 7, "requestCount": 7, "prevPageUrl": None, "nextPageUrl": None}


def test_included_fields_without_the_id_do_not_page(api: Api) -> None:
    body = {"MaxRecords": 3, "filter": EVERYTHING, "IncludeFields": ["companyName"]}
    assert "must contain id" in refusal(api.post("/Companies/query", body))
    assert api.post("/Companies/query", {**body, "MaxRecords": 7}).status_code == 200


def test_a_changed_filter_changes_the_pages_that_follow(api: Api) -> None:
    link = api.post("/Companies/query", {"MaxRecords": 3, "filter": EVERYTHING}).json()["pageDetails"]["nextPageUrl"]
    other = {"filter": [{"op": "gt", "field": "id", "value": 205}]}
    assert _ids(api.client.post(link, headers=api.headers, json=other)) == [206, 207]


def test_a_link_that_was_tampered_with_is_refused(api: Api) -> None:
    path = "/Companies/query/next?paging=nonsense"
    assert refusal(api.post(path, {"filter": EVERYTHING}))
    assert api.post("/Companies/query/next", {"filter": EVERYTHING}).status_code == 404


def test_children_page_by_500_and_need_no_filter(begin: Starter) -> None:
    lines = [{"id": 5000 + n, "contractID": 1001, "serviceID": 301} for n in range(501)]
    api = begin(lines=lines)
    answer = api.get("/Contracts/1001/Services")
    assert len(_ids(answer)) == 500
    rest = api.client.get(answer.json()["pageDetails"]["nextPageUrl"], headers=api.headers)
    assert _ids(rest) == [5500]
    assert _ids(api.get("/Contracts/999/Services")) == []
    assert api.get("/Contracts/1001/Services/5004").json()["item"]["id"] == 5004
    assert api.get("/Contracts/999/Services/5004").json() == {"item": None}


@pytest.mark.parametrize(
    ("entity", "condition", "count"),
    [
        ("Companies", {"op": "gte", "field": "id", "value": 0}, 7),
        ("Companies", {"op": "in", "field": "id", "value": [201, 202, 203, 204, 205]}, 5),
        ("ContractServices", {"op": "eq", "field": "contractID", "value": 1001}, 2),
        ("ContractServiceUnits", {"op": "eq", "field": "contractServiceID", "value": 5001}, 12),
        ("ContractServiceUnits", {"op": "in", "field": "contractID", "value": [1001, 7]}, 12),
        ("ContractServiceUnits", {"op": "gte", "field": "id", "value": 0}, 12),
    ],
)
@pytest.mark.parametrize("size", [1, 5])
def test_pages_give_every_row_once_whatever_index_finds_them(
    api: Api, entity: str, condition: dict[str, Any], count: int, size: int
) -> None:
    body = {"MaxRecords": size, "filter": [condition]}
    link: str | None = f"{api.running.url}{api.root}/{entity}/query"
    found: list[int] = []
    while link is not None:
        answer = api.client.post(link, headers=api.headers, json=body)
        found += _ids(answer)
        link = answer.json()["pageDetails"]["nextPageUrl"]
        assert len(found) <= count
    assert len(found) == count
    assert found == sorted(set(found))
