"""Reports: amounts and units over time, changes since last month, what each run corrected; as JSON or as a file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final

import anyio.to_thread
from fastapi import Path, Query
from fastapi.responses import Response

from trueup.app.exports.tables import FORMATS, MEDIA, ColumnKind, Table
from trueup.app.reports.changes import changes
from trueup.app.reports.corrections import corrections
from trueup.app.reports.over_time import By, Figure, Span, over_time
from trueup.web.api.margins import Month, month_of
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, Day
from trueup.web.asking import Here, ViewerHere

router = api_router("reports", "/reports")

What = Annotated[By, Query(description="What lines are put together by.")]


class ReportName(StrEnum):
    """The reports."""

    RECURRING = "recurring"
    UNITS = "units"
    CHANGES = "changes"
    CORRECTIONS = "corrections"


class FileFormat(StrEnum):
    """How a report may be written."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


class ColumnAnswer(Answer):
    """A column."""

    name: str
    kind: ColumnKind


class ReportAnswer(Answer):
    """A report as a table: amounts as text with all their digits, units as whole numbers, days in ISO form."""

    report: str
    columns: list[ColumnAnswer]
    rows: list[list[str | int | None]]


FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA.values()},
        "description": "The file.",
    }
}


async def table_of(
    here: Here, name: ReportName, by: By, first: str | None, last: str | None, since: date | None = None
) -> Table:
    """The report of that name. Months of `first` and `last` bound reports over time; `last` is the month of changes."""
    if name is ReportName.CHANGES:
        return await changes(here.ws, month_of(last))
    if name is ReportName.CORRECTIONS:
        return await corrections(here.ws, since)
    return await over_time(here.ws, Figure(name.value), by, Span(month_of(first), month_of(last)))


async def file_of(here: Here, table: Table, form: FileFormat) -> Response:
    """A report as a file. Raises UseCaseError `report.no_parquet`."""
    content = await anyio.to_thread.run_sync(FORMATS[form.value], table)
    name = f"trueup-{table.name}-{here.ws.now():%Y-%m-%d}.{form.value}"
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(content, media_type=MEDIA[form.value], headers=headers)


def _plain(value: str | int | Decimal | date | None) -> str | int | None:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


@router.get("/{report}", operation_id="showReport")
async def show_report(
    here: ViewerHere,
    report: Annotated[ReportName, Path()],
    by: What = By.SERVICE,
    first: Month = None,
    last: Month = None,
    since: Annotated[Day | None, Query(description="First day of corrections.")] = None,
) -> ReportAnswer:
    """A report as JSON."""
    table = await table_of(here, report, by, first, last, since)
    columns = [ColumnAnswer(name=one.name, kind=one.kind) for one in table.columns]
    return ReportAnswer(report=table.name, columns=columns, rows=[list(map(_plain, row)) for row in table.rows])


@router.get("/{report}/{file_format}", operation_id="exportReport", response_class=Response, responses=FILES)
async def export_report(
    here: ViewerHere,
    report: Annotated[ReportName, Path()],
    file_format: Annotated[FileFormat, Path()],
    by: What = By.SERVICE,
    first: Month = None,
    last: Month = None,
    since: Annotated[Day | None, Query(description="First day of corrections.")] = None,
) -> Response:
    """A report as CSV, XLSX or Parquet. Text is never run as a formula."""
    return await file_of(here, await table_of(here, report, by, first, last, since), file_format)
