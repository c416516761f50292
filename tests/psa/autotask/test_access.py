from __future__ import annotations

import asyncio
import logging
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.psa.autotask.conftest import FAST, FIRST, LAST, TODAY, Desk

from trueup.core.usage import FailureCategory
from trueup.psa.autotask import AutotaskCredentials, AutotaskPsa, AutotaskSettings, CallBudget
from trueup.psa.autotask.errors import classify
from trueup.psa.autotask.zone import zone_of
from trueup.psa.port import PostedPeriod, PsaReadError, UnitChange

Opener = Callable[..., Desk]
SECRET = "s3cret-that-must-stay-in"
CODE = "TRACKINGCODETHATMUSTSTAYIN1"
USER = "hidden-user@msp.example"
VENDOR = "https://webservices.autotask.net/atservicesrest/v1.0/zoneInformation"


def refused(desk: Desk, **options: object) -> PsaReadError:
    with pytest.raises(PsaReadError) as caught:
        desk.use(lambda psa: psa.read(FIRST, LAST), **options)
    return caught.value


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"user_name": "nobody@msp.example"}, "autotask.user_unknown"),
        ({"secret": "wrong"}, "autotask.credentials_refused"),
        ({"integration_code": "WRONG"}, "autotask.integration_code_invalid"),
    ],
)
@pytest.mark.parametrize("body", ["empty", "errors"])
def test_each_wrong_credential_is_told_from_the_others(
    desk: Desk, changes: dict[str, str], code: str, body: str
) -> None:
    desk.switch(unauthorised_body=body)
    failure = refused(desk, credentials=desk.credentials(**changes)).failure
    assert (failure.category, failure.reason.code) == (FailureCategory.CREDENTIALS, code)


def test_a_wrong_secret_is_tried_once_and_never_locks_the_user(desk: Desk) -> None:
    async def stubborn(psa: AutotaskPsa) -> None:
        for _ in range(10):
            with pytest.raises(PsaReadError):
                await psa.read(FIRST, LAST)
            await psa.adjust(UnitChange("5001", "1001", "301", TODAY, 1))

    desk.use(stubborn, credentials=desk.credentials(secret="wrong"))
    assert [user["locked"] for user in desk.ask("state")["users"]] == [False, False, False]
    assert desk.use(lambda psa: psa.read(FIRST, LAST)).lines


@pytest.mark.parametrize("status", ["401", "500"])
def test_a_locked_user_is_told_apart(desk: Desk, status: str) -> None:
    desk.switch(locked_status=status, unauthorised_body="errors")
    desk.fault("locked-user")
    assert refused(desk).failure.reason.code == "autotask.user_locked"


def test_a_user_who_gets_locked_in_the_middle_ends_the_read(desk: Desk) -> None:
    desk.switch(unauthorised_body="errors")
    desk.fault("locked-user", entity="ContractServices")
    assert refused(desk).failure.category is FailureCategory.CREDENTIALS


@pytest.mark.parametrize("entity", ["threshold", "Contracts", "ContractServices", "ContractServiceUnits"])
def test_a_move_to_another_zone_in_the_middle_is_followed(desk: Desk, entity: str) -> None:
    whole = desk.use(lambda psa: psa.read(FIRST, LAST))
    desk.fault("zone-moved", entity=entity)
    again = desk.use(lambda psa: psa.read(FIRST, LAST))
    assert replace(again, read_at=whole.read_at) == whole
    assert desk.ask("faults")["faults"][0]["hits"] == 1


def test_a_second_adapter_after_a_move_finds_the_new_zone_by_itself(desk: Desk) -> None:
    desk.order("move-zone")
    assert desk.use(lambda psa: psa.read(FIRST, LAST)).lines


@pytest.mark.parametrize(
    ("zone", "lookup", "trusted"),
    [
        ("https://webservices14.autotask.net/ATServicesRest/", VENDOR, True),
        ("http://webservices14.autotask.net/ATServicesRest/", VENDOR, False),
        ("https://webservices14.autotask.net.evil.example/ATServicesRest/", VENDOR, False),
        ("https://evil.example/ATServicesRest/", VENDOR, False),
        ("https://evilautotask.net/ATServicesRest/", VENDOR, False),
        ("http://127.0.0.1:8000/ATServicesRest/", VENDOR, False),
        ("http://127.0.0.1:8000/ATServicesRest/", "http://127.0.0.1:8000/zoneInformation", True),
        ("https://proxy.msp.example/zone/", "https://proxy.msp.example/zoneInformation", True),
        ("https://other.example/zone/", "https://proxy.msp.example/zoneInformation", False),
    ],
)
def test_the_secrets_go_to_no_host_but_the_vendor_s_or_the_configured_one(
    zone: str, lookup: str, trusted: bool
) -> None:
    answer = classify(200, {}, b'{"zoneName":"AE02","url":"%s","ci":1}' % zone.encode())
    if trusted:
        assert zone_of(answer, lookup).base == zone
    else:
        with pytest.raises(PsaReadError) as caught:
            zone_of(answer, lookup)
        assert caught.value.failure.reason.code == "autotask.zone_foreign"


FAULTS = [
    "drop", "html-500", "empty-500", "half-body", "broken-json", "too-many-requests", "thread-limit", "locked-user",
    "errors", "gateway-504", "slow",
]  # fmt: skip


