"""Outcomes are kept small, and stay readable whatever packed them."""

from __future__ import annotations

import zlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.core.contract import UnitStep
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.reason import Reason
from trueup.store.codec import encode
from trueup.store.packing import packed, unpacked

HASH = "8533fe7ac39a243829b6bab6aa03a2c77ebcbeb569273ba4a5f894c08cbebbd6"


@given(st.text())
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert unpacked(packed(text)) == text


def test_what_was_packed_without_words_is_still_read() -> None:
    text = '{"line_id":"1","status":"none"}'
    for level in (1, 6, 9):
        assert unpacked(zlib.compress(text.encode(), level)) == text


def test_what_is_kept_today_is_read_by_every_later_release() -> None:
    kept = bytes.fromhex("58280392a81443ceffa054032f00a0052c2c3b9bc3b3b3652d00b15c1038")
    assert unpacked(kept) == '{"line_id":"1","status":"held","before":7,"after":9}'


@pytest.mark.parametrize(
    "kept",
    [b"", b"no stream", packed("a" * 200)[:-3], zlib.compress(b"\xff\xfe")],
    ids=["empty", "other", "cut", "no text"],
)
def test_damage_is_told(kept: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpacked(kept)


def test_words_of_another_release_are_named() -> None:
    other = zlib.compressobj(zdict=b"words that nobody has")
    kept = other.compress(b"words that nobody has, and more") + other.flush()
    with pytest.raises(ValueError, match=f"another release: {zlib.adler32(b'words that nobody has'):08x}"):
        unpacked(kept)


def test_an_unchanged_line_takes_less_than_two_thirds_of_what_it_takes_alone() -> None:
    day = date(2026, 6, 17)
    steps: tuple[Reason, ...] = (
        Reason.of("step.metric", name="datto_rmm.desktop", day=day, value=Decimal(4), coverage="measured"),
        Reason.of("step.metric", name="datto_rmm.laptop", day=day, value=Decimal(3), coverage="measured"),
        Reason.of("step.expression", text="datto_rmm.desktop + datto_rmm.laptop", day=day),
        Reason.of("step.basis", day=day, value=Decimal(7), basis="last"),
    )
    one = Outcome(
        "100110",
        OutcomeStatus.NONE,
        "1",
        "10001",
        "10",
        7,
        7,
        None,
        reasons=(Reason.of("none.right", units=7),),
        steps=steps,
        price=Decimal(12),
        rule_id="r10",
        expected=(UnitStep(date(2026, 4, 1), 7),),
        levels=(UnitStep(date(2026, 6, 1), 7),),
        meaning=HASH,
        psa_digest=HASH[::-1],
        digest=HASH[7:] + HASH[:7],
        customer_name="Weber Steuerberatung",
        contract_name="Managed services",
        service_name="Managed workstation",
    )
    text = encode(one)
    assert len(packed(text)) * 3 < len(zlib.compress(text.encode(), 9)) * 2
