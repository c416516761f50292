"""A statement as XLSX: a sheet a table, and a last sheet with the seal. The same statement gives the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from openpyxl import DEFUSEDXML, Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from trueup.app.exports.cells import Cell
from trueup.app.exports.sheet_cells import put
from trueup.app.statements.document import Document, Kind, Table, joined

_SEAL: Final = "Seal"
_CHUNK: Final = 30_000
"""A cell holds 32,767 characters at most (Excel specifications and limits)."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_MOMENT: Final = datetime(1980, 1, 1)  # noqa: DTZ001 - what the format writes has no zone
_MODIFIED: Final = re.compile(rb"<dcterms:modified[^>]*>[^<]*</dcterms:modified>")
_WIDEST: Final = 60
_LARGEST: Final = 64 * 1024 * 1024


def write(document: Document) -> bytes:
    """The file without its seal."""
    book: Any = Workbook()
    book.properties.creator, book.properties.title = document.msp, document.title
    book.properties.created = _MOMENT
    sheet = book.active
    sheet.title = document.said.word("statement", "sheet")
    _put(sheet, (document.title,), bold=True)
    _put(sheet, (document.msp,))
    for pair in document.head:
        _put(sheet, pair)
    if document.provisional:
        _put(sheet, (document.provisional,), bold=True)
    for pair in document.totals:
        _put(sheet, pair)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 24, _WIDEST
    for table in document.tables:
        _fill(book.create_sheet(table.title[:31]), table)
    return _same_bytes(book)


def _fill(sheet: Any, table: Table) -> None:  # noqa: ANN401 - openpyxl comes without types
    _put(sheet, tuple(column.title for column in table.columns), bold=True)
    for row in table.rows:
        _put(sheet, row)
    for place, column in enumerate(table.columns, 1):
        longest = max([len(column.title), *(len(str(row[place - 1] or "")) for row in table.rows)])
        sheet.column_dimensions[get_column_letter(place)].width = min(longest + 2, _WIDEST)
        if column.kind is Kind.MONEY:
            for number in range(2, len(table.rows) + 2):
                sheet.cell(number, place).number_format = "#,##0.00"
    sheet.freeze_panes = "A2"


def _put(sheet: Any, cells: Iterable[Cell], *, bold: bool = False) -> None:  # noqa: ANN401
    """One more row."""
    number = sheet.max_row + 1 if sheet.max_row > 1 or sheet.cell(1, 1).value is not None else 1
    for place, value in enumerate(cells, 1):
        if value is None or value == "":
            continue
        cell = sheet.cell(number, place)
        put(cell, value)
        if bold:
            cell.font = Font(bold=True)


def _same_bytes(book: Any) -> bytes:  # noqa: ANN401
    """The workbook with one moment everywhere, so that bytes tell content and nothing else."""
    made, fixed = io.BytesIO(), io.BytesIO()
    book.save(made)
    modified = b'<dcterms:modified xsi:type="dcterms:W3CDTF">1980-01-01T00:00:00Z</dcterms:modified>'
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                data = _MODIFIED.sub(modified, data)
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, data)
    return fixed.getvalue()


def with_seal(data: bytes, seal: str) -> bytes:
    """The file with its seal on a sheet of its own; a long one takes several cells."""
    book: Any = _opened(data, read_only=False)
    sheet = book.create_sheet(_SEAL)
    for start in range(0, len(seal), _CHUNK):
        _put(sheet, (seal[start : start + _CHUNK],))
    return _same_bytes(book)


def _opened(data: bytes, *, read_only: bool) -> Any:  # noqa: ANN401
    if not DEFUSEDXML:
        raise RuntimeError("openpyxl works without defusedxml")
    return load_workbook(io.BytesIO(data), read_only=read_only, data_only=False)


def parts_of(data: bytes) -> tuple[Mapping[str, bytes], str | None]:
    """Each row of each sheet that holds something, and the word of the seal; None without one.

    What counts is what the cells say: a spreadsheet program may save the file anew with other bytes.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > _LARGEST:
            raise ValueError("too large when unpacked")
    book: Any = _opened(data, read_only=True)
    found: dict[str, bytes] = {}
    seal: str | None = None
    for sheet in book.worksheets:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        if sheet.title == _SEAL and seal is None:
            seal = "".join(str(row[0]) for row in rows if row and row[0] is not None)
            continue
        for number, row in enumerate(rows, 1):
            texts = [_text(value) for value in row]
            while texts and not texts[-1]:
                texts.pop()
            if texts:
                found[f"{sheet.title}, row {number}"] = joined(texts).encode("utf-8")
    book.close()
    return found, seal


def _text(value: object) -> str:
    """What a cell says: a number as its shortest digits, a day in ISO form."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if not (value.hour or value.minute or value.second) else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return format(Decimal(str(value)).normalize(), "f")
    return str(value)
