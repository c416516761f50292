"""Why a line has so many units and not so many as before: one page, two days, names and dates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from trueup.app.errors import UseCaseError
from trueup.app.history.line_history import LineHistory, line_history
from trueup.core.contract import DAY
from trueup.core.reason import Reason
from trueup.messages.sentences import Sentences
from trueup.web.asking import ViewerHere
from trueup.web.doing import shows
from trueup.web.pages.page import page
from trueup.web.pages.plan.view import room_of

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/plan/line")


@router.get("/{line}/why")
@shows("lineHistory")
async def why_page(
    request: Request,
    here: ViewerHere,
    line: str,
    first: Annotated[str, Query(alias="from", max_length=20)] = "",
    last: Annotated[str, Query(alias="to", max_length=20)] = "",
) -> HTMLResponse:
    """How a line came from its units on one day to those of another."""
    wrong: Reason | None = None
    found: LineHistory
    try:
        found = await line_history(here.ws, line, _day(first), _day(last))
    except UseCaseError as error:
        if not error.reason.code.startswith("history."):
            raise
        wrong = error.reason
        found = await line_history(here.ws, line)
    return page(
        request,
        here,
        "plan/why.html",
        room="plan",
        status=400 if wrong else 200,
        base=room_of(here),
        found=found,
        picture=picture_of(found, here.said),
        wrong=wrong,
        typed={"from": first or found.first.isoformat(), "to": last or found.last.isoformat()},
    )


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UseCaseError(Reason.of("history.no_day", day=text)) from None


def picture_of(found: LineHistory, said: Sentences) -> dict[str, object]:
    """Two step lines by day, with a mark for each change; a day without a value is a gap."""

    def steps(spans: Iterable[tuple[date, date, str | int | None]]) -> list[list[object]]:
        points: list[list[object]] = []
        for first, last, value in spans:
            if points and points[-1][0] != (first - DAY).isoformat():
                points.append([(first - DAY).isoformat(), None])
            points += [[first.isoformat(), value], [last.isoformat(), value]]
        return points

    counts = [(one.first, one.last, None if one.value is None else str(one.value)) for one in found.counts]
    units = [(one.first, one.last, one.units) for one in found.units]
    by_day: dict[date, list[str]] = {}
    for change in found.changes:
        by_day.setdefault(change.day, []).append(said.say(change.reason))
    return {
        "first": found.first.isoformat(),
        "last": found.last.isoformat(),
        "counts": steps(counts),
        "units": steps(units),
        "marks": [{"day": day.isoformat(), "texts": texts} for day, texts in sorted(by_day.items())],
        "names": {"counts": said.text("page.plan.why.counts"), "units": said.text("page.plan.why.units")},
    }
