"""What only one client does, and what the simulator makes of it: legitimate habits work, wrong ones do no harm to it.

A test whose name begins with a client's name states a fact of that client at its pinned version; when an update of
the client makes it fail, the client has changed and the test follows.
"""

from __future__ import annotations

from datetime import date

import djautotask.api
import pytest
from tests.thirdparty.face import RefusalError
from tests.thirdparty.npm_client import ApigrateError
from tests.thirdparty.simulated import Simulated
from tests.thirdparty.with_py_autotask import AutotaskAPIError, AutotaskAuthError

pytestmark = pytest.mark.thirdparty

EVERY_COMPANY = [{"op": "gte", "field": "id", "value": 1}]
FIRST_OF_SEPTEMBER = date(2026, 9, 1)
PY, DJANGO, APIGRATE = "py-autotask", "django-autotask", "@apigrate/autotask-restapi"


def september(psa: Simulated) -> int:
    """Units in force on 15 September, by the simulator's dump."""
    [units] = [units for start, end, units in psa.units() if start <= "2026-09-15" <= end]
    return units


def test_py_autotask_loses_all_but_the_first_page_with_its_own_pager(
    psa: Simulated, caplog: pytest.LogCaptureFixture
) -> None:
    with psa.client(PY) as client:
        found = client.entity("Companies").query_all(EVERY_COMPANY)
    assert [row["id"] for row in found] == [key for key in psa.ids("Companies") if key >= 1][:500]
    assert "Pagination stopped due to error on page 2" in caplog.text


def test_py_autotask_offers_an_operator_that_autotask_does_not_have(psa: Simulated) -> None:
    with psa.client(PY) as client, pytest.raises(RefusalError, match="HTTP 500"):
        client.rows("Companies", [{"op": "ne", "field": "id", "value": 1}])


def test_py_autotask_updates_where_autotask_takes_no_patch(psa: Simulated) -> None:
    before = psa.rows("Contracts")
    with psa.client(PY) as client, pytest.raises(AutotaskAPIError, match="HTTP 405"):
        client.entity("Contracts").update({"id": psa.contract, "endDate": "2026-12-30"})
    assert psa.rows("Contracts") == before


def test_py_autotask_takes_the_id_where_the_simulator_is_told_to_give_one(psa: Simulated) -> None:
    psa.turn(adj_item_id="number")
    with psa.client(PY) as client:
        assert isinstance(client.adjust(psa.contract, psa.line, 3, FIRST_OF_SEPTEMBER), int)
    assert september(psa) == 13


def test_py_autotask_doubles_the_units_when_a_gateway_fails_after_the_commit(psa: Simulated) -> None:
    psa.gateway_fails_after_commit()
    with psa.client(PY) as client, pytest.raises(ValueError, match="itemId"):
        client.adjust(psa.contract, psa.line, 3, FIRST_OF_SEPTEMBER)
    assert psa.calls("ContractServiceAdjustments", "POST") == [504, 200]
    assert september(psa) == 10 + 3 + 3


def test_py_autotask_names_no_unit_change_in_its_own_adjustment_so_nothing_moves(psa: Simulated) -> None:
    with psa.client(PY) as client, pytest.raises(ValueError, match="itemId"):
        client.named_adjustments().create_service_adjustment(
            contract_id=psa.contract,
            contract_service_id=psa.line,
            adjustment_type="Quantity",
            adjustment_reason="three more",
            effective_date=FIRST_OF_SEPTEMBER,
            quantity_adjustment=3,
        )
    assert psa.calls("ContractServiceAdjustments", "POST") == [200]
    assert september(psa) == 10


def test_py_autotask_stops_at_a_user_without_zone(psa: Simulated) -> None:
    unknown = "Zone information could not be determined"
    with (
        psa.client(PY, user="nobody@elsewhere.example") as client,
        pytest.raises(AutotaskAuthError, match=unknown),
    ):
        client.zone()


