"""Activity: who did what and when, page by page or as one CSV file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query
from fastapi.responses import StreamingResponse

from trueup.app.activity.named import NamedEntry
from trueup.app.activity.story import activity, whole_activity
from trueup.app.exports.cells import csv_row
from trueup.messages.sentences import Sentences
from trueup.store.story import StoryPlace, StoryQuestion
from trueup.web.api.paging import DEFAULT, Cursor, Limit, PageAnswer, cursor_at, listing_name, position_of
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, Told, joined, told
from trueup.web.asking import Here, ViewerHere

router = api_router("activity", "/activity")

Text = Annotated[
    str,
    Query(max_length=200, description="A text in any part of an entry, or in the name of whom or what it is about."),
]
Failed = Annotated[bool, Query(description="Only what failed.")]
Which = Annotated[Literal["deed", "run", "line"] | None, Query(description="Only one kind of entry.")]


class AboutAnswer(Answer):
    """Whom and what an entry is about, by name; null where it is about no such thing."""

    customer: str | None
    contract: str | None
    service: str | None


class EntryAnswer(Answer):
    """One entry: a deed of the audit trail, a run, or the change of a line."""

    kind: Literal["deed", "run", "line"]
    number: int
    at: datetime
    actor: str
    action: str
    is_failure: bool
    detail: Told
    reasons: list[Told]
    about: AboutAnswer


def question_of(text: str, failed: bool, kind: Literal["deed", "run", "line"] | None) -> StoryQuestion:
    """What is looked for, out of an address."""
    return StoryQuestion(text.strip(), failed, (kind,) if kind else StoryQuestion().kinds)


def cursor_behind(place: StoryPlace | None, of: str) -> str | None:
    """The cursor of a place; a kind that was not reached yet is 0."""
    return None if place is None else cursor_at((place.deed or 0, place.run or 0, place.line or 0), of)


def place_of(cursor: str | None, of: str) -> StoryPlace:
    """The place of a cursor. Raises UseCaseError `web.cursor`."""
    numbers = [int(one) or None for one in position_of(cursor, of) or (0, 0, 0)]
    return StoryPlace(*numbers)


def told_in(found: NamedEntry, said: Sentences) -> str:
    """An entry as one text."""
    entry = found.entry
    return " ".join([said.say(entry.detail), *(said.say(reason) for reason in entry.reasons)])


async def csv_lines(here: Here, question: StoryQuestion) -> AsyncIterator[str]:
    """The file, row by row: moments in ISO form and UTC, so that it sorts."""
    said = here.said
    yield "\N{BYTE ORDER MARK}" + csv_row(
        said.text(f"page.activity.{name}")
        for name in ("at", "who", "action", "customer", "service", "contract", "what")
    )
    async for one in whole_activity(here.ws, question):
        entry, about = one.entry, (one.about.customer, one.about.service, one.about.contract)
        names = (name or "" for name in about)
        yield csv_row((entry.at.isoformat(), entry.actor, entry.action, *names, told_in(one, said)))


def csv_answer(here: Here, question: StoryQuestion) -> StreamingResponse:
    """The file as an answer."""
    name = f"attachment; filename=trueup-activity-{here.ws.now():%Y-%m-%d}.csv"
    return StreamingResponse(csv_lines(here, question), headers={"Content-Disposition": name}, media_type="text/csv")


@router.get("", operation_id="listActivity")
async def list_activity(
    here: ViewerHere,
    text: Text = "",
    failed: Failed = False,
    kind: Which = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT,
) -> PageAnswer[EntryAnswer]:
    """Every run, line outcome, sign-in, change of a rule and release, newest first."""
    of = listing_name("listActivity", {"text": text, "failed": failed, "kind": kind})
    found, behind = await activity(here.ws, question_of(text, failed, kind), place_of(cursor, of), limit)
    items = [told(EntryAnswer, joined(one.entry, about=one.about), here.said) for one in found]
    return PageAnswer(items=items, next=cursor_behind(behind, of))


@router.get(
    "/export",
    operation_id="exportActivity",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "A CSV file."}},
)
async def export_activity(
    here: ViewerHere, text: Text = "", failed: Failed = False, kind: Which = None
) -> StreamingResponse:
    """The same as one CSV file, streamed. Cells that a spreadsheet would run begin with an apostrophe."""
    return csv_answer(here, question_of(text, failed, kind))
