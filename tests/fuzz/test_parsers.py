"""Parsers of what comes from outside, fed with damaged input: they answer, or refuse in their own words; nothing else.

The corpus holds what each parser reads, and whatever once broke one. `make fuzz` tries a thousand times as much; what
it finds goes into the corpus.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trueup.core.expression import ExpressionError, parse
from trueup.modules.catalogue_files import CatalogueError
from trueup.modules.catalogue_reading import read_catalogue
from trueup.modules.files.profile import profile_from
from trueup.modules.files.reading import read_file
from trueup.modules.files.refusing import FileRefusedError
from trueup.modules.push.events import EventError, identity_of, read_event, split_batch

CORPUS = Path(__file__).with_name("corpus")
TRIES = int(os.environ.get("TRUEUP_FUZZ_TRIES", "25"))
PROFILE = profile_from("backup_cloud", {"source": "file", "organization": "Customer", "count.seats": "Seats"})
BITS = (
    b'"', b"'", b"(", b")", b"[", b"]", b"{", b"}", b":", b",", b";", b"\n", b"\x00", b"\xff", b"\xed\xa0\x80",
    b"-", b"e", b"9" * 40, b" " * 30, b"&a ", b"*a", b"!!x ", b"<<: ", b"None", b"not ", b"matches ", b"(" * 300,
)  # fmt: skip


def _expression(data: bytes) -> None:
    parse(data.decode("utf-8", "replace"))


def _catalogue(data: bytes) -> None:
    read_catalogue(data.decode("utf-8", "replace"), "fuzzed.yaml")


def _csv(data: bytes) -> None:
    read_file(data, PROFILE, date(2026, 6, 14))


def _cloudevents(data: bytes) -> None:
    for body in split_batch(data):
        identity_of(body)
        read_event(body)


PARSERS: dict[str, tuple[Callable[[bytes], None], type[Exception]]] = {
    "expression": (_expression, ExpressionError),
    "catalogue": (_catalogue, CatalogueError),
    "csv": (_csv, FileRefusedError),
    "cloudevents": (_cloudevents, EventError),
}


def corpus(kind: str) -> list[bytes]:
    return [file.read_bytes() for file in sorted((CORPUS / kind).iterdir())]


def tried(kind: str, data: bytes) -> bool:
    """Whether it was read; any error but the parser's own goes through."""
    parser, refusal = PARSERS[kind]
    try:
        parser(data)
    except refusal:
        return False
    return True


@st.composite
def damaged(draw: st.DrawFn, kind: str) -> bytes:
    data = bytearray(draw(st.sampled_from(corpus(kind))))
    for _ in range(draw(st.integers(1, 6))):
        here = draw(st.integers(0, len(data)))
        there = min(len(data), here + draw(st.integers(0, 24)))
        replaced = draw(st.one_of(st.sampled_from(BITS), st.binary(max_size=6), st.just(bytes(data[here:there]) * 2)))
        data[here:there] = replaced
    return bytes(data)


@pytest.mark.parametrize("kind", PARSERS)
def test_the_corpus_itself_is_read_or_refused(kind: str) -> None:
    read = [tried(kind, data) for data in corpus(kind)]
    assert any(read), "a corpus of refused files alone would reach little of the parser"
    assert not tried(kind, b"\xff\xfe\x00(")


@pytest.mark.timeout(0 if TRIES > 25 else 120)
@pytest.mark.parametrize("kind", PARSERS)
def test_damaged_input_is_read_or_refused_and_nothing_else(kind: str) -> None:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]

    @settings(max_examples=TRIES, deadline=None, derandomize=TRIES <= 1000, database=None, suppress_health_check=slow)
    @given(data=damaged(kind))
    def damage(data: bytes) -> None:
        tried(kind, data)

    damage()
