"""Reports on the terminal, as JSON, and as files."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from trueup.app.errors import Exit, UseCaseError
from trueup.app.exports.cells import Cell
from trueup.app.exports.tables import FORMATS, Column, ColumnKind, Table
from trueup.cli.console import out
from trueup.cli.rendering.plain import Plain, value_plain, write_json
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.core.reason import Reason
from trueup.messages.sentences import Sentences


def write_file(table: Table, path: Path, said: Sentences) -> None:
    """Write a report to a file; its ending says how. Raises UseCaseError `report.format`, `report.not_written`,
    `report.no_parquet`."""
    ending = path.suffix.lower().lstrip(".")
    if ending not in FORMATS:
        raise UseCaseError(Reason.of("report.format", file=path.name, known=", ".join(FORMATS)), Exit.USAGE)
    content = FORMATS[ending](table)
    try:
        path.write_bytes(content)
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise UseCaseError(Reason.of("report.not_written", file=path.name, error=detail)) from None
    paragraph(out(), said.text("cli.report.written", file=path.name, rows=len(table.rows)))


def _cell(value: Cell, column: Column, currency: str | None, said: Sentences) -> str:
    if value is None:
        return "-"
    if isinstance(value, Decimal) and column.kind is ColumnKind.MONEY:
        return said.money(value, currency)
    if isinstance(value, int):
        return said.number(value)
    return said.day(value) if isinstance(value, date) else str(value)


def write_report(table: Table, said: Sentences, *, as_json: bool) -> None:
    """Show a report. Columns that are named beside an id, and the currency beside its amounts, are left to files."""
    names = [column.name for column in table.columns]
    if as_json:
        documents: list[Plain] = [dict(zip(names, map(value_plain, row), strict=True)) for row in table.rows]
        write_json({"report": table.name, "rows": documents})
        return
    if not table.rows:
        paragraph(out(), said.text("cli.report.nothing"))
        return
    money = names.index("currency") if "currency" in names else None
    ids = {names[place - 1] for place, name in enumerate(names) if name == "name" or name.endswith("_name")}
    shown = [place for place, name in enumerate(names) if place != money and name not in ids]
    titles = [said.text(f"cli.report.{names[place]}") for place in shown]
    rows = []
    for row in table.rows:
        currency = str(row[money]) if money is not None and row[money] else None
        rows.append([_cell(row[place], table.columns[place], currency, said) for place in shown])
    right = [at for at, place in enumerate(shown) if table.columns[place].kind in (ColumnKind.UNITS, ColumnKind.MONEY)]
    write_table(out(), titles, rows, right=right)
