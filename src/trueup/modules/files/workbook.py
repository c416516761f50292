"""XLSX, read row by row by openpyxl with defusedxml: nothing is calculated, no entity is expanded, and what a workbook
would unpack to is known before it is unpacked."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from openpyxl import DEFUSEDXML, load_workbook

from trueup.modules.files.refusing import FileRefusedError, unreadable
from trueup.modules.files.rows import COLUMN_LIMIT, ROW_LIMIT, Cell, Formula, Layout, Rows, Written

PARTS: Final = 2_000
UNPACKED: Final = 300_000_000
TEXTS: Final = 60_000_000
"""Bytes of the workbook's table of texts, which is kept in memory as a whole."""
OTHER: Final = 20_000_000
"""Bytes of any other part but a sheet."""

_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
)
"""What openpyxl and the standard library raise for workbooks that are damaged, encrypted or made up."""


@contextmanager
def _careful() -> Iterator[None]:
    """Turns every complaint about a workbook into one refusal, and keeps the library's warnings to itself."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except FileRefusedError:
        raise
    except _BROKEN as error:  # the refusal of an entity is a ValueError, and openpyxl wraps it in another
        if isinstance(error, DefusedXmlException) or isinstance(error.__cause__, DefusedXmlException):
            raise unreadable("file.workbook_unsafe") from None
        raise unreadable("file.workbook_broken", error=type(error).__name__) from None


def _weigh(data: bytes) -> None:
    """Refuse what would unpack to too much. A part never yields more than the size it declares: zipfile stops there."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
    if len(parts) > PARTS:
        raise unreadable("file.workbook_too_large", part="*", size=len(parts), limit=PARTS)
    total = sum(part.file_size for part in parts)
    if total > UNPACKED:
        raise unreadable("file.workbook_too_large", part="*", size=total, limit=UNPACKED)
    for part in parts:
        name = part.filename.lower()
        limit = TEXTS if name.endswith("sharedstrings.xml") else UNPACKED if "worksheets/" in name else OTHER
        if part.file_size > limit:
            raise unreadable("file.workbook_too_large", part=part.filename, size=part.file_size, limit=limit)


def _number(value: int | float) -> Decimal:
    """A number as the spreadsheet shows it: it keeps 15 digits, what lies beyond is noise of its arithmetic."""
    return Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")


def _cell(value: object, kind: str) -> Cell:
    if value is None:
        return None
    if kind == "f":
        return Formula(value if isinstance(value, str) else "=")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date | str) else str(value)


def _sheet(data: bytes, told: str | None) -> str:
    book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    try:
        visible = [str(sheet.title) for sheet in book.worksheets if sheet.sheet_state == "visible"]
    finally:
        book.close()
    if told is not None:
        found = next((name for name in visible if name.casefold() == told.casefold()), None)
        if found is None:
            raise unreadable("file.no_sheet", sheet=told, sheets=", ".join(visible))
        return found
    if len(visible) != 1:
        raise unreadable("file.which_sheet", sheets=", ".join(visible))
    return visible[0]


def _rows(data: bytes, sheet: str) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    with _careful():
        book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        try:
            found = book[sheet]
            found.reset_dimensions()  # a sheet that says it is smaller than it is would lose rows in silence
            for number, row in enumerate(found.iter_rows(), 1):
                if number > ROW_LIMIT:
                    raise unreadable("file.too_many_rows", limit=ROW_LIMIT)
                if any(cell.value is not None for cell in row[COLUMN_LIMIT:]):
                    raise unreadable("file.too_many_columns", line=number, limit=COLUMN_LIMIT)
                yield number, tuple(_cell(cell.value, cell.data_type) for cell in row[:COLUMN_LIMIT])
        finally:
            book.close()


def workbook_table(data: bytes, layout: Layout) -> tuple[Written, Rows]:
    """Which sheet it is, and its rows. Raises FileRefusedError."""
    with _careful():
        if not DEFUSEDXML:
            raise unreadable("file.workbook_unsafe")
        _weigh(data)
        sheet = _sheet(data, layout.sheet)
    return Written("xlsx", sheet=sheet), lambda: _rows(data, sheet)
