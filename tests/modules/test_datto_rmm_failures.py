"""Every way in which Datto RMM can fail to tell the truth: the category, the reason, and never a lowered count."""

from __future__ import annotations

import pytest
from tests.modules.account import (
    KEY,
    SECRET,
    Account,
    assert_nothing_concluded,
    collected,
    counts,
    note_codes,
    three_pages,
    total,
)

from trueup.core.usage import Coverage

DEVICES = "/v2/account/devices"
SITES = "/v2/account/sites"
LOGIN = "/auth/oauth/token"


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
