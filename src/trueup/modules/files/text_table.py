"""CSV and its kin: encoding and delimiter found or told, rows with the numbers of their lines."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Final

from trueup.core.expression import fold
from trueup.modules.files.refusing import cut_short, unreadable
from trueup.modules.files.rows import COLUMN_LIMIT, ROW_LIMIT, Cell, Layout, Rows, Written

LINE_LIMIT: Final = 1_000_000
"""Characters of one line."""
SAMPLE: Final = 30
"""Rows among which the header is looked for, so that a vendor's title lines do no harm."""

_DELIMITERS: Final = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def _encoding(data: bytes, told: str) -> str:
    """The encoding: a mark at the beginning, else UTF-8 where every byte fits, else Windows-1252 (which holds
    ISO-8859-1). Raises FileRefusedError `file.not_text`, `file.encoding`."""
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    chosen = marked or (None if told == "auto" else told)
    if chosen is None:
        if b"\0" in data:
            raise unreadable("file.not_text")
        chosen = "utf-8" if _fits(data, "utf-8") else "windows-1252" if _fits(data, "windows-1252") else "iso-8859-1"
    elif not _fits(data, chosen):
        raise unreadable("file.encoding", encoding=chosen)
    return chosen


def _fits(data: bytes, encoding: str) -> bool:
    try:
        with io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline="") as text:
            while text.read(1 << 16):
                pass
    except UnicodeError:
        return False
    return True


def _lines(data: bytes, encoding: str) -> Iterator[str]:
    with io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline="") as text:
        number = 0
        while line := text.readline(LINE_LIMIT):
            number += 1
            if len(line) >= LINE_LIMIT:
                raise unreadable("file.line_too_long", line=number, limit=LINE_LIMIT)
            yield line


def _rows(data: bytes, encoding: str, delimiter: str) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    reader = csv.reader(_lines(data, encoding), delimiter=delimiter, strict=True)
    first = 1
    try:
        for place, cells in enumerate(reader):
            if place >= ROW_LIMIT:
                raise unreadable("file.too_many_rows", limit=ROW_LIMIT)
            if len(cells) > COLUMN_LIMIT:
                raise unreadable("file.too_many_columns", line=first, limit=COLUMN_LIMIT)
            yield first, tuple(cells)
            first = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise cut_short("file.cut_in_quotes", line=first) from None
        raise unreadable("file.csv_broken", line=reader.line_num) from None


def _delimiter(data: bytes, encoding: str, layout: Layout) -> str:
    """The delimiter under which a row among the first holds most of the layout's columns; the widest of equals."""
    if layout.delimiter != "auto":
        return _DELIMITERS[layout.delimiter]
    wanted = {fold(name) for name in layout.columns}
    best, chosen = (-1, -1), ","
    for delimiter in _DELIMITERS.values():
        sample = io.StringIO("".join(islice(_lines(data, encoding), SAMPLE)), newline="")
        score = (0, 0)
        try:
            for cells in csv.reader(sample, delimiter=delimiter):
                score = max(score, (len(wanted & {fold(cell) for cell in cells}), len(cells)))
        except csv.Error:
            continue
        if score > best:
            best, chosen = score, delimiter
    return chosen


def text_table(data: bytes, layout: Layout) -> tuple[Written, Rows]:
    """How the text is written, and its rows. Raises FileRefusedError."""
    encoding = _encoding(data, layout.encoding)
    delimiter = _delimiter(data, encoding, layout)
    shown = encoding.removesuffix("-sig")
    return Written("csv", shown, delimiter), lambda: _rows(data, encoding, delimiter)