@pytest.mark.parametrize("kind", FAULTS)
def test_no_failure_carries_a_credential(open_desk: Opener, caplog: pytest.LogCaptureFixture, kind: str) -> None:
    users = [{"user_name": USER, "secret": SECRET}]
    desk = open_desk({"users": users, "integration_codes": [CODE]})
    caplog.set_level(logging.DEBUG)
    text = f"The user {USER} with {SECRET} and {CODE} is not welcome"
    options: dict[str, object] = {"texts": [text]} if kind == "errors" else {}
    desk.fault(kind, times=None, entity="Contracts", seconds=2, **options)
    desk.fault(kind, times=None, action="create", seconds=2, **options)
    quick = replace(FAST, read_seconds=0.3, write_seconds=0.3, attempts=2)
    psa = desk.psa(settings=quick)
    shown = [repr(psa), str(psa), repr(desk.credentials()), repr(vars(psa)), repr(psa.capabilities)]

    async def provoke() -> None:
        with pytest.raises(PsaReadError) as caught:
            await psa.read(FIRST, LAST)
        shown.extend([repr(caught.value), str(caught.value), repr(caught.value.failure)])
        shown.extend(traceback.format_exception(caught.value))
        shown.append(repr(await psa.adjust(UnitChange("5001", "1001", "301", TODAY, 1))))
        shown.append(repr(await psa.check()))
        shown.append(repr(await psa.probe_facts()))
        await psa.close()

    asyncio.run(provoke())
    shown.append(caplog.text)
    assert not [text for text in shown if SECRET in text or CODE in text or USER in text or "hidden-user" in text]


@pytest.mark.parametrize(
    "changes", [{"secret": "wrong-" + SECRET}, {"user_name": "wrong-" + USER}, {"integration_code": "X" + CODE}]
)
def test_no_refused_sign_in_carries_a_credential(
    desk: Desk, caplog: pytest.LogCaptureFixture, changes: dict[str, str]
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.switch(unauthorised_body="errors")
    credentials = desk.credentials(**changes)
    error = refused(desk, credentials=credentials)
    findings = desk.use(lambda psa: psa.check(), credentials=credentials)
    shown = "".join([repr(error), repr(error.failure), *traceback.format_exception(error), repr(findings), caplog.text])
    assert not [value for value in changes.values() if value in shown]
    assert "HTTP Request" in caplog.text  # the library did log, without the user


@pytest.mark.parametrize("value", ["", "two\nlines", "a\x00b", "a\rb"])
def test_a_credential_that_cannot_be_a_header_is_refused_without_being_quoted(value: str) -> None:
    with pytest.raises(ValueError, match="credential secret") as caught:
        AutotaskCredentials("user", value, "code")
    assert not value or value not in str(caught.value)


def test_a_credential_beyond_ascii_is_refused_by_the_vendor_and_not_by_a_traceback(desk: Desk) -> None:
    failure = refused(desk, credentials=desk.credentials(secret="pässwörd€")).failure
    assert failure.reason.code == "autotask.credentials_refused"


def test_a_connection_names_what_is_missing_or_unknown() -> None:
    with pytest.raises(ValueError, match="integration_code, user_name"):
        AutotaskPsa.connected({}, {"secret": SECRET})
    secrets = {"user_name": "u", "secret": SECRET, "integration_code": "c"}
    with pytest.raises(ValueError, match="unknown settings colour"):
        AutotaskPsa.connected({"colour": "blue"}, secrets)
    known = {"posted_period": "refuse", "threads": "2", "zone_lookup_url": "http://127.0.0.1:1"}
    assert AutotaskPsa.connected(known, secrets).capabilities.posted_period is PostedPeriod.REFUSE


def test_a_host_alone_is_enough_to_look_a_zone_up() -> None:
    assert AutotaskSettings(zone_lookup_url="https://webservices2.autotask.net/").zone_address == (
        "https://webservices2.autotask.net/atservicesrest/v1.0/zoneInformation"
    )
    assert AutotaskSettings().zone_address == VENDOR


def test_calls_of_other_integrations_count(desk: Desk) -> None:
    desk.order("use-calls", count=9_495)
    failure = refused(desk).failure
    assert (failure.category, failure.reason.code) == (FailureCategory.RATE_LIMITED, "autotask.budget_spent")
    assert (failure.reason.get("limit"), failure.reason.get("margin")) == (10_000, 500)
    assert desk.ask("calls")["total"] < 20


def test_a_read_stops_before_the_margin_instead_of_running_into_the_limit(desk: Desk) -> None:
    desk.switch(request_threshold=100)
    desk.order("use-calls", count=70)
    assert refused(desk, budget=CallBudget(margin=20)).failure.reason.code == "autotask.budget_spent"
    assert desk.use(lambda psa: psa.read(FIRST, LAST), budget=CallBudget(margin=1)).lines


def test_two_connections_share_one_budget(desk: Desk) -> None:
    shared = CallBudget(margin=500)
    desk.use(lambda psa: psa.read(FIRST, LAST), budget=shared)
    once = shared.used
    desk.use(lambda psa: psa.read(FIRST, LAST), budget=shared)
    assert shared.used == desk.order("use-calls", count=0)["used"]
    assert shared.used > once


def test_our_own_share_of_the_hour_is_bounded_too(desk: Desk) -> None:
    budget = CallBudget(own_per_hour=5)
    assert refused(desk, budget=budget).failure.reason.code == "autotask.own_budget_spent"


def test_an_account_that_is_done_leaves_no_thread_behind() -> None:
    """A server opens one every night, for months."""
    before = set(threading.enumerate())
    assert CallBudget().admit() is None
    assert {thread.name for thread in set(threading.enumerate()) - before} == set()
