"""A table that is handed out: CSV, XLSX or Parquet. Text is never run as a formula, numbers keep all their digits."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from trueup.app.errors import UseCaseError
from trueup.app.exports.cells import Cell, csv_row
from trueup.app.exports.sheet_cells import put
from trueup.core.reason import Reason


class ColumnKind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    UNITS = "units"
    MONEY = "money"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its stable name, which is the same in every language and in every file."""

    name: str
    kind: ColumnKind = ColumnKind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """A named table; every row has a cell a column. Units are whole numbers, money is in the row's `currency`."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def as_csv(table: Table) -> bytes:
    """CSV in UTF-8 with its mark, as spreadsheets read it: numbers with a point, days in ISO form."""
    lines = [csv_row(column.name for column in table.columns), *(csv_row(row) for row in table.rows)]
    return ("\N{BYTE ORDER MARK}" + "".join(lines)).encode()


def as_workbook(table: Table) -> bytes:
    """XLSX: text as text, numbers as numbers."""
    from openpyxl import Workbook  # noqa: PLC0415 - slow, and most reports are only looked at

    book: Any = Workbook()
    sheet = book.active
    sheet.title = table.name[:31]
    for number, row in enumerate((tuple(column.name for column in table.columns), *table.rows), 1):
        for place, value in enumerate(row, 1):
            cell = sheet.cell(number, place)
            put(cell, value)
            if number > 1 and table.columns[place - 1].kind is ColumnKind.MONEY:
                cell.number_format = "#,##0.00"
    sheet.freeze_panes = "A2"
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def as_parquet(table: Table) -> bytes:
    """Parquet with exact decimals. Raises UseCaseError `report.no_parquet` where the library for it is missing
    (docs/decisions/0170-parquet-is-an-extra.md)."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra, and heavy
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise UseCaseError(Reason.of("report.no_parquet")) from None
    kinds: Mapping[ColumnKind, Any] = {
        ColumnKind.TEXT: pa.string(),
        ColumnKind.UNITS: pa.int64(),
        ColumnKind.MONEY: pa.decimal128(18, 2),
        ColumnKind.DAY: pa.date32(),
    }
    arrays = [
        pa.array([row[place] for row in table.rows], type=kinds[column.kind])
        for place, column in enumerate(table.columns)
    ]
    held = io.BytesIO()
    parquet.write_table(pa.table(arrays, names=[column.name for column in table.columns]), held)
    return held.getvalue()


FORMATS: Final[Mapping[str, Callable[[Table], bytes]]] = {"csv": as_csv, "xlsx": as_workbook, "parquet": as_parquet}
"""How a table may be written, by the ending of the file."""

MEDIA: Final[Mapping[str, str]] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
"""The media type of each."""
