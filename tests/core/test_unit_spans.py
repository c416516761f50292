"""A line's units as spans answer like a copy of each day, whatever the PSA said of which days."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from trueup.core.contract import UnitRow
from trueup.core.dates.unit_spans import UnitSpan, overwritten, spans_of

FIRST = date(2026, 1, 1)
DAYS = 24


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@st.composite
def readings(draw: st.DrawFn) -> list[tuple[int, int, list[UnitRow]]]:
    """Readings one after the other, each up to a later day and back to the one before at least; rows may leave gaps."""
    found: list[tuple[int, int, list[UnitRow]]] = []
    last = 0
    for _ in range(draw(st.integers(1, 5))):
        before, last = last, min(DAYS - 1, last + draw(st.integers(0, 6)))
        first = draw(st.integers(0, min(before + 1, last)))
        rows: list[UnitRow] = []
        begin = draw(st.integers(0, 3))
        while begin < DAYS:
            end = min(DAYS + 3, begin + draw(st.integers(0, 9)))
            rows.append(UnitRow(day(begin), day(end), draw(st.integers(0, 2))))
            begin = end + 1 + draw(st.sampled_from((0, 0, 0, 2)))
        found.append((first, last, rows))
    return found


@settings(max_examples=200, deadline=None)
@given(readings())
def test_spans_and_a_copy_of_each_day_answer_the_same(said: list[tuple[int, int, list[UnitRow]]]) -> None:
    copy: dict[date, int] = {}
    spans: tuple[UnitSpan, ...] = ()
    newest = 0
    for first, last, rows in said:
        newest = last
        for number in range(first, last + 1):
            copy.pop(day(number), None)
            for row in rows:
                if row.start <= day(number) <= row.end:
                    copy[day(number)] = row.units
        spans = overwritten(spans, spans_of(rows, day(first), day(last)), day(first), day(last))
        for number in range(newest + 1):
            on = [
                one.units for one in spans if one.first <= day(number) and (one.last is None or day(number) <= one.last)
            ]
            assert on == ([copy[day(number)]] if day(number) in copy else [])


def test_a_night_that_says_the_same_changes_nothing() -> None:
    month = [UnitRow(day(0), day(11), 5), UnitRow(day(12), day(23), 5)]
    before = spans_of(month, day(0), day(10))
    assert before == (UnitSpan(day(0), None, 5),)
    assert overwritten(before, spans_of(month, day(8), day(13)), day(8), day(13)) == before


def test_what_is_older_than_a_reading_stays() -> None:
    before = (UnitSpan(day(0), day(3), 4), UnitSpan(day(4), None, 7))
    after = overwritten(before, spans_of([UnitRow(day(6), day(20), 9)], day(6), day(12)), day(6), day(12))
    assert after == (UnitSpan(day(0), day(3), 4), UnitSpan(day(4), day(5), 7), UnitSpan(day(6), None, 9))


def test_a_span_that_begins_where_the_new_reading_does_is_replaced() -> None:
    said = (UnitSpan(day(3), None, 43),)
    assert overwritten((UnitSpan(day(3), None, 41),), said, day(3), day(9)) == said
    before = (UnitSpan(day(0), day(2), 40), UnitSpan(day(3), None, 41))
    assert overwritten(before, said, day(3), day(9)) == (UnitSpan(day(0), day(2), 40), *said)
