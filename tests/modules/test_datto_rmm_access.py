"""Datto RMM and who calls it: keys, tokens, network rules, quota, blocks; and that nothing is ever written."""

from __future__ import annotations

import socket
import time

import pytest
from tests.modules.account import (
    KEY,
    SECRET,
    Account,
    assert_nothing_concluded,
    collected,
    counts,
    three_pages,
    total,
)

from trueup.core.usage import Coverage
from trueup.modules.catalogue_files import load_catalogue
from trueup.modules.rest_module import RestModule

DEVICES = "/v2/account/devices"
SITES = "/v2/account/sites"
LOGIN = "/auth/oauth/token"


@pytest.mark.parametrize("status", [400, 401])
def test_a_wrong_key_is_a_matter_of_credentials(status: int) -> None:
    with three_pages(switches={"bad_credentials_status": status}) as account:
        collection = account.collect(secret={"api_key": KEY, "api_secret": "wrong"})
    assert_nothing_concluded(collection, "module.credentials_refused", "credentials")
    assert "wrong" not in str(collection)


def test_a_missing_secret_is_said_without_calling() -> None:
    with three_pages() as account:
        assert_nothing_concluded(account.collect(secret={"api_key": KEY}), "module.secret_missing", "credentials")
        assert account.calls() == []


def test_a_token_that_ends_in_the_middle_is_fetched_again_once() -> None:
    with three_pages() as account:
        module = account.module()
        collected(module)
        account.control.delete("/tokens")
        assert collected(module).coverage is Coverage.MEASURED
        assert [call["path"] for call in account.calls()].count(LOGIN) == 2


def test_a_token_is_kept_from_night_to_night() -> None:
    with three_pages() as account:
        module = account.module()
        collected(module)
        collected(module)
        assert [call["path"] for call in account.calls()].count(LOGIN) == 1


def test_a_token_about_to_end_is_fetched_before_it_ends() -> None:
    with three_pages(switches={"token_seconds": 3}) as account:
        module = account.module()
        collected(module)
        time.sleep(1.1)  # past the middle of its life, not past its end
        collected(module)
        log = account.calls()
    assert [call["path"] for call in log].count(LOGIN) == 2
    assert all(call["status"] == 200 for call in log)


def test_an_address_that_may_not_log_in_meets_a_network_rule() -> None:
    with three_pages(switches={"allowed_networks": ["192.0.2.0/24"]}) as account:
        assert_nothing_concluded(account.collect(), "module.network_rule", "network_rule")


def test_an_address_whose_calls_are_all_refused_meets_a_network_rule() -> None:
    with three_pages() as account:
        account.fault("status", status=403, path="/v2/account", times=0)
        assert_nothing_concluded(account.collect(), "module.network_rule", "network_rule")


def test_the_address_that_the_module_saw_is_passed_on() -> None:
    with three_pages() as account:
        account.fault(
            "status", status=403, path="/v2/account", text="Your IP address 203.0.113.9 is not allowed", times=0
        )
        collection = account.collect()
    assert_nothing_concluded(collection, "module.network_rule", "network_rule")
    assert collection.failure is not None
    assert collection.failure.reason.get("address") == "203.0.113.9"


def test_a_list_that_this_key_may_not_see_is_a_matter_of_permission() -> None:
    with three_pages() as account:
        account.fault("status", status=403, path=SITES, times=0)
        assert_nothing_concluded(account.collect(), "module.permission_missing", "permission")


def test_a_blocked_address_stops_at_once_and_nothing_more_is_sent_for_a_while() -> None:
    with three_pages() as account:
        account.fault("status", status=403, text="Too many requests: this IP address is blocked", path=SITES, times=0)
        module = account.module()
        module.pace = type(module.pace)(scale=1.0)  # the rest is five minutes
        assert_nothing_concluded(collected(module), "module.address_blocked", "rate_limited")
        sent = len(account.calls())
        again = collected(module)
        assert_nothing_concluded(again, "module.resting", "rate_limited")
        assert len(account.calls()) == sent
        assert again.failure is not None
        left = again.failure.reason.get("retry_after")
        assert isinstance(left, int)
        assert 290 < left <= 300


