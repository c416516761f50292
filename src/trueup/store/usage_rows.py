"""Items and readings as rows of the database, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

from trueup.core.usage import Coverage, Item, Reading, Scalar
from trueup.store.codec import attributes_from, attributes_text, exact_text
from trueup.store.errors import StoreError
from trueup.store.intervals import Row

LETTER = {Coverage.MEASURED: "m", Coverage.PARTIAL: "p", Coverage.UNKNOWN: "u"}
COVERAGE = {letter: coverage for coverage, letter in LETTER.items()}


def item_rows(items: Sequence[Item], organizations: Mapping[str, int], connection: str, stream: str) -> list[Row]:
    """Items as rows (key, organization, name, attributes). Few combinations of attributes exist among many items, so
    each is written as text once. Raises StoreError `store.duplicate_item`."""
    if _mixes_numbers(items):
        rows: list[Row] = [(key, organizations[one], name, attributes_text(held)) for key, one, name, held in items]
    else:
        texts = {held: attributes_text(held) for held in {item.attributes for item in items}}
        rows = [(key, organizations[one], name, texts[held]) for key, one, name, held in items]
    if len({row[0] for row in rows}) != len(rows):
        twice, _ = Counter(row[0] for row in rows).most_common(1)[0]
        raise StoreError("store.duplicate_item", connection=connection, stream=stream, item=twice)
    return rows


def _mixes_numbers(items: Sequence[Item]) -> bool:
    """Whether one attribute holds numbers and truth values: they can be equal (1 and True) without being the same."""
    kinds = (set(map(type, column)) for column in zip(*(item.attributes for item in items), strict=False))
    return any(bool in found and (int in found or Decimal in found) for found in kinds)


def reading_rows(
    readings: Sequence[Reading], metrics: Mapping[str, int], organizations: Mapping[str, int], connection: str
) -> list[Row]:
    """Readings as rows (metric, organization, value, coverage). Raises StoreError `store.duplicate_reading`."""
    texts = {value: exact_text(value) for value in {reading.value for reading in readings}}
    measured = Coverage.MEASURED
    rows: list[Row] = [
        (
            metrics[one.metric],
            organizations[one.organization],
            texts[one.value],
            "m" if one.coverage is measured else LETTER[one.coverage],
        )
        for one in readings
    ]
    if len({row[:2] for row in rows}) != len(rows):
        (metric, organization), _ = Counter((one.metric, one.organization) for one in readings).most_common(1)[0]
        named = {"metric": metric, "organization": organization}
        raise StoreError("store.duplicate_reading", connection=connection, **named)
    return rows


def items_from(
    rows: Sequence[Row], organizations: Mapping[int, str], kept: tuple[str, ...], wanted: tuple[str, ...]
) -> list[Item]:
    """Rows (key, organization, name, attributes) as items. Attributes that were kept under one layout are given in the
    order of another; what it lacked is None."""
    places = [kept.index(name) if name in kept else None for name in wanted]
    values: dict[str, tuple[Scalar, ...]] = {}
    for text in {row[3] for row in rows}:
        found = cast("tuple[Scalar, ...]", attributes_from(text))
        values[text] = found if kept == wanted else tuple(None if at is None else found[at] for at in places)
    return [Item(row[0], organizations[row[1]], row[2], values[row[3]]) for row in rows]
