"""Cells of a workbook: text is text, whatever it begins with. openpyxl takes a leading = for a formula."""

from __future__ import annotations

import re
from typing import Any

from trueup.app.exports.cells import Cell

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML cannot hold."""


def put(cell: Any, value: Cell) -> None:  # noqa: ANN401 - openpyxl comes without types
    """Write a value into a cell of openpyxl; nothing leaves it empty."""
    if isinstance(value, str):
        cell.value = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value)
        cell.data_type = "s"
        cell.quotePrefix = True
    elif value is not None:
        cell.value = value
