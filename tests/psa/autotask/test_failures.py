from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.psa.autotask.conftest import FAST, FIRST, LAST, Desk

from trueup.core.usage import Failure, FailureCategory
from trueup.psa.port import PsaReadError
from trueup_simulators.autotask import large_scenario

Opener = Callable[..., Desk]


def failure(desk: Desk, **options: object) -> Failure:
    with pytest.raises(PsaReadError) as caught:
        desk.use(lambda psa: psa.read(FIRST, LAST), **options)
    return caught.value.failure


@pytest.mark.parametrize(
    "kind",
    ["drop", "gateway-504", "html-500", "empty-500", "half-body", "broken-json", "too-many-requests", "thread-limit"],
)
@pytest.mark.parametrize("entity", ["ContractServiceUnits", "Contracts", "Companies"])
def test_a_passing_fault_is_read_past_without_losing_a_row(desk: Desk, kind: str, entity: str) -> None:
    whole = desk.use(lambda psa: psa.read(FIRST, LAST))
    desk.fault(kind, entity=entity, action="query")
    again = desk.use(lambda psa: psa.read(FIRST, LAST))
    assert replace(again, read_at=whole.read_at) == whole
    assert desk.ask("faults")["faults"][0]["hits"] == 1


@pytest.mark.parametrize(
    ("kind", "category", "code"),
    [
        ("drop", FailureCategory.UNREACHABLE, "autotask.unreachable"),
        ("gateway-504", FailureCategory.UNREACHABLE, "autotask.unavailable"),
        ("html-500", FailureCategory.UNREACHABLE, "autotask.unavailable"),
        ("empty-500", FailureCategory.UNREACHABLE, "autotask.unavailable"),
        ("half-body", FailureCategory.UNREACHABLE, "autotask.unreachable"),
        ("broken-json", FailureCategory.TRUNCATED, "autotask.unreadable"),
        ("too-many-requests", FailureCategory.RATE_LIMITED, "autotask.rate_limited"),
        ("thread-limit", FailureCategory.RATE_LIMITED, "autotask.thread_limit"),
    ],
)
def test_a_lasting_fault_ends_the_read_and_says_where(
    desk: Desk, kind: str, category: FailureCategory, code: str
) -> None:
    desk.fault(kind, entity="ContractServiceUnits", times=None)
    found = failure(desk)
    assert (found.category, found.reason.code) == (category, code)
    assert found.reason.get("endpoint") == "ContractServiceUnits"


def test_the_thread_limit_is_understood_under_another_status_too(desk: Desk) -> None:
    desk.switch(thread_limit_status="500")
    desk.fault("thread-limit", entity="Services", times=None)
    assert failure(desk).reason.code == "autotask.thread_limit"


def test_a_rejection_is_not_tried_again(desk: Desk) -> None:
    desk.fault("errors", entity="Services", action="query", times=None, texts=["Conversion failed when converting"])
    found = failure(desk)
    assert found.reason.code == "autotask.rejected"
    assert found.reason.get("text") == "Conversion failed when converting"
    assert desk.ask("faults")["faults"][0]["hits"] == 1


def test_an_application_error_that_is_a_fault_at_their_side_is_tried_again(desk: Desk) -> None:
    desk.fault("errors", entity="Services", action="query", texts=["An unexpected error occurred. Try again."])
    assert desk.use(lambda psa: psa.read(FIRST, LAST)).services


def test_a_long_wait_asked_for_by_the_vendor_is_a_failure_and_not_a_standstill(desk: Desk) -> None:
    desk.fault("too-many-requests", entity="Services", times=None, retry_after=3600)
    assert failure(desk).category is FailureCategory.RATE_LIMITED
    assert desk.ask("faults")["faults"][0]["hits"] == 1


def test_a_refused_permission_says_which_entity(desk: Desk) -> None:
    text = "The logged in Resource does not have the adequate permissions to query this entity type."
    desk.fault("errors", entity="Contracts", action="query", times=None, texts=[text])
    found = failure(desk)
    assert (found.category, found.reason.get("endpoint")) == (FailureCategory.PERMISSION, "Contracts")


