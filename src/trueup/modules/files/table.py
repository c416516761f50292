"""A file as a table: how it is written, where its header stands, and the rows below it, whatever their columns mean."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from itertools import islice
from typing import Final

from trueup.core.expression import fold
from trueup.modules.files.refusing import implausible, unreadable
from trueup.modules.files.rows import FILE_LIMIT, Cell, Layout, Rows, Written, text_of
from trueup.modules.files.text_table import SAMPLE, text_table

DAY_FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    "iso": ("%Y-%m-%d",),
    "dmy": ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y"),
    "mdy": ("%m/%d/%Y", "%m-%d-%Y"),
}
"""How days may be written, by the name of the form."""


def table_of(data: bytes, layout: Layout) -> tuple[Written, Rows]:
    """How a file is written and its rows, by its first bytes and never by its name. Raises FileRefusedError."""
    if len(data) > FILE_LIMIT:
        raise unreadable("file.too_large", size=len(data), limit=FILE_LIMIT)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise unreadable("file.old_workbook")
    if data.startswith(b"PK"):
        from trueup.modules.files.workbook import workbook_table  # noqa: PLC0415 - slow, and many files are text

        return workbook_table(data, layout)
    return text_table(data, layout)


def rows_below(rows: Rows, header: int) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    """The rows below the header that are not empty."""
    for line, cells in rows():
        if line > header and any(cell is not None and cell != "" for cell in cells):
            yield line, cells


def header_of(rows: Rows, layout: Layout) -> tuple[int, Mapping[str, int]]:
    """The header's line, and where each column of the layout stands. Raises FileRefusedError `file.empty`,
    `file.column_missing`, `file.column_twice`."""
    best: tuple[int, int, list[str]] = (-1, 0, [])
    wanted = {fold(name) for name in layout.columns}
    for line, cells in islice(rows(), SAMPLE):
        names = [fold(text_of(cell)) for cell in cells]
        score = len(wanted & set(names))
        if any(names) and score > best[0]:
            best = (score, line, [text_of(cell) for cell in cells])
    score, line, shown = best
    if score < 0:
        raise implausible("file.empty")
    folded = [fold(name) for name in shown]
    for name in layout.columns:
        if fold(name) not in folded:
            near = difflib.get_close_matches(fold(name), [one for one in folded if one], n=1)
            meant = shown[folded.index(near[0])] if near else None
            present = ", ".join(one for one in shown if one)[:500]
            raise unreadable("file.column_missing", column=name, columns=present, near=meant, line=line)
        if folded.count(fold(name)) > 1:
            raise unreadable("file.column_twice", column=name, line=line)
    return line, {name: folded.index(fold(name)) for name in layout.columns}


def day_in(text: str, form: str) -> date | None:
    """A day written in one of the forms of that name; None where it is none."""
    for pattern in DAY_FORMATS[form]:
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a calendar day
        except ValueError:
            continue
    return None
