"""Addresses of the plan: the table, the side panel of a line, what an approval would write, a run and its proof."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import anyio.to_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from trueup.app.activity.runs_shown import run_lines, run_shown
from trueup.app.plans.browsing import Group, PlanQuestion, Show, Sort
from trueup.app.plans.explaining import explain
from trueup.app.plans.heads import PlanHead
from trueup.app.plans.preview import preview_approval
from trueup.app.plans.room import PlanRoom, line_in_plan, look_into_room, room_at_hand
from trueup.app.writes.verifying import VerifyResult
from trueup.core.period import add_months
from trueup.core.reason import Reason
from trueup.web.asking import ApproverHere, Entrance, Here, ViewerEntrance, ViewerHere
from trueup.web.doing import shows
from trueup.web.pages.page import page
from trueup.web.pages.plan.rows import TableBody, marks_of, short, why
from trueup.web.pages.plan.view import (
    Columns,
    Filters,
    Table,
    Tabs,
    approvable,
    bars_of,
    counts_of,
    may_approve,
    may_plan,
    parts_of,
    room_of,
    sums_told,
    today_on,
)
from trueup.web.rendering import piece

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/plan")

Text = Annotated[str, Query(max_length=200)]
LINES_SHOWN = 500
ITEMS_SHOWN = 12


async def currency_of(here: Here) -> str | None:
    """The tenant's currency, for lines whose contract names none."""
    return (await here.ws.step(here.ws.store.settings.get)).currency


async def local_moments(here: Here) -> Callable[[datetime], datetime]:
    """Moments in the tenant's time zone."""
    zone = ZoneInfo((await here.ws.step(here.ws.store.settings.get)).time_zone)
    return lambda moment: moment.astimezone(zone)


async def table_page(
    request: Request,
    here: Here,
    plan: str | None,
    asked: PlanQuestion,
    *,
    status: int = 200,
    wrong: Reason | None = None,
) -> HTMLResponse:
    """The plan's table, or how to get a first plan; `wrong` says why something was refused.

    Read and written in one thread: the loop is free meanwhile, and what was read is still near."""
    return await here.ws.step(
        lambda: _table(request, here, plan, asked, room_at_hand(here.ws, plan, asked), status, wrong)
    )


def _entered(request: Request, entrance: Entrance, plan: str | None, asked: PlanQuestion) -> HTMLResponse:
    """The same for somebody at the door: who may come in and what they are shown are of one moment."""
    with entrance() as here:
        found = look_into_room(here.ws, plan, asked)
    if isinstance(found, PlanHead):
        found = room_at_hand(here.ws, plan, asked)
    return _table(request, here, plan, asked, found)


def _table(
    request: Request,
    here: Here,
    plan: str | None,
    asked: PlanQuestion,
    found: PlanRoom | None,
    status: int = 200,
    wrong: Reason | None = None,
) -> HTMLResponse:
    base = room_of(here)
    if found is None:
        return page(
            request, here, "plan/none.html", room="plan", status=status, base=base, may=may_plan(here), wrong=wrong
        )
    listing, head = found.listing, found.listing.head
    parts = parts_of(found.left)
    plan_base, choosing = f"{base}/{head.plan.id}", may_approve(here) and head.is_open
    table = Table(base if plan is None else f"{base}/{plan}", asked)
    first, counts = table.first(), counts_of(parts_of(listing.totals))
    body = TableBody(here.said, found.settings, asked, plan_base, table.of_customers(), choosing=choosing)
    return page(
        request,
        here,
        "plan/table.html",
        room="plan",
        status=status,
        base=base,
        plan_base=plan_base,
        to_write=found.to_write,
        run=found.deeds.run,
        settings=found.settings,
        listing=listing,
        head=head,
        asked=asked,
        table=table,
        tabs=piece("plan/tabs.html", here.said, Tabs(first, counts)),
        filters=piece("plan/filters.html", here.said, Filters(first, listing.services, listing.reasons, short)),
        columns=piece("plan/columns.html", here.said, Columns(first, choosing)),
        body=body.written(listing.groups),
        sums=sums_told,
        parts=parts,
        counts=counts,
        approvable=approvable(found),
        made=head.plan.created_at.astimezone(ZoneInfo(found.settings.time_zone)),
        ready=found.ready,
        months=[add_months(found.ready.month.start, step) for step in (-1, 1)] if found.ready else None,
        currency=found.settings.currency,
        may=may_approve(here),
        may_plan=may_plan(here),
        wrong=wrong,
    )


async def _question(  # a coroutine, though it waits for nothing: the framework gives a function a thread of its own
    show: Show = "todo",
    group: Group = "customer",
    sort: Sort = "",
    falling: bool = False,
    customer: Text = "",
    service: Text = "",
    reason: Text = "",
    q: Text = "",
    after: Annotated[str, Query(max_length=2000)] = "",
    month: Text = "",
) -> PlanQuestion:
    return PlanQuestion(show, group, sort, falling, customer, service, reason, q, after, _month(month))