@pytest.mark.parametrize("kind", ["loop-page", "foreign-page"])
def test_a_page_link_that_loops_or_leaves_the_host_is_never_followed(open_desk: Opener, kind: str) -> None:
    desk = open_desk(large_scenario(customers=20, lines=300))
    small = replace(FAST, page_size=50)
    whole = desk.use(lambda psa: psa.read(FIRST, LAST), settings=small)
    desk.fault(kind, times=None)
    again = desk.use(lambda psa: psa.read(FIRST, LAST), settings=small)
    assert replace(again, read_at=whole.read_at) == whole


@pytest.mark.parametrize("entity", ["Companies", "Contracts", "ContractServices", "ContractServiceUnits"])
@pytest.mark.parametrize("skip", [0, 1])
def test_half_a_page_without_a_link_to_the_rest_is_noticed(open_desk: Opener, entity: str, skip: int) -> None:
    desk = open_desk(large_scenario(customers=60, lines=600))
    small = replace(FAST, page_size=50)
    desk.fault("lost-rows", entity=entity, action="query", skip=skip)
    assert failure(desk, settings=small).category is FailureCategory.TRUNCATED
    assert desk.ask("faults")["faults"][0]["hits"] == 1


def test_a_service_that_a_line_has_and_the_catalogue_lost_is_noticed(desk: Desk) -> None:
    desk.fault("lost-rows", entity="Services", action="query")
    assert failure(desk).reason.get("entity") == "Services"


def test_a_bundle_that_a_line_has_and_the_catalogue_lost_is_noticed(open_desk: Opener) -> None:
    common = {"billingCodeID": 2001, "unitPrice": 52, "services": [301]}
    desk = open_desk({"bundles": [{"id": 40, "name": "Small", **common}, {"id": 41, "name": "Complete", **common}]})
    desk.fault("lost-rows", entity="ServiceBundles", action="query")
    assert failure(desk).reason.get("entity") == "ServiceBundles"


@pytest.mark.parametrize("entity", ["Companies", "Services"])
def test_half_a_catalogue_is_noticed(desk: Desk, entity: str) -> None:
    desk.fault("lost-rows", entity=entity, action="query")
    with pytest.raises(PsaReadError) as caught:
        desk.use(lambda psa: psa.read_catalogue())
    assert caught.value.failure.reason.code == "autotask.rows_lost"


def test_units_that_were_lost_are_noticed_when_lines_are_read_again(desk: Desk) -> None:
    desk.fault("lost-rows", entity="ContractServiceUnits", action="query")
    with pytest.raises(PsaReadError) as caught:
        desk.use(lambda psa: psa.read_units(["5001", "5002", "5003"], FIRST, LAST))
    assert caught.value.failure.reason.code == "autotask.rows_lost"


@pytest.mark.parametrize("entity", ["Companies", "Contracts", "ContractServices", "ContractServiceUnits"])
def test_an_empty_listing_is_never_an_empty_snapshot(desk: Desk, entity: str) -> None:
    desk.fault("empty-list", entity=entity, times=None)
    found = failure(desk)
    assert found.category in (FailureCategory.IMPLAUSIBLE, FailureCategory.TRUNCATED)


def test_a_user_who_is_shown_nothing_is_a_failure(open_desk: Opener) -> None:
    hidden = ["Companies", "Contracts", "Services", "ContractServices", "ContractServiceUnits"]
    users = [{"user_name": "blind@msp.example", "secret": "blind-secret", "hidden_entities": hidden}]
    desk = open_desk({"users": users})
    assert failure(desk).category is FailureCategory.IMPLAUSIBLE
    with pytest.raises(PsaReadError) as caught:
        desk.use(lambda psa: psa.read_lines(["5001"]))
    assert caught.value.failure.reason.code == "autotask.nothing_visible"


@pytest.mark.parametrize(
    ("entity", "field"),
    [
        ("Contracts", "startDate"),
        ("Contracts", "endDate"),
        ("Contracts", "companyID"),
        ("Contracts", "contractPeriodType"),
        ("ContractServices", "contractID"),
        ("ContractServices", "serviceID"),
        ("ContractServiceUnits", "units"),
        ("ContractServiceUnits", "startDate"),
        ("ContractServiceUnits", "endDate"),
        ("ContractServiceUnits", "contractServiceID"),
    ],
)
def test_a_null_that_money_depends_on_is_refused_by_name(desk: Desk, entity: str, field: str) -> None:
    desk.fault("set-field", entity=entity, field=field, value=None, times=None)
    found = failure(desk)
    assert (found.category, found.reason.code) == (FailureCategory.SCHEMA_CHANGED, "autotask.field_missing")
    assert (found.reason.get("entity"), found.reason.get("field")) == (entity, field)
    assert found.reason.get("id")