@pytest.mark.parametrize("page_size", [None, 100])
def test_django_autotask_follows_the_page_links_of_a_post_with_the_same_body(
    psa: Simulated, page_size: int | None
) -> None:
    with psa.client(DJANGO) as client:
        found = client.all_rows("ContractServiceUnits by POST", EVERY_COMPANY, page_size)
    assert len(found) > 500
    assert [row["id"] for row in found] == psa.ids("ContractServiceUnits")


def test_django_autotask_creates_at_the_root_path_with_a_slash_at_its_end(psa: Simulated) -> None:
    with psa.client(DJANGO) as client:
        assert client.adjust_by_root_path(psa.line, 3, FIRST_OF_SEPTEMBER) is None
    assert september(psa) == 13


def test_django_autotask_drops_a_value_of_zero_and_is_refused(psa: Simulated) -> None:
    with psa.client(DJANGO) as client, pytest.raises(RefusalError):
        client.rows("Companies", [{"op": "gte", "field": "id", "value": 0}])


def test_django_autotask_does_not_repeat_a_create_whose_gateway_failed(psa: Simulated) -> None:
    psa.gateway_fails_after_commit()
    with psa.client(DJANGO) as client, pytest.raises(djautotask.api.AutotaskAPIError):
        client.adjust(psa.contract, psa.line, 3, FIRST_OF_SEPTEMBER)
    assert september(psa) == 13


def test_django_autotask_finds_the_new_zone_after_a_move_but_repeats_the_call_at_the_old_one(
    psa: Simulated,
) -> None:
    with psa.client(DJANGO) as client:
        before = client.rows("Companies", EVERY_COMPANY)
        psa.zone_moves()
        with pytest.raises(djautotask.api.AutotaskAPIClientError, match="Unauthorized"):
            client.rows("Companies", EVERY_COMPANY)
        assert client.zone() != psa.zone_url
        assert client.rows("Companies", EVERY_COMPANY) == before


def test_apigrate_hands_on_the_status_and_the_texts_of_a_refusal(psa: Simulated) -> None:
    body = {"contractServiceID": psa.line, "unitChange": -11, "effectiveDate": "2026-09-01"}
    with psa.client(APIGRATE) as client, pytest.raises(ApigrateError) as refusal:
        client.session.call("ContractServiceAdjustments", "create", psa.contract, body)
    assert (refusal.value.name, refusal.value.status) == ("AutotaskApiError", 500)
    [text] = refusal.value.details["errors"]
    assert "negative" in text
    assert september(psa) == 10


def test_apigrate_does_not_repeat_a_create_whose_gateway_failed(psa: Simulated) -> None:
    psa.gateway_fails_after_commit()
    with psa.client(APIGRATE) as client, pytest.raises(RefusalError, match="HTTP-504"):
        client.adjust(psa.contract, psa.line, 3, FIRST_OF_SEPTEMBER)
    assert september(psa) == 13


# customers are called "Customer 2" to "Customer 1203"; id 1 is "Boulangerie Étoile", id 0 the MSP itself
OPERATORS = [
    ({"op": "eq", "field": "id", "value": 7}, 1),
    ({"op": "noteq", "field": "id", "value": 7}, 1203),
    ({"op": "gt", "field": "id", "value": 1200}, 3),
    ({"op": "gte", "field": "id", "value": 1200}, 4),
    ({"op": "lt", "field": "id", "value": 3}, 3),
    ({"op": "lte", "field": "id", "value": 3}, 4),
    ({"op": "beginsWith", "field": "companyName", "value": "Customer 120"}, 5),
    ({"op": "endsWith", "field": "companyName", "value": "203"}, 2),
    ({"op": "contains", "field": "companyName", "value": "ÉTOILE"}, 1),
    ({"op": "exist", "field": "companyName"}, 1204),
    ({"op": "notExist", "field": "companyName"}, 0),
    ({"op": "in", "field": "id", "value": [0, 1, 5_000]}, 2),
    ({"op": "notIn", "field": "id", "value": [0, 1, 5_000]}, 1202),
]