@pytest.mark.parametrize("retry_after", [True, False])
def test_a_full_quota_is_waited_for_and_the_count_is_whole(retry_after: bool) -> None:
    with three_pages(switches={"rate_limit": 6, "retry_after": retry_after, "block_after": 50}) as account:
        account.control.post("/clock", json={"speed": 120})  # a minute of quota passes in half a second
        module = account.module()
        module.pace = type(module.pace)(first=0.01, scale=0.01)
        collection = collected(module)
        statuses = [call["status"] for call in account.calls()]
    assert 429 in statuses
    assert total(collection) == 4


def test_a_quota_that_stays_full_is_given_up_after_a_few_tries() -> None:
    with three_pages(switches={"rate_limit": 600, "shared_load": 600}) as account:
        collection = account.collect()
        tries = [call for call in account.calls() if call["status"] == 429]
    assert_nothing_concluded(collection, "module.rate_limited", "rate_limited")
    assert len(tries) == 4


def test_a_module_that_cannot_be_reached_says_so() -> None:
    with three_pages() as account, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
        collection = account.collect({"base_url": nobody})
    assert_nothing_concluded(collection, "module.unreachable", "unreachable")


def test_an_answer_that_does_not_come_in_time_is_given_up() -> None:
    with three_pages() as account:
        account.fault("slow", path=DEVICES, page=1, filtered=False, times=0, seconds=3)
        file = load_catalogue("datto_rmm")
        quick = file.model_copy(update={"limits": file.limits.model_copy(update={"timeout_seconds": 1, "attempts": 1})})
        secret = {"api_key": KEY, "api_secret": SECRET}
        collection = collected(RestModule(quick, "rmm", {"base_url": account.sim.url}, secret))
    assert_nothing_concluded(collection, "module.timed_out", "unreachable")


def test_retries_write_no_secret_to_any_log(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with three_pages() as account:
        account.fault("status", status=503, path=LOGIN, times=2)
        account.fault("status", status=503, path=DEVICES, times=2)
        module = account.module()
        assert collected(module).failure is None
    said = capfd.readouterr()
    everything = said.out + said.err + caplog.text + repr(module) + repr(vars(module))
    assert "503" in everything  # something was logged at all
    assert SECRET not in everything
    assert KEY not in everything


def test_a_wrong_platform_word_is_refused_before_any_call() -> None:
    with three_pages() as account:
        collection = account.collect({"base_url": "", "platform": "bordeaux"})
    assert_nothing_concluded(collection, "module.setting_wrong", "unreachable")


def test_credentials_are_never_sent_unencrypted_to_another_machine() -> None:
    with three_pages() as account:
        collection = account.collect({"base_url": "http://rmm.example.com"})
    assert_nothing_concluded(collection, "module.setting_wrong", "unreachable")


def test_values_outside_the_vendors_enums_change_nothing() -> None:
    odd = {"category": "Desktop", "device_class": "hologram", "fields": {"antivirus": {"antivirusStatus": "Asleep"}}}
    with Account([{"name": "A", "devices": [odd]}]) as account:
        collection = account.collect()
    assert counts(collection, "A") == {"total_device_count": 1, "desktop": 1, "desktop_laptop": 1}


def test_a_module_is_never_sent_a_writing_call() -> None:
    with three_pages() as account:
        module = account.module()
        for kind in ("broken_json", "drop", "html", "early_end", "empty"):
            account.fault(kind, path=DEVICES, times=1)
            collected(module)
        account.control.delete("/tokens")
        collected(module)
        sent = {(call["method"], call["path"]) for call in account.calls()}
    assert {path for method, path in sent if method != "GET"} == {LOGIN}
    assert {method for method, _ in sent} == {"GET", "POST"}


def test_progress_names_the_stream_and_how_far_it_is() -> None:
    import asyncio

    from tests.modules.account import DAY, NIGHT

    seen: list[tuple[str, int, int | None]] = []
    with three_pages() as account:
        asyncio.run(account.module().collect(DAY, NIGHT, lambda *step: seen.append(step)))
    assert [step for step in seen if step[0] == "devices"] == [("devices", 2, 5), ("devices", 4, 5), ("devices", 5, 5)]
