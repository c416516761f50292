"""Late and corrected usage: what closed days should have billed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from trueup.app.late import entries
from trueup.web.api.catch_up_shapes import CatchUpAnswer, SettleAsked
from trueup.web.api.paging import DEFAULT, Cursor, Limit, PageAnswer, listing_name, page_after
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Name, told
from trueup.web.asking import BillingHere, ViewerHere

router = api_router("catch-up", "/catch-up")


@router.get("", operation_id="listCatchUp")
async def list_catch_up(
    here: ViewerHere,
    state: Annotated[Name, Query(description="A state, `waiting` or `all`.")] = "waiting",
    line: Annotated[Name | None, Query(description="Only this line's.")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT,
) -> PageAnswer[CatchUpAnswer]:
    """What closed days should have billed, by id."""
    found = await entries.listing(here.ws, None if state == "all" else state, line)
    of = listing_name("listCatchUp", {"state": state, "line": line})
    rows, following = page_after(found, lambda one: (one.id,), cursor, limit, of)
    return PageAnswer(items=[told(CatchUpAnswer, one, here.said) for one in rows], next=following)


@router.post("/{entry}/settle", operation_id="settleCatchUp")
async def settle_catch_up(here: BillingHere, entry: Annotated[Name, Path()], asked: SettleAsked) -> CatchUpAnswer:
    """Close an entry as billed outside of Trueup or as waived, with a reason."""
    return told(CatchUpAnswer, await entries.settle(here.ws, entry, asked.settled_as, asked.reason), here.said)