def _month(text: str) -> date | None:
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return found if found.year in _YEARS else None


_YEARS: Final = range(2000, 2200)  # a month before and one after stand beside it

Asked = Annotated[PlanQuestion, Depends(_question)]
"""What the address asks for."""


@router.get("")
@shows("getPlan", "listOutcomes", "listApprovals", "getReadiness")
async def newest(request: Request, entrance: ViewerEntrance, asked: Asked) -> HTMLResponse:
    """The newest plan."""
    return await anyio.to_thread.run_sync(_entered, request, entrance, None, asked)


@router.get("/run/{run}")
@shows("getRun", "listRunLines")
async def one_run(request: Request, here: ViewerHere, run: str, begun: bool = False) -> HTMLResponse:
    """A run that writes: how far it has come while it is under way, then what became of each line. Whoever began it, or
    saw it end, is shown the proof without asking for it."""
    return await run_page(request, here, run, watched=begun or request.headers.get("hx-target") == "run")


async def run_page(
    request: Request,
    here: Here,
    run: str,
    *,
    proof: VerifyResult | None = None,
    wrong: Reason | None = None,
    status: int = 200,
    watched: bool = False,
) -> HTMLResponse:
    """The same with the proof that was just read back, or why something was refused."""
    shown = await run_shown(here.ws, run)
    lines = await run_lines(here.ws, run, 0, LINES_SHOWN)
    proved = {line.line_id: line for line in proof.lines} if proof else {}
    entries = {entry.request_id: entry for entry in proof.entries} if proof else {}
    return page(
        request,
        here,
        "plan/run.html",
        room="plan",
        status=status,
        base=room_of(here),
        shown=shown,
        local=await local_moments(here),
        lines=lines,
        proof=proof,
        proved=proved,
        proved_entries=entries,
        watched=watched,
        wrong=wrong,
        may=may_approve(here),
        may_plan=may_plan(here),
    )


@router.get("/{plan}")
@shows("getPlan", "listOutcomes", "listApprovals", "getReadiness")
async def one_plan(request: Request, entrance: ViewerEntrance, plan: str, asked: Asked) -> HTMLResponse:
    """A plan by its id."""
    return await anyio.to_thread.run_sync(_entered, request, entrance, plan, asked)


@router.get("/{plan}/approve")
@shows("previewApproval")
async def approval(
    request: Request, here: ApproverHere, plan: str, line: Annotated[list[str] | None, Query(max_length=500)] = None
) -> HTMLResponse:
    """What approving would write: all changes, or those of the chosen lines."""
    return await approval_page(request, here, plan, line)


async def approval_page(
    request: Request,
    here: Here,
    plan: str,
    lines: list[str] | None,
    *,
    status: int = 200,
    wrong: Reason | None = None,
    reason: str = "",
) -> HTMLResponse:
    """The same after it was refused, with what was typed."""
    preview = await preview_approval(here.ws, plan, lines)
    return page(
        request,
        here,
        "plan/approve.html",
        room="plan",
        status=status,
        base=room_of(here),
        preview=preview,
        currency=await currency_of(here),
        wrong=wrong,
        reason=reason,
    )


@router.get("/{plan}/line/{line}")
@shows("explainLine", "getPlan", "listApprovals")
async def one_line(request: Request, here: ViewerHere, plan: str, line: str) -> HTMLResponse:
    """Why a line is as it is, from items to units and money, and what a person can do about it."""
    return await line_page(request, here, plan, line)


async def line_page(
    request: Request,
    here: Here,
    plan: str,
    line: str,
    *,
    status: int = 200,
    wrong: Reason | None = None,
    wrong_at: str = "",
    typed: dict[str, str] | None = None,
    done: str = "",
) -> HTMLResponse:
    """The same after a form: what was refused and typed, or what was done."""
    found = await explain(here.ws, line)
    head, deeds = await line_in_plan(here.ws, plan, line)
    settings = await here.ws.step(here.ws.store.settings.get)
    bars = bars_of(found.psa.rows)
    return page(
        request,
        here,
        "plan/line.html",
        room="plan",
        status=status,
        base=room_of(here),
        plan_base=f"{room_of(here)}/{plan}",
        found=found,
        head=head,
        deeds=deeds,
        marks=() if deeds is None else marks_of(deeds, here.said, settings),
        other_plan=found.plan_id is not None and found.plan_id != plan,
        bars=bars,
        mark=today_on(bars, found.adjustments),
        settings=settings,
        currency=found.currency or settings.currency,
        most=ITEMS_SHOWN,
        why=why,
        wrong=wrong,
        wrong_at=wrong_at,
        typed=typed or {},
        done=done,
        may=may_approve(here),
        may_plan=may_plan(here),
    )


def refused_because(head: PlanHead) -> Reason | None:
    """Why a plan cannot be acted on any more."""
    return None if head.is_open else Reason.of(f"plan.{head.state}", plan=head.plan.id)
