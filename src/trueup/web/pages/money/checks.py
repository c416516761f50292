"""Checks across modules: their counts over time, what one finds now, and the form that defines one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.checks import counting, saving
from trueup.app.checks.naming import check_names
from trueup.app.checks.working_out import NamedResult
from trueup.app.errors import UseCaseError
from trueup.core.checks.cross_check import CrossCheck
from trueup.core.expression import ExpressionError
from trueup.store.checks import CheckCount
from trueup.web.asking import BillingHere, Here, ViewerHere
from trueup.web.doing import does, shows
from trueup.web.faults import status_of
from trueup.web.pages.addresses import with_query
from trueup.web.pages.faults import Fault, fault_of
from trueup.web.pages.metrics.chart import Chart, chart_of
from trueup.web.pages.money.shown import money_page

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/money/checks")

Text = Annotated[str, Query(max_length=200)]
Long = Annotated[str, Query(max_length=4000)]
Given = Annotated[str, Form(max_length=4000)]


@dataclass(frozen=True, slots=True)
class _Day:
    value: Decimal | None


def _chart(counts: Iterable[CheckCount]) -> Chart | None:
    """Counts day by day; a day without one is a gap."""
    known = {one.day: Decimal(one.found) for one in counts}
    if not known:
        return None
    first, last = min(known), max(known)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return chart_of([_Day(known.get(day)) for day in days])


async def _form(
    request: Request,
    here: Here,
    typed: CrossCheck,
    *,
    changes: bool = False,
    wrong: UseCaseError | None = None,
    fault: Fault | None = None,
    tried: NamedResult | None = None,
) -> HTMLResponse:
    lists, names = await check_names(here.ws)
    return money_page(
        request,
        here,
        "checks",
        "money/check_form.html",
        status=422 if fault else status_of(wrong.reason, wrong.exit_code) if wrong else 200,
        typed=typed,
        changes=changes,
        wrong=wrong.reason if wrong else None,
        fault=fault,
        tried=tried,
        lists=lists,
        names=names,
    )


@router.get("")
@shows("listChecks")
async def all_checks(request: Request, here: ViewerHere) -> HTMLResponse:
    """Every saved check with its newest count and its counts over time."""
    found = [(one, _chart(one.counts)) for one in await saving.listing(here.ws)]
    return money_page(request, here, "checks", "money/checks.html", found=found)


@router.get("/one")
@shows("showCheck")
async def one_check(request: Request, here: ViewerHere, check: Text) -> Response:
    """What a check finds now. One whose names are gone is shown in its form, with the fault."""
    try:
        listed, named = await saving.show(here.ws, check)
    except (ExpressionError, UseCaseError) as error:
        known = {one.check.key: one.check for one in await saving.listing(here.ws)}
        if check not in known:
            raise
        wrong, fault = (None, fault_of(error)) if isinstance(error, ExpressionError) else (error, None)
        return await _form(request, here, known[check], changes=True, wrong=wrong, fault=fault)
    return money_page(
        request, here, "checks", "money/check.html", listed=listed, named=named, chart=_chart(listed.counts)
    )


@router.get("/define")
@shows("listChecks", "showCheck", "tryCheck")
async def define_form(
    request: Request,
    here: BillingHere,
    check: Text = "",
    expression: Long = "",
    items: Text = "",
    changes: Text = "",
    silent: Text = "",
    attempt: Text = "",
) -> HTMLResponse:
    """The form for a new check or for a change, with `attempt` what it would find now."""
    typed = CrossCheck(check, expression, items or None, not silent)
    if attempt:
        try:
            tried = await saving.attempt(here.ws, expression, items or None)
        except ExpressionError as error:
            return await _form(request, here, typed, changes=bool(changes), fault=fault_of(error))
        except UseCaseError as error:
            return await _form(request, here, typed, changes=bool(changes), wrong=error)
        return await _form(request, here, typed, changes=bool(changes), tried=tried)
    known = {one.check.key: one.check for one in await saving.listing(here.ws)} if check else {}
    return await _form(request, here, known.get(check, typed), changes=check in known)


@router.post("/define")
@does("defineCheck")
async def define(
    request: Request,
    here: BillingHere,
    check: Given = "",
    expression: Given = "",
    items: Given = "",
    changes: Given = "",
    silent: Given = "",
) -> Response:
    """Save a check and show what it finds."""
    typed = CrossCheck(check.strip(), expression.strip(), items.strip() or None, not silent)
    try:
        await saving.define(here.ws, typed, replaces=bool(changes))
    except ExpressionError as error:
        return await _form(request, here, typed, changes=bool(changes), fault=fault_of(error))
    except UseCaseError as error:
        return await _form(request, here, typed, changes=bool(changes), wrong=error)
    return RedirectResponse(with_query(f"/t/{here.tenant}/money/checks/one", check=typed.key), 303)


@router.post("/run")
@does("runChecks")
async def run(here: BillingHere) -> Response:
    """Count every check now."""
    await counting.count_all(here.ws)
    return RedirectResponse(f"/t/{here.tenant}/money/checks", 303)


@router.post("/remove")
@does("removeCheck")
async def remove(here: BillingHere, check: Given = "") -> Response:
    """Take a check away."""
    await saving.remove(here.ws, check)
    return RedirectResponse(f"/t/{here.tenant}/money/checks", 303)
