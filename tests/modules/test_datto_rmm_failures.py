"""Every way in which Datto RMM can fail to tell the truth: the category, the reason, and never a lowered count."""

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
    note_codes,
    total,
)

from trueup.core.usage import Coverage

DEVICES = "/v2/account/devices"
SITES = "/v2/account/sites"
LOGIN = "/auth/oauth/token"


def three_pages(**more: object) -> Account:
    """Five devices in pages of two; the first is exempt."""
    switches = {"page_max": 2, **dict(more.pop("switches", {}))}
    return Account([{"name": "A", "counts": {"desktop": 5}, "exempt": 1}], switches=switches, **more)


@pytest.mark.parametrize(
    ("fault", "code", "category"),
    [
        ({"kind": "broken_json"}, "module.cut_short", "truncated"),
        ({"kind": "half_body"}, "module.connection_dropped", "truncated"),
        ({"kind": "drop"}, "module.unreachable", "unreachable"),
        ({"kind": "html"}, "module.html_page", "unreachable"),
        ({"kind": "error_body_200"}, "module.server_error", "unreachable"),
        ({"kind": "missing_page_details"}, "module.cursor_missing", "truncated"),
        ({"kind": "missing_next_url"}, "module.cursor_missing", "truncated"),
        ({"kind": "early_end"}, "module.list_short", "truncated"),
        ({"kind": "loop"}, "module.page_loop", "truncated"),
        ({"kind": "loop_to_first"}, "module.page_loop", "truncated"),
        ({"kind": "other_host"}, "module.next_page_elsewhere", "truncated"),
        ({"kind": "total_off", "by": 40}, "module.total_jumped", "truncated"),
        ({"kind": "status", "status": 500}, "module.server_error", "unreachable"),
        ({"kind": "status", "status": 503}, "module.server_error", "unreachable"),
        ({"kind": "status", "status": 403}, "module.address_blocked", "rate_limited"),
        ({"kind": "status", "status": 404}, "module.not_found", "unreachable"),
        ({"kind": "status", "status": 409}, "module.request_refused", "schema_changed"),
        ({"kind": "status", "status": 302}, "module.redirected", "unreachable"),
        ({"kind": "status", "status": 401}, "module.token_refused", "credentials"),
        ({"kind": "status", "status": 429}, "module.rate_limited", "rate_limited"),
    ],
    ids=lambda value: value.get("kind") + str(value.get("status", "")) if isinstance(value, dict) else None,
)
def test_a_page_that_fails_for_good_leaves_the_whole_run_unknown(
    fault: dict[str, object], code: str, category: str
) -> None:
    with three_pages() as account:
        account.fault(**fault, path=DEVICES, page=1, filtered=False, times=0)
        collection = account.collect()
        calls = account.calls()
    assert_nothing_concluded(collection, code, category)
    assert collection.failure is not None
    where = collection.failure.reason
    assert where.get("stream") == "devices"
    assert not {KEY, SECRET} & set(str(collection))
    if code not in ("module.list_short", "module.total_jumped"):
        assert where.get("page") == 2 or code in (
            "module.page_loop",
            "module.next_page_elsewhere",
            "module.cursor_missing",
        )
        assert where.get("path") == "/api/v2/account/devices"
    assert all(call["method"] in ("GET", "POST") for call in calls)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "broken_json"},
        {"kind": "half_body"},
        {"kind": "drop"},
        {"kind": "html"},
        {"kind": "error_body_200"},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 502},
        {"kind": "status", "status": 504},
        {"kind": "status", "status": 401},
        {"kind": "status", "status": 429},
        {"kind": "device_moves"},
        {"kind": "early_end"},
    ],
    ids=lambda fault: fault["kind"] + str(fault.get("status", "")),
)
def test_what_happens_once_is_got_over_and_every_device_counted_once(fault: dict[str, object]) -> None:
    with three_pages() as account:
        account.fault(**fault, path=DEVICES, page=0, filtered=False, times=1)
        collection = account.collect()
    assert collection.failure is None
    assert counts(collection, "A") == {"total_device_count": 4, "desktop": 4, "desktop_laptop": 4}


@pytest.mark.parametrize("path", ["/v2/account", SITES, "/v2/filter/custom-filters", DEVICES])
def test_any_stream_that_stays_broken_fails_the_run(path: str) -> None:
    with three_pages() as account:
        account.fault("broken_json", path=path, times=0)
        assert_nothing_concluded(account.collect(), "module.cut_short", "truncated")


def test_a_next_page_on_another_host_is_never_asked_for() -> None:
    with three_pages() as account, three_pages() as elsewhere:
        account.fault("other_host", path=DEVICES, page=0, filtered=False, times=0, host=elsewhere.sim.url)
        collection = account.collect()
        assert elsewhere.calls() == []
    assert_nothing_concluded(collection, "module.next_page_elsewhere", "truncated")


# --- the exclusion


def test_devices_of_the_filter_not_billable_are_left_out_though_page_2_loses_the_filter() -> None:
    sites = [{"name": "A", "counts": {"desktop": 10}, "exempt": 3}]
    with Account(sites, switches={"page_max": 2, "next_url_drops_filter_id": True}) as account:
        collection = account.collect()
        filtered = [call for call in account.calls() if "filterId" in str(call["query"])]
    assert total(collection) == 7
    assert len(filtered) == 2
    assert "page=1" in str(filtered[1]["query"])


