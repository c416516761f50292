"""Names whatever their case. Both databases know the case of plain letters only (`É` stays `É`), Python knows all: a
statement finds every row that may fit, and whoever reads the rows looks again."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

_ESCAPE = "!"
_ACCENTED = re.compile(r"[^\x00-\x7f]+")


def may_be(column: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
    """Whether a column may hold this text."""
    plain = text.lower()
    if plain.isascii():
        return sa.func.lower(column) == plain
    return sa.func.lower(column).like(_pattern(plain), escape=_ESCAPE)


def may_contain(column: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
    """Whether a column may hold a text with this one in it."""
    return sa.func.lower(column).like(f"%{_pattern(text.lower())}%", escape=_ESCAPE)


def _pattern(text: str) -> str:
    for letter in (_ESCAPE, "%", "_"):
        text = text.replace(letter, _ESCAPE + letter)
    return _ACCENTED.sub("%", text)