@pytest.mark.parametrize(
    ("entity", "field"),
    [
        ("Companies", "companyName"),
        ("Companies", "companyType"),
        ("Companies", "isActive"),
        ("Companies", "parentCompanyID"),
        ("Contracts", "contractName"),
        ("Contracts", "contractNumber"),
        ("Contracts", "status"),
        ("Contracts", "billToCompanyID"),
        ("Services", "name"),
        ("Services", "unitPrice"),
        ("Services", "periodType"),
        ("ContractServices", "unitPrice"),
        ("ContractServices", "internalCurrencyAdjustedPrice"),
        ("ContractServiceUnits", "price"),
        ("ContractServiceUnits", "approveAndPostDate"),
    ],
)
def test_a_null_that_harms_nothing_is_read_past(desk: Desk, entity: str, field: str) -> None:
    before = desk.use(lambda psa: psa.read(FIRST, LAST))
    desk.fault("set-field", entity=entity, field=field, value=None, times=None)
    after = desk.use(lambda psa: psa.read(FIRST, LAST))
    assert len(after.lines) == len(before.lines)
    assert [[row.units for row in rows] for _, rows in after.rows] == [
        [row.units for row in rows] for _, rows in before.rows
    ]


def test_a_null_id_or_a_text_where_a_number_belongs_names_the_place(desk: Desk) -> None:
    desk.fault("set-field", entity="ContractServiceUnits", field="id", value=None, times=None)
    found = failure(desk)
    assert (found.category, found.reason.code) == (FailureCategory.SCHEMA_CHANGED, "autotask.shape_changed")
    assert str(found.reason.get("where")).startswith("$.items[")


def test_rows_that_do_not_ascend_are_refused(desk: Desk) -> None:
    desk.fault("set-field", entity="ContractServices", field="id", value=5001, times=None)
    assert failure(desk).reason.code == "autotask.page_order"


def test_unknown_numbers_of_choice_fields_are_tolerated_where_they_are_harmless(desk: Desk) -> None:
    desk.fault("set-field", entity="Companies", field="companyType", value=4711, times=None)
    desk.fault("set-field", entity="Services", field="periodType", value=4711, times=None)
    desk.fault("set-field", entity="Contracts", field="status", value=4711, times=None)
    snapshot = desk.use(lambda psa: psa.read(FIRST, LAST))
    assert all(service.period is None for service in snapshot.services if not service.id.startswith("bundle-"))
    assert not any(contract.active for contract in snapshot.contracts)


@pytest.mark.parametrize(
    ("entity", "field", "value"),
    [
        ("Contracts", "contractPeriodType", 4711),
        ("Contracts", "startDate", "soon"),
        ("ContractServiceUnits", "endDate", "2020-01-01T00:00:00Z"),
    ],
)
def test_an_unknown_value_that_money_depends_on_is_refused_by_name(
    desk: Desk, entity: str, field: str, value: object
) -> None:
    desk.fault("set-field", entity=entity, field=field, value=value, times=None)
    found = failure(desk)
    assert (found.reason.code, found.reason.get("field")) == ("autotask.value_unknown", field)


def test_a_service_that_is_down_altogether_is_unreachable(desk: Desk) -> None:
    desk.sim.stop()
    found = failure(desk, settings=replace(FAST, connect_seconds=1.0))
    assert (found.category, found.reason.get("endpoint")) == (FailureCategory.UNREACHABLE, "zoneInformation")


def test_a_read_that_takes_too_long_is_a_failure(desk: Desk) -> None:
    desk.fault("slow", entity="Services", seconds=3, times=None)
    found = failure(desk, settings=replace(FAST, read_seconds=0.2, attempts=2))
    assert (found.category, found.reason.code) == (FailureCategory.UNREACHABLE, "autotask.timed_out")
