"""What a table is made of, whatever the file's format: numbered rows of cells, and how the file is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Protocol

FILE_LIMIT: Final = 50_000_000
"""Bytes of a file; a larger one is not opened."""
ROW_LIMIT: Final = 1_000_000
COLUMN_LIMIT: Final = 256


class Formula(str):
    """The text of a spreadsheet formula. It is never calculated; where a value is needed the row is rejected."""

    __slots__ = ()


Cell = str | Decimal | date | None
"""What stands in a cell. A number of a spreadsheet is exact to the 15 digits that spreadsheets keep."""


@dataclass(frozen=True, slots=True)
class Written:
    """How a file is written, found or said by the profile: shown with every preview. `decimal` is `,`, `.` or empty."""

    format: str
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    decimal: str = ""


Rows = Callable[[], Iterator[tuple[int, tuple[Cell, ...]]]]
"""Gives the rows from the beginning each time it is called, with their numbers in the file. May raise
FileRefusedError at any row."""


class Layout(Protocol):
    """What must be known of a file before it is read: its columns, and whatever of its form is not to be found out
    (`auto`)."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is needed, each once, as the header names it; compared trimmed and without case."""

    @property
    def delimiter(self) -> str:
        """`auto`, `comma`, `semicolon`, `tab` or `pipe`."""

    @property
    def encoding(self) -> str:
        """`auto`, or the name of an encoding."""

    @property
    def sheet(self) -> str | None:
        """The sheet of a workbook; None: its only visible one."""


def text_of(cell: Cell) -> str:
    """A cell as text, trimmed; a whole number without a decimal part."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return format(cell.to_integral_value() if cell == cell.to_integral_value() else cell, "f")
    return (cell.isoformat() if isinstance(cell, date) else " ".join(cell.split())).strip()
