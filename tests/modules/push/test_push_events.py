"""One event: understood as a whole or refused as a whole, with the code that says why."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from trueup.modules.push.events import Completion, EventError, UsageStatement, identity_of, read_event, split_batch

DAY = "2026-06-14"


def event(data: Any, kind: str = "trueup.usage", **more: Any) -> bytes:
    whole = {"specversion": "1.0", "id": "1", "source": "urn:test", "type": kind, "data": data, **more}
    return json.dumps(whole).encode()


def usage(**more: Any) -> dict[str, Any]:
    return {"day": DAY, "organization": {"key": "acme", "name": "Acme"}, "counts": {"users": 3}, **more}


def refused(body: bytes) -> str:
    with pytest.raises(EventError) as error:
        read_event(body)
    return error.value.reason.code


def test_counts_stay_exact_and_names_fall_back_on_keys() -> None:
    body = event(usage(organization={"key": "acme"}, counts={"gb": 0.1, "users": 3})).replace(b"0.1", b"0.10")
    stated = read_event(body).statement
    assert isinstance(stated, UsageStatement)
    assert (stated.day, stated.organization.name) == (date(2026, 6, 14), "acme")
    assert {name: str(value) for name, value in stated.counts.items()} == {"gb": "0.10", "users": "3"}


def test_items_alone_are_counted_by_their_billing_type() -> None:
    items = [{"key": "a", "billing_type": "users"}, {"key": "b", "billing_type": "users", "attributes": {"plan": "E3"}}]
    stated = read_event(event(usage(counts={}, items=items))).statement
    assert isinstance(stated, UsageStatement)
    assert stated.counts == {"users": Decimal(2)}
    assert stated.items[1].attributes == {"plan": "E3"}


def test_an_empty_list_of_items_is_the_evidence_of_a_zero() -> None:
    stated = read_event(event(usage(counts={"users": 0}, items=[]))).statement
    assert isinstance(stated, UsageStatement)
    assert stated.with_items == {"users"}


def test_a_completion_lists_organizations_once_each() -> None:
    stated = read_event(event({"day": DAY, "organizations": [{"key": "a"}, {"key": "b"}]}, "trueup.usage.complete"))
    assert isinstance(stated.statement, Completion)
    twice = {"day": DAY, "organizations": [{"key": "a"}, {"key": "a"}]}
    assert refused(event(twice, "trueup.usage.complete")) == "push.duplicate_key"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (usage(counts={"users": "3"}), "push.count"),
        (usage(counts={"users": True}), "push.count"),
        (usage(counts={"users": -1}), "push.count"),
        (usage(counts={"users": None}), "push.count"),
        (usage(counts={"users": 10**30}), "push.count"),
        (usage(counts={}), "push.nothing_said"),
        (usage(counts=[3]), "push.shape"),
        (usage(count={"users": 3}), "push.shape"),
        (usage(day="14/06/2026"), "push.shape"),
        (usage(day="2026-06-31"), "push.shape"),
        (usage(organization={"key": " "}), "push.text"),
        (usage(organization={"key": "a\u0000b"}), "push.text"),
        (usage(organization={"key": "x" * 201}), "push.text"),
        (usage(counts={"users": 2}, items=[{"key": "a", "billing_type": "users"}]), "push.count_without_its_items"),
        (usage(items=[{"key": "a", "billing_type": "users"}] * 3), "push.item_twice"),
        (None, "push.shape"),
        ("text", "push.shape"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_code(data: Any, code: str) -> None:
    assert refused(event(data)) == code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "push.shape"),
        (b'{"specversion":"1.0"}', "push.shape"),
        (event(usage(), specversion="0.3"), "push.version"),
        (event(usage(), "com.example.other"), "push.type"),
        (event(usage()).replace(b'"users": 3', b'"users": 3, "users": 300'), "push.duplicate_key"),
        (event(usage()).replace(b'"users": 3', b'"users": NaN'), "push.shape"),
        (event(usage()).replace(b'"users": 3', b'"users": 1e999999999'), "push.count"),
        (event(usage()).replace(b'"acme"', b'"\\ud800"'), "push.text"),
        (event(usage()).replace(b'{"users": 3}', b'{"users":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), "push.shape"),
        (event(usage()).replace(b"3}", b"9" * 5000 + b"}"), "push.shape"),
        (event({**usage(), "\ud800": 1}), "push.shape"),
        (event(usage()).replace(b'"users": 3', b'"users": 1e99999999999999999999'), "push.shape"),
        (event(usage()).replace(b'"users": 3', b'"users": 5, " users ": 1'), "push.duplicate_key"),
        (event(usage()).replace(b'"id": "1"', b'"id": "1", "id": "2"'), "push.duplicate_key"),
        (
            event(usage(counts={}, items=[{"key": "a", "billing_type": "users", "attributes": {"billing_type": 1}}])),
            "push.duplicate_key",
        ),
        (
            event(usage(counts={}, items=[{"key": "a", "billing_type": "users", "attributes": {"n": 7}}])).replace(
                b'"n": 7', b'"n": -1e9999999'
            ),
            "push.count",
        ),
    ],
)
def test_hostile_texts_are_refused_and_never_crash(body: bytes, code: str) -> None:
    assert refused(body) == code


def test_the_same_content_has_the_same_digest_whatever_its_spaces_and_order() -> None:
    one = read_event(event(usage()))
    other = json.dumps(json.loads(event(usage())), indent=3, sort_keys=True).encode()
    assert read_event(other).digest == one.digest
    assert read_event(event(usage(counts={"users": 4}))).digest != one.digest


def test_a_body_is_a_list_or_one_event() -> None:
    assert len(split_batch(b"[" + event(usage()) + b", 3]")) == 2
    assert split_batch(b"  " + event(usage())) == (b"  " + event(usage()),)
    with pytest.raises(EventError):
        split_batch(b"hello")


def test_a_broken_event_is_still_named_in_the_answer_where_it_says_who_it_is() -> None:
    assert identity_of(event(None)) == ("1", "urn:test")
    assert identity_of(b"[]") == ("", "")
