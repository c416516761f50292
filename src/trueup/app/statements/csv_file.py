"""A statement as CSV: every row begins with the name of its table; the last row is the seal."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Final

from trueup.app.exports.cells import csv_row
from trueup.app.statements.document import Document, joined

_SEAL: Final = "trueup-seal"
_BOM: Final = "\N{BYTE ORDER MARK}"


def write(document: Document) -> bytes:
    """The file without its seal. Numbers have a point, days are written 2026-10-31."""
    text = [_BOM, csv_row(("statement", document.title))]
    text.append(csv_row(("statement", document.msp)))
    text += [csv_row(("statement", *pair)) for pair in document.head]
    if document.provisional:
        text.append(csv_row(("statement", document.provisional)))
    for table in document.tables:
        text.append(csv_row((table.name, *(column.title for column in table.columns))))
        text += [csv_row((table.name, *row)) for row in table.rows]
    return "".join(text).encode("utf-8")


def with_seal(data: bytes, seal: str) -> bytes:
    """The file with its seal as the last row."""
    return data + csv_row((_SEAL, seal)).encode("utf-8")


def parts_of(data: bytes) -> tuple[Mapping[str, bytes], str | None]:
    """Each row by its number, and the word of the seal; None without one. What stands behind the seal is a row too."""
    found: dict[str, bytes] = {}
    seal: str | None = None
    text = data.decode("utf-8-sig", errors="replace")
    for number, row in enumerate(csv.reader(io.StringIO(text, newline="")), 1):
        if row[:1] == [_SEAL] and len(row) == 2 and seal is None:
            seal = row[1]
        else:
            found[f"row {number}"] = joined(row).encode("utf-8")
    return found, seal
