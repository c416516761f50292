"""The prerequisites of Datto RMM, answered live: each failure with its question, its cause and its cure."""

from __future__ import annotations

import asyncio

import pytest
from tests.modules.account import KEY, SECRET, Account

from trueup.core.finding import Finding, FindingState
from trueup.modules.prerequisites import QUESTIONS
from trueup.modules.rest_module import RestModule


def account(**more: object) -> Account:
    return Account([{"name": "A", "counts": {"desktop": 3}, "exempt": 1}], **more)


def findings(module: RestModule) -> dict[str, Finding]:
    found = asyncio.run(module.check())
    assert [finding.code for finding in found] == list(QUESTIONS)
    return {finding.code: finding for finding in found}


def states(module: RestModule) -> dict[str, str]:
    return {code.removeprefix("check.module_"): finding.state.value for code, finding in findings(module).items()}


def test_everything_in_order_is_six_times_ok() -> None:
    with account() as one:
        found = findings(one.module())
    assert {finding.state for finding in found.values()} == {FindingState.OK}
    assert found["check.module_exclusion"].reason.get("count") == 1
    assert found["check.module_delivering"].reason.get("items") == 3


@pytest.mark.parametrize(
    ("switches", "at", "cause", "cure"),
    [
        ({"bad_credentials_status": 401}, "credentials", "module.credentials_refused", "cure.module.renew_credentials"),
        ({"allowed_networks": ["192.0.2.0/24"]}, "reachable", "module.network_rule", "cure.module.allow_address"),
    ],
)
def test_a_refused_login_names_its_cause_and_leaves_the_rest_unasked(
    switches: dict[str, object], at: str, cause: str, cure: str
) -> None:
    with account(switches=switches) as one:
        found = findings(one.module(secret={"api_key": KEY, "api_secret": SECRET[:-1]}))
    failed = found[f"check.module_{at}"]
    assert (failed.state, failed.reason.code) == (FindingState.FAILED, cause)
    assert failed.cure is not None
    assert failed.cure.code == cure
    later = QUESTIONS[QUESTIONS.index(failed.code) + 1 :]
    assert {found[code].state for code in later} == {FindingState.SKIPPED}


def test_a_wrong_platform_says_where_to_look() -> None:
    with account() as one:
        one.fault("status", status=404, path="*", times=0)
        found = findings(one.module())
    failed = found["check.module_reachable"]
    assert (failed.state, failed.cure and failed.cure.code) == (FindingState.FAILED, "cure.module.check_platform")


def test_a_wrong_setting_is_found_without_calling() -> None:
    with account() as one:
        assert states(one.module({"exclusion": "perhaps"}))["settings"] == "failed"
        assert one.calls() == []


def test_a_list_without_rights_fails_the_question_about_rights() -> None:
    with account() as one:
        one.fault("status", status=403, path="/v2/account/sites", times=0)
        found = findings(one.module())
    assert found["check.module_credentials"].state is FindingState.OK
    assert found["check.module_rights"].reason.code == "module.permission_missing"


def test_a_restricted_key_is_a_warning_about_rights() -> None:
    users = [{"name": "some", "api_key": KEY, "api_secret": SECRET, "sites": ["A"]}]
    sites = [{"name": "A", "counts": {"desktop": 2}}, {"name": "B", "counts": {"desktop": 9}}]
    with Account(sites, users=users) as one:
        found = findings(one.module())
    assert found["check.module_rights"].state is FindingState.WARNING
    assert found["check.module_rights"].reason.code == "module.rights_look_restricted"


def test_a_missing_filter_is_a_warning_or_a_failure_as_the_settings_say() -> None:
    with account(filters=[]) as one:
        assert states(one.module())["exclusion"] == "warning"
        assert states(one.module({"exclusion": "required"}))["exclusion"] == "failed"
        assert states(one.module({"exclusion": "off"}))["exclusion"] == "skipped"


def test_an_account_without_devices_delivers_nothing_yet() -> None:
    with Account([]) as one:
        assert states(one.module())["delivering"] == "warning"


def test_a_check_reads_one_page_of_each_list() -> None:
    with Account([{"name": "A", "counts": {"desktop": 40}}], switches={"page_max": 2}) as one:
        states(one.module())
        devices = [
            call for call in one.calls() if call["path"] == "/v2/account/devices" and "filterId" not in str(call)
        ]
    assert len(devices) == 1
