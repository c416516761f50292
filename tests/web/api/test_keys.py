"""A write that is sent twice with its key happens once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import httpx2
from tests.web.api.calling import Calls

from trueup.app.repeated.answers import KeyedCall, claim

KEY = {"Idempotency-Key": "2b6ce4a4-1"}
PLANS = "/plans"


def made(api: Calls) -> int:
    return len(api.all_of(PLANS, 100))


def test_the_same_call_with_the_same_key_gets_the_first_answer_and_does_nothing(api: Calls) -> None:
    first = api.send("POST", PLANS, 201, json={}, headers=KEY)
    before = made(api)
    again = api.send("POST", PLANS, 201, json={}, headers=KEY)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert made(api) == before


def test_the_same_key_with_another_body_or_address_is_refused(api: Calls) -> None:
    assert api.refused("POST", PLANS, 422, json={"as_of": None}, headers=KEY) == "web.key_of_another_call"
    assert api.refused("POST", "/plans/latest/apply", 422, headers=KEY) == "web.key_of_another_call"


def test_a_key_is_free_again_where_its_call_was_refused(api: Calls) -> None:
    key = {"Idempotency-Key": "refused"}
    assert api.refused("POST", "/plans/latest/apply", 409, headers=key) == "apply.not_approved"
    assert api.refused("POST", "/plans/latest/apply", 409, headers=key) == "apply.not_approved"
    api.post(PLANS, {}, 201, headers=key)


def test_a_key_that_no_header_can_hold_well_is_refused(api: Calls) -> None:
    for key in ("", "x" * 256, "with blank"):
        assert api.refused("POST", PLANS, 422, json={}, headers={"Idempotency-Key": key}) == "web.key_unusable"


def test_two_calls_at_once_with_one_key_make_one_plan(api: Calls) -> None:
    before = made(api)
    statuses: list[int] = []
    gate = threading.Barrier(2)

    def call() -> None:
        gate.wait()
        with httpx2.Client(timeout=60) as client:
            answer = client.post(f"{api.url}/api/v1{PLANS}", json={}, headers={"Idempotency-Key": "at-once"})
        statuses.append(answer.status_code)

    both = [threading.Thread(target=call) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(statuses) in ([201, 201], [201, 409])
    assert made(api) == before + 1


def test_keys_are_of_one_person_and_are_forgotten_after_a_day(api: Calls) -> None:
    ada, ben = (api.site.workspace("default", name) for name in ("Ada", "Ben"))
    call = KeyedCall("one", "digest")
    assert claim(ada, call) is None
    assert claim(ben, call) is None
    ada.store.answers.keep("Ada", "one", 201, {}, b"{}")
    found = claim(ada, call)
    assert found is not None
    assert found.body == b"{}"
    ada.store.answers.forget(before=datetime.now(UTC) + timedelta(days=365))
    assert claim(ada, call) is None
