"""What the room of the plan shows, all of one moment: a page of lines, what was done with them, and the month."""

from __future__ import annotations

from dataclasses import dataclass

from trueup.app.plans.browsing import PlanListing, PlanQuestion, listing_of
from trueup.app.plans.deeds import PlanDeeds, PlanLine, deeds_of
from trueup.app.plans.heads import PlanHead, head_of, make_rows, plan_called
from trueup.app.plans.left import left_of
from trueup.app.plans.ready import Readiness, readiness_of
from trueup.app.workspace import Workspace
from trueup.core.settings import TenantSettings
from trueup.store.plan_rows import RowFilter
from trueup.store.plan_totals import PlanTotal


@dataclass(frozen=True, slots=True)
class PlanRoom:
    """One page of a plan. `left` are its totals without the changes that are written; `ready` speaks of the
    month that was asked for, by the newest plan only."""

    listing: PlanListing
    deeds: PlanDeeds
    ready: Readiness | None
    settings: TenantSettings
    left: tuple[PlanTotal, ...]

    @property
    def to_write(self) -> int:
        """How many outcomes are approved and not taken up yet."""
        return self.deeds.to_write(self.listing.head)


def look_into_room(ws: Workspace, plan_id: str | None, asked: PlanQuestion) -> PlanRoom | PlanHead | None:
    """The same as `plan_room`, as a part of a step that only reads; the head alone of a plan whose rows were let go."""
    settings = ws.store.settings.get()
    head = head_of(ws, plan_id, settings)
    if head is None or not ws.store.plan_rows.ready(head.plan.id):
        return head
    return _with_head(ws, head, settings, asked)


def room_at_hand(ws: Workspace, plan_id: str | None, asked: PlanQuestion) -> PlanRoom | None:
    """The same as `plan_room` for a caller that is in a thread of its own already."""
    with ws.store.reading():
        found = look_into_room(ws, plan_id, asked)
    if not isinstance(found, PlanHead):
        return found
    make_rows(ws, found)
    with ws.store.reading():
        return _with_head(ws, found, ws.store.settings.get(), asked)


def _with_head(ws: Workspace, head: PlanHead, settings: TenantSettings, asked: PlanQuestion) -> PlanRoom:
    deeds = deeds_of(ws.store, head.plan.id)
    ready = readiness_of(ws, head, deeds, settings, asked.month) if head.newest else None
    listing = listing_of(ws.store, head, deeds, asked)
    return PlanRoom(listing, deeds, ready, settings, left_of(ws.store, head.plan.id, deeds, listing.totals))


async def plan_room(ws: Workspace, plan_id: str | None = None, asked: PlanQuestion | None = None) -> PlanRoom | None:
    """One page of a plan, or of the newest one; None where no plan was made yet.

    Raises StoreError `store.unknown_plan`; UseCaseError `plan.unknown_page` for an `after` that is none of ours.
    """
    return await ws.step(room_at_hand, ws, plan_id, asked or PlanQuestion())


def _line(ws: Workspace, plan_id: str, line: str) -> tuple[PlanHead, PlanLine | None]:
    head = plan_called(ws, plan_id)
    with ws.store.reading():
        rows = ws.store.plan_rows.page(plan_id, RowFilter(lines=(line,)), limit=1)
        return head, next(iter(deeds_of(ws.store, plan_id).lines(rows)), None)


async def line_in_plan(ws: Workspace, plan_id: str, line: str) -> tuple[PlanHead, PlanLine | None]:
    """A plan, and the row that one line has in it with what was done about it; None where it has none.

    Raises StoreError `store.unknown_plan`.
    """
    return await ws.step(_line, ws, plan_id, line)
