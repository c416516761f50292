"""Cells of a file that no spreadsheet runs as formulas (OWASP: CSV injection). A number is a number; only text is made
safe, whatever it begins with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final

Cell = str | int | Decimal | date | None

_STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text


def cell_text(cell: Cell) -> str:
    """A cell as text: numbers with all their digits and a point, days in ISO form, nothing as nothing."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return safe_cell(cell)
    return format(cell, "f") if isinstance(cell, Decimal) else str(cell)


def csv_row(cells: Iterable[Cell]) -> str:
    """One row, quoted where needed, ended by CR LF (RFC 4180)."""
    line = io.StringIO()
    csv.writer(line).writerow([cell_text(cell) for cell in cells])
    return line.getvalue()
