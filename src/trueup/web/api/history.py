"""The past: what was in force on a day, and how a line's units came to be."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from trueup.app.history.line_history import line_history
from trueup.app.history.past_day import past_day
from trueup.web.api.history_shapes import LineHistoryAnswer, PastDayAnswer
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Day, Name, told
from trueup.web.asking import ViewerHere

router = api_router("history")


@router.get("/lines/{line}/history", operation_id="lineHistory")
async def line_between_days(
    here: ViewerHere,
    line: Annotated[Name, Path(description="Id of a contract line.")],
    first: Annotated[Day | None, Query(alias="from", description="90 days before the last one if left out.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Today if left out.")] = None,
) -> LineHistoryAnswer:
    """How a line came from its units on one day to those of another: items by name, rules, mappings, writes, edits."""
    return told(LineHistoryAnswer, await line_history(here.ws, line, first, last), here.said)


@router.get("/history/{day}", operation_id="getPastDay")
async def state_on(
    here: ViewerHere,
    day: Annotated[Day, Path()],
    customer: Annotated[Name | None, Query(description="Only mappings and units of this customer.")] = None,
    metric: Annotated[Name | None, Query(description="Only readings of this metric.")] = None,
) -> PastDayAnswer:
    """Rules, metrics, mappings, the plan, units of lines and readings as they were on a past day."""
    return told(PastDayAnswer, await past_day(here.ws, day, customer_id=customer, metric=metric), here.said)
