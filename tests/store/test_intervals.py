"""Intervals answer every question as a copy of each day would."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.conftest import NOW
from tests.store.histories import (
    DAYS,
    STREAMS,
    DailyCopy,
    collections,
    day_of,
    items_of,
    readings_of,
    typed,
    vars_of,
)

from trueup.core.settings import TenantSettings
from trueup.core.usage import Collection, Coverage
from trueup.store.database import Database
from trueup.store.intervals import Place, spliced
from trueup.store.tenant_store import TenantStore


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "trueup.db"
    with Database.open(path, create=True) as database:
        store = database.create_tenant("default", TenantSettings(), now=NOW)
        store.connections.add("rmm", "module", "datto_rmm", {}, {}, "tests", now=NOW)
    return path


@contextmanager
def _fresh(empty: Path) -> Iterator[TenantStore]:
    with tempfile.TemporaryDirectory() as folder:
        path = shutil.copy(empty, Path(folder) / "trueup.db")
        with Database.open(path) as database:
            yield database.tenant()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=st.lists(collections(), min_size=1, max_size=10))
def test_intervals_and_a_copy_of_every_day_answer_the_same(empty: Path, history: list[Collection]):
    naive = DailyCopy()
    with _fresh(empty) as store:
        for one in history:
            counts = naive.record(one)
            recorded = store.usage.record(one)
            assert (recorded.counts, recorded.attempt) == (counts, naive.attempts[one.day])
            _same(store, naive)
        _nothing_forgotten(store, naive)


def _same(store: TenantStore, naive: DailyCopy) -> None:
    last = day_of(DAYS - 1)
    streams = store.usage.streams("rmm")
    deliveries = {one.day: one for one in store.usage.deliveries("rmm", day_of(0), last)}
    assert {day: one.coverage for day, one in deliveries.items()} == {
        day: one.coverage for day, one in naive.current.items()
    }
    spans = store.usage.readings(day_of(0), last)
    for day in map(day_of, range(DAYS)):
        content = naive.content(day)
        on_day = store.usage.readings(day, day) if content else ()
        found = {(span.metric, span.organization, span.value, span.coverage) for span in on_day}
        assert found == readings_of(content)
        covering = [s for s in spans if s.first <= day and (s.last is None or day <= s.last)]
        if content:
            assert len(covering) == len(found)
            brought = {inventory.stream: inventory for inventory in content.inventories}
            assert set(deliveries[day].streams) == set(brought)
            assert set(deliveries[day].partial) == {(s, key) for s, one in brought.items() for key in one.partial}
        for stream in STREAMS:
            items = store.usage.items(day, "rmm", stream)
            wanted = streams.get(stream, ())
            assert [(*item[:3], typed(item.attributes)) for item in items] == items_of(content, stream, wanted)


def _nothing_forgotten(store: TenantStore, naive: DailyCopy) -> None:
    streams = store.usage.streams("rmm")
    counted = naive.replaced | {(day, naive.numbers[day]): one for day, one in naive.current.items()}
    for (day, attempt), one in counted.items():
        content = None if one.coverage is Coverage.UNKNOWN else one
        for stream in STREAMS:
            items = store.usage.items_of_attempt(day, "rmm", stream, attempt)
            wanted = streams.get(stream, ())
            assert [(*item[:3], typed(item.attributes)) for item in items] == items_of(content, stream, wanted)
        readings = store.usage.readings_of_attempt(day, "rmm", attempt)
        assert set(map(vars_of, readings)) == readings_of(content)


@settings(max_examples=25, deadline=None)
@given(history=st.lists(collections(), min_size=2, max_size=8))
def test_ends_of_intervals_are_delivered_days_and_none_overlap(empty: Path, history: list[Collection]):
    with _fresh(empty) as store:
        for one in history:
            store.usage.record(one)
        delivered = set(store.usage.delivered_days("rmm"))
        seen: dict[tuple[str, str], list[tuple[object, object]]] = {}
        for span in store.usage.readings(day_of(0), day_of(DAYS)):
            assert span.first in delivered
            assert span.last is None or span.last in delivered
            assert span.last is None or span.first <= span.last
            seen.setdefault((span.metric, span.organization), []).append((span.first, span.last))
        for spans in seen.values():
            days = [d for d in delivered for first, last in spans if first <= d and (last is None or d <= last)]
            assert len(days) == len(set(days))
            assert sum(last is None for _, last in spans) <= 1


OLD, NEW = ("old",), ("new",)


@pytest.mark.parametrize(
    ("spans", "place", "value", "expected"),
    [
        ([], Place(5, None, None, 1, False), NEW, [(5, None, NEW)]),
        ([(1, None, OLD)], Place(5, 4, None, 1, False), OLD, [(1, None, OLD)]),
        ([(1, None, OLD)], Place(5, 3, None, 1, False), NEW, [(1, 3, OLD), (5, None, NEW)]),
        ([(1, None, OLD)], Place(5, 3, None, 1, False), None, [(1, 3, OLD)]),
        ([(1, None, OLD)], Place(5, 3, 8, 1, False), NEW, [(1, 3, OLD), (8, None, OLD), (5, 5, NEW)]),
        ([(1, None, OLD)], Place(5, 3, 8, 1, False), None, [(1, 3, OLD), (8, None, OLD)]),
        ([(1, 3, NEW), (5, None, OLD)], Place(5, 3, None, 2, True), NEW, [(1, None, NEW)]),
        ([(1, 3, NEW), (5, 5, OLD), (8, 9, NEW)], Place(5, 3, 8, 2, True), NEW, [(1, 9, NEW)]),
        ([(1, 3, NEW), (8, None, NEW)], Place(5, 3, 8, 1, False), NEW, [(1, None, NEW)]),
        ([(1, 2, NEW), (9, None, NEW)], Place(5, 3, 8, 1, False), NEW, [(1, 2, NEW), (9, None, NEW), (5, 5, NEW)]),
        ([(5, None, OLD)], Place(5, None, 8, 2, True), NEW, [(8, None, OLD), (5, 5, NEW)]),
        ([(5, None, OLD)], Place(5, None, None, 2, True), None, []),
    ],
)
def test_one_day_is_put_without_touching_another(spans, place, value, expected):
    assert spliced(spans, place, value) == expected
