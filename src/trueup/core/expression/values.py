"""The values that expressions work on, and how two of them compare.

Text compares trimmed and without case, so that `"desktop "` and `"Desktop"` are the same category. Values of two
kinds are never equal: 5 is not "5". A missing value (None) is equal to nothing, not even to another missing value.
"""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

Scalar = Decimal | str | bool | date | None
"""A value that goes into an expression or comes out of it. A whole number (`int`) is accepted on the way in."""

Value = Decimal | Fraction | int | str | bool | date | None
"""A value on its way through an expression: a quotient that does not end is carried as an exact fraction."""


class Kind(StrEnum):
    """What a value is. `unknown` is a value whose kind shows only when it is there: it passes every check."""

    NUMBER = "number"
    TEXT = "text"
    TRUTH = "truth"
    DAY = "day"
    UNKNOWN = "unknown"


_KINDS: dict[type, Kind] = {
    Decimal: Kind.NUMBER,
    int: Kind.NUMBER,
    Fraction: Kind.NUMBER,
    str: Kind.TEXT,
    bool: Kind.TRUTH,
    date: Kind.DAY,
}


def kind_of(value: object) -> Kind | None:
    """The kind of a value that is there; None for a missing value and for types the language does not know.

    A `datetime` is not a day: which day it names depends on a time zone, so the collector decides that.
    """
    known = _KINDS.get(type(value))
    if known is not None or value is None or isinstance(value, datetime):
        return known
    for type_, kind in _KINDS.items():
        if isinstance(value, type_):
            return kind
    return None


def fold(text: str) -> str:
    """Text as it is compared: trimmed, without case, with accents in their composed form."""
    folded = text.strip().casefold()
    return folded if folded.isascii() else unicodedata.normalize("NFC", folded)


def fold_prefix(text: str) -> str:
    """A prefix as it is compared: a blank at its end is kept, because `"srv "` asks for that blank."""
    folded = text.lstrip().casefold()
    return folded if folded.isascii() else unicodedata.normalize("NFC", folded)
