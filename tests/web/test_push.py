"""A module pushes its usage over HTTP to a real server on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.places import everything_in
from tests.web.hub import DAY, KEY, NIGHT, TYPE, Hub, complete, opened, usage

from trueup.app.usage import push_keys
from trueup.core.usage import Coverage


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    yield from opened(tmp_path)


def test_a_day_is_partial_until_its_completion_and_measured_after_it(hub: Hub) -> None:
    first = hub.push(usage("acme", 5), usage("beta", 2))
    assert first.status_code == 200, first.text
    assert first.json()["days"][0]["coverage"] == "partial"
    assert hub.readings() == {"acme": (5, Coverage.PARTIAL), "beta": (2, Coverage.PARTIAL)}
    done = hub.push(complete("acme", "beta", "gamma"))
    assert done.json()["days"][0]["coverage"] == "measured"
    assert hub.readings() == {
        "acme": (5, Coverage.MEASURED),
        "beta": (2, Coverage.MEASURED),
        "gamma": (0, Coverage.MEASURED),
    }


def test_the_same_batch_again_changes_nothing(hub: Hub) -> None:
    batch = [usage("acme", 5), complete("acme")]
    hub.push(*batch)
    before = hub.ws.store.usage.deliveries(KEY, DAY, DAY, all_attempts=True)
    again = hub.push(*batch)
    assert again.status_code == 200
    assert hub.states(again) == ["already", "already"]
    assert hub.ws.store.usage.deliveries(KEY, DAY, DAY, all_attempts=True) == before


def test_an_id_with_other_content_is_refused_and_a_new_id_is_a_correction(hub: Hub) -> None:
    hub.push(usage("acme", 5, named="one"), complete("acme"))
    other = hub.push(usage("acme", 6, named="one"))
    assert (other.status_code, hub.states(other)) == (422, ["push.same_id_other_content"])
    assert hub.readings()["acme"] == (5, Coverage.MEASURED)
    hub.push(usage("acme", 6, named="two"))
    assert hub.readings()["acme"] == (6, Coverage.MEASURED), "the day stays complete"


def test_what_is_wrong_with_one_event_does_not_hinder_the_others(hub: Hub) -> None:
    answer = hub.push(usage("acme", "5"), usage("beta", 2), 7, usage("beta", 1, counts={"what": 1}))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert hub.states(answer) == ["push.count", "accepted", "push.shape", "push.unknown_type"]
    assert set(hub.readings()) == {"beta"}
    assert "cure" in answer.json()["events"][0]


@pytest.mark.parametrize(
    ("events", "codes"),
    [
        ([usage("acme", 1), complete("acme"), usage("beta", 1)], ["accepted", "accepted", "push.not_listed"]),
        ([usage("acme", 1), usage("beta", 1), complete("acme")], ["accepted", "accepted", "push.usage_unlisted"]),
        ([usage("acme", 1, day=date(2026, 6, 16))], ["push.day_to_come"]),
        ([usage("acme", 1, day=date(2024, 6, 16))], ["push.day_too_old"]),
    ],
)
def test_statements_that_contradict_each_other_or_the_calendar_are_refused(
    hub: Hub, events: list[Any], codes: list[str]
) -> None:
    assert hub.states(hub.push(*events)) == codes


def test_a_completion_that_lists_less_than_half_of_what_is_known_needs_a_reason(hub: Hub) -> None:
    hub.push(*(usage(key, 1) for key in "abcdef"), complete(*"abcdef"))
    hub.clock.put(NIGHT.replace(day=16))
    day = date(2026, 6, 15)
    alone = {"day": day, "billing_types": [TYPE]}
    assert hub.states(hub.push(complete("a", **alone))) == ["push.too_short"]
    assert hub.states(hub.push(complete("a", **alone, short_because="five left to another MSP"))) == ["accepted"]


def test_items_are_the_evidence_of_their_count(hub: Hub) -> None:
    items = [{"key": f"u{n}", "billing_type": TYPE, "name": f"User {n}", "attributes": {"plan": "E3"}} for n in (1, 2)]
    taken = hub.push(usage("acme", 2, items=items), complete("acme"))
    assert taken.json()["days"][0]["items"] == 2
    kept = hub.ws.store.usage.items(DAY, KEY, "items")
    assert [(item.key, item.organization, item.name) for item in kept] == [
        ("u1", "acme", "User 1"),
        ("u2", "acme", "User 2"),
    ]
    moved = hub.push(usage("beta", 1, items=items[:1]))
    assert hub.states(moved) == ["push.not_listed"]
    wrong = hub.push(usage("acme", 3, items=items))
    assert hub.states(wrong) == ["push.count_without_its_items"]


def test_calls_without_a_valid_key_learn_nothing_and_change_nothing(hub: Hub) -> None:
    for key in ("tup_wrong", "", "x", "tup_" + "a" * 5000):
        answer = hub.push(usage("acme", 1), key=key or "none")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    assert hub.ws.store.runs.list() == ()
    asyncio.run(push_keys.revoke_key(hub.ws, 1))
    assert hub.push(usage("acme", 1)).status_code == 401


def test_a_key_is_kept_as_a_digest_only_and_shows_when_it_was_used(hub: Hub) -> None:
    assert hub.ws.store.pushes.keys()[0].used_at is None
    hub.push(usage("acme", 1))
    assert hub.ws.store.pushes.keys()[0].used_at == NIGHT
    kept = everything_in(hub.where)
    assert b"saas_defense" in kept
    assert hub.key.encode() not in kept


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"hello", "application/json", 400, "push.not_json"),
        (b"[" * 200_000, "application/json", 400, "push.not_json"),
        (b"\xff\xfe", "application/json", 400, "push.not_json"),
        (b"[" + b"0," * 10_001 + b"0]", "application/json", 400, "push.too_many"),
        (b"[]", "text/html", 415, "push.content_type"),
        (b"[]", "", 415, "push.content_type"),
        (b" " * 8_000_001, "application/json", 413, "push.too_large"),
    ],
)
def test_bodies_that_are_none_get_a_problem_with_a_cure(
    hub: Hub, body: bytes, kind: str, status: int, code: str
) -> None:
    answer = hub.send(body, Content_Type=kind)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["cure"]


def test_a_body_without_a_length_is_cut_off_at_the_limit(hub: Hub) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(200):
            yield b" " * 100_000

    headers = {"Authorization": f"Bearer {hub.key}", "Content-Type": "application/json"}
    answer = httpx2.post(f"{hub.url}/api/v1/usage", content=parts(), headers=headers, timeout=20)
    assert answer.status_code == 413


def test_a_day_completed_long_ago_can_still_be_corrected_when_many_customers_have_come(hub: Hub) -> None:
    hub.push(usage("acme", 5), complete("acme"))
    hub.clock.put(NIGHT.replace(day=16))
    day = date(2026, 6, 15)
    hub.push(*(usage(key, 1, day=day) for key in "abcdef"), complete("acme", *"abcdef", day=day))
    assert hub.states(hub.push(usage("acme", 6))) == ["accepted"]
    assert hub.readings()["acme"] == (6, Coverage.MEASURED)


def test_an_organization_sent_by_mistake_is_taken_back_with_a_zero(hub: Hub) -> None:
    hub.push(usage("acme", 5), usage("mistake", 3))
    assert hub.states(hub.push(complete("acme"))) == ["push.usage_unlisted"]
    assert hub.states(hub.push(usage("mistake", 0), complete("acme"))) == ["accepted", "accepted"]


def test_a_completion_of_nothing_is_no_delivery(hub: Hub) -> None:
    assert hub.states(hub.push(complete("acme"))) == ["push.no_types"]
    assert hub.states(hub.push(complete("acme", billing_types=[TYPE]))) == ["accepted"]
    assert hub.readings() == {"acme": (0, Coverage.MEASURED)}


def test_a_count_without_items_beside_counts_with_items_is_partial_in_the_list_of_items(hub: Hub) -> None:
    hub.push(usage("acme", 1, items=[{"key": "u1", "billing_type": TYPE}]), usage("beta", 7), complete("acme", "beta"))
    (delivery,) = hub.ws.store.usage.deliveries(KEY, DAY, DAY)
    assert delivery.partial == (("items", "beta"),)
    assert hub.readings()["beta"] == (7, Coverage.MEASURED)


def test_ten_thousand_events_are_one_call(hub: Hub) -> None:
    keys = [f"org{number:05}" for number in range(9_999)]
    answer = hub.push(*(usage(key, 1, named=key) for key in keys), complete(*keys))
    assert answer.status_code == 200, answer.text[:500]
    assert len(hub.readings()) == 9_999