def test_without_the_filter_everything_counts_and_that_is_said_once() -> None:
    with three_pages(filters=[]) as account:
        collection = account.collect()
    assert total(collection) == 5
    assert note_codes(collection).count("module.exclusion_not_set_up") == 1


def test_a_filter_of_nearly_the_same_name_is_not_the_filter() -> None:
    with three_pages(filters=[{"name": "_notbillable_", "group": "_NotBillable_"}]) as account:
        collection = account.collect()
    assert total(collection) == 5
    assert "module.exclusion_not_set_up" in note_codes(collection)


def test_a_filter_that_was_there_and_disappears_fails_the_run_instead_of_billing_exempt_devices() -> None:
    with three_pages() as account:
        module = account.module()
        assert total(collected(module)) == 4
        assert module.lookups_seen == {"exempt"}
        account.fault("no_not_billable", path="/v2/filter/custom-filters", times=0)
        assert_nothing_concluded(collected(module), "module.exclusion_missing", "implausible")
        restarted = account.collect(must_exist=frozenset({"exempt"}))
        assert_nothing_concluded(restarted, "module.exclusion_missing", "implausible")
        required = account.collect({"exclusion": "required"})
        assert_nothing_concluded(required, "module.exclusion_missing", "implausible")


def test_the_exclusion_can_be_switched_off_and_then_asks_for_no_filter() -> None:
    with three_pages() as account:
        assert total(account.collect({"exclusion": "off"})) == 5
        assert not [call for call in account.calls() if "filter" in str(call["path"]) + str(call["query"])]


# --- figures that must agree


@pytest.mark.parametrize("page", [0, 1])
def test_a_list_that_ends_early_is_truncated_however_little_is_missing(page: int) -> None:
    with three_pages() as account:
        account.fault("early_end", path=DEVICES, page=page, filtered=False, times=0)
        assert_nothing_concluded(account.collect(), "module.list_short", "truncated")
    with Account([{"name": "A", "counts": {"desktop": 501}}]) as account:
        account.fault("early_end", path=DEVICES, page=1, filtered=False, times=0)
        assert_nothing_concluded(account.collect(), "module.list_short", "truncated")


def test_a_total_that_is_always_too_high_is_a_truncated_list_unless_a_person_tolerates_it() -> None:
    with Account([{"name": "A", "counts": {"desktop": 3}}]) as account:
        account.fault("total_off", path=DEVICES, filtered=False, times=0, by=1)
        assert_nothing_concluded(account.collect(), "module.list_short", "truncated")
        tolerated = account.collect({"missing_rows_tolerated": "1"})
    assert total(tolerated) == 3
    assert "module.total_differs" in note_codes(tolerated)


def test_devices_that_come_and_go_while_reading_are_noted_and_tolerated() -> None:
    with Account([{"name": "A", "counts": {"desktop": 1500}}]) as account:
        for number in range(2):  # both walks are disturbed
            change = {"add": [{"site": "A", "hostname": f"NEW{number}"}]}
            account.fault("then_change", path=DEVICES, page=2, filtered=False, times=1, skip=number, change=change)
        collection = account.collect()
    assert total(collection) == 1502
    assert "module.total_differs" in note_codes(collection)


def test_a_total_that_jumps_between_pages_is_a_truncated_list() -> None:
    with Account([{"name": "A", "counts": {"desktop": 1500}}]) as account:
        account.fault("total_off", path=DEVICES, page=3, filtered=False, times=0, by=-900)
        assert_nothing_concluded(account.collect(), "module.total_jumped", "truncated")


def test_a_device_on_two_pages_is_counted_once() -> None:
    with three_pages() as account:
        for _ in range(2):  # the second walk is disturbed as well
            account.fault("device_moves", path=DEVICES, page=0, filtered=False, times=1)
        collection = account.collect()
    (inventory,) = collection.inventories
    assert len({item.key for item in inventory.items}) == len(inventory.items)


def test_an_empty_answer_for_everything_is_not_believed() -> None:
    with three_pages() as account:
        account.fault("empty", path=DEVICES, filtered=False, times=0)
        account.fault("empty", path=SITES, times=0)
        assert_nothing_concluded(account.collect(), "module.empty", "implausible")


def test_an_empty_list_of_sites_beside_devices_is_not_believed() -> None:
    with three_pages() as account:
        account.fault("empty", path=SITES, times=0)
        assert_nothing_concluded(account.collect(), "module.empty", "implausible")


def test_an_account_that_was_full_yesterday_and_says_it_is_empty_is_not_believed() -> None:
    with Account([{"name": "A"}]) as account:
        assert account.collect().coverage is Coverage.MEASURED
        assert_nothing_concluded(account.collect(previous_total=120), "module.empty", "implausible")


def test_a_key_that_sees_only_part_of_the_account_is_pointed_out() -> None:
    users = [{"name": "some", "api_key": KEY, "api_secret": SECRET, "sites": ["A"]}]
    sites = [{"name": "A", "counts": {"desktop": 2}}, {"name": "B", "counts": {"desktop": 9}}]
    with Account(sites, users=users) as account:
        collection = account.collect()
    (note,) = [note for note in collection.notes if note.code == "module.rights_look_restricted"]
    assert (note.get("read"), note.get("expected")) == (2, 11)


# --- who we are, from where, and how fast


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
        account.control.post("/clock", json={"speed": 600})  # a minute of quota passes in a tenth of a second
        module = account.module()
        module.pace = type(module.pace)(first=0.01, scale=0.002)
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
