"""Rows of a CSV file that no spreadsheet runs as formulas (OWASP: CSV injection)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

_STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text


def csv_row(cells: Iterable[str]) -> str:
    """One row, quoted where needed, ended by CR LF (RFC 4180)."""
    line = io.StringIO()
    csv.writer(line).writerow([safe_cell(cell) for cell in cells])
    return line.getvalue()