def test_apigrate_counts_with_each_operator_that_it_lists(psa: Simulated) -> None:
    with psa.client(APIGRATE) as client:
        counted = [client.session.call("Companies", "count", {"filter": [condition]}) for condition, _ in OPERATORS]
    assert [answer["queryCount"] for answer in counted] == [expected for _, expected in OPERATORS]


@pytest.mark.parametrize("op", ["ne", "isNull", "startsWith", "between"])
def test_apigrate_is_told_that_an_operator_does_not_exist(psa: Simulated, op: str) -> None:
    condition = {"op": op, "field": "companyName", "value": "x"}
    with psa.client(APIGRATE) as client, pytest.raises(ApigrateError) as refusal:
        client.session.call("Companies", "query", {"filter": [condition]})
    assert refusal.value.status == 500
    assert len(refusal.value.details["errors"]) == 1


def test_apigrate_updates_a_contract_on_the_collection_address(psa: Simulated) -> None:
    with psa.client(APIGRATE) as client:
        change = {"id": psa.contract, "description": "rewritten"}
        assert client.session.call("Contracts", "update", change) == {"itemId": psa.contract}
        assert client.session.call("Contracts", "get", psa.contract)["item"]["description"] == "rewritten"
    [contract] = [row for row in psa.rows("Contracts") if row["id"] == psa.contract]
    assert (contract["description"], contract["endDate"][:10]) == ("rewritten", "2026-12-31")


def test_apigrate_adds_a_line_that_has_no_rows_until_its_first_adjustment(psa: Simulated) -> None:
    with psa.client(APIGRATE) as client:
        line = client.session.call(
            "ContractServices", "create", psa.contract, {"contractID": psa.contract, "serviceID": psa.second_service}
        )["itemId"]
        of_line = [{"op": "eq", "field": "contractServiceID", "value": line}]
        assert client.rows("ContractServiceUnits", of_line) == []
        assert client.adjust(psa.contract, line, 4, date(2026, 11, 1)) is None
        found = client.rows("ContractServiceUnits", of_line)
    spans = {(row["startDate"][:10], row["units"]) for row in found if row["units"]}
    assert spans == {("2026-11-01", 4), ("2026-12-01", 4)}


def test_apigrate_reads_what_an_entity_can_do_and_its_fields(psa: Simulated) -> None:
    with psa.client(APIGRATE) as client:
        info = client.session.call("ContractServiceAdjustments", "info")["info"]
        fields = client.session.call("Contracts", "fieldInfo")["fields"]
    assert (info["canCreate"], info["canQuery"], info["canUpdate"], info["canDelete"]) == (True, False, False, False)
    [kind] = [field for field in fields if field["name"] == "contractType"]
    assert "7" in [entry["value"] for entry in kind["picklistValues"]]


@pytest.mark.parametrize(("answer", "given"), [("200null", {"item": None}), ("404", None)])
def test_apigrate_finds_nothing_behind_an_unknown_id(psa: Simulated, answer: str, given: object) -> None:
    psa.turn(missing_item=answer)
    with psa.client(APIGRATE) as client:
        assert client.session.call("Companies", "get", 999_999) == given


def test_a_wrong_secret_is_told_apart_by_each_client(psa: Simulated) -> None:
    with psa.client(PY, secret="wrong") as client, pytest.raises(AutotaskAuthError):
        client.rows("Companies", EVERY_COMPANY)
    with psa.client(DJANGO, secret="wrong") as client, pytest.raises(djautotask.api.AutotaskAPIClientError):
        client.rows("Companies", EVERY_COMPANY)
    with psa.client(APIGRATE, secret="wrong") as client, pytest.raises(ApigrateError) as refusal:
        client.session.call("Companies", "query", {"filter": EVERY_COMPANY})
    assert refusal.value.status == 401
