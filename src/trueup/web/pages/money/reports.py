"""Reports as a table, and as files to take along."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from trueup.app.errors import UseCaseError
from trueup.app.exports.tables import FORMATS
from trueup.app.reports.over_time import By
from trueup.core.reason import Reason
from trueup.web.api.reports import FileFormat, ReportName, file_of, table_of
from trueup.web.asking import Here, ViewerHere
from trueup.web.doing import shows
from trueup.web.faults import status_of
from trueup.web.pages.addresses import with_query
from trueup.web.pages.money.shown import money_page

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/money/reports")

Month = Annotated[str, Query(pattern=r"^([0-9]{4}-[0-9]{2})?$")]
Which = Annotated[ReportName, Query()]
What = Annotated[By, Query()]

SHOWN: Final = 500
"""Rows that the page shows; files have all of them."""


async def _shown(
    request: Request, here: Here, report: ReportName, by: By, first: str, last: str, wrong: Reason | None = None
) -> HTMLResponse:
    table = await table_of(here, report, by, first, last)
    room = f"/t/{here.tenant}/money/reports"
    return money_page(
        request,
        here,
        "reports",
        "money/reports.html",
        status=status_of(wrong) if wrong else 200,
        table=table,
        shown=table.rows[:SHOWN],
        money=next((place for place, one in enumerate(table.columns) if one.name == "currency"), None),
        report=report,
        by=by,
        first=first,
        last=last,
        month=lambda text: here.said.month(date.fromisoformat(f"{text}-01")),
        reports=ReportName,
        ways=By,
        formats=FORMATS,
        wrong=wrong,
        at=lambda name: with_query(room, report=name, by=by.value, first=first, last=last),
        file=lambda form: with_query(
            f"{room}/file", report=report.value, form=form, by=by.value, first=first, last=last
        ),
        currency=(await here.ws.step(here.ws.store.settings.get)).currency,
    )


@router.get("")
@shows("showReport")
async def reports_page(
    request: Request,
    here: ViewerHere,
    report: Which = ReportName.RECURRING,
    by: What = By.SERVICE,
    first: Month = "",
    last: Month = "",
) -> HTMLResponse:
    """One report as a table."""
    return await _shown(request, here, report, by, first, last)


@router.get("/file")
@shows("exportReport")
async def report_file(
    request: Request,
    here: ViewerHere,
    report: Which,
    form: Annotated[FileFormat, Query()],
    by: What = By.SERVICE,
    first: Month = "",
    last: Month = "",
) -> Response:
    """The same as a file."""
    try:
        return await file_of(here, await table_of(here, report, by, first, last), form)
    except UseCaseError as error:
        return await _shown(request, here, report, by, first, last, error.reason)
