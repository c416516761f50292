"""Addresses of the room of metrics, and the form that defines one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.counting import metrics
from trueup.app.counting.history import metric
from trueup.app.counting.names import item_names, quantity_names
from trueup.app.counting.trying import TriedExpression
from trueup.app.errors import UseCaseError
from trueup.core.expression import ExpressionError
from trueup.core.naming import plain
from trueup.core.reason import Reason
from trueup.core.roles import Role
from trueup.core.usage import MetricKind
from trueup.store.errors import StoreError
from trueup.web.asking import BillingHere, Here, ViewerHere
from trueup.web.doing import does, shows
from trueup.web.faults import status_of
from trueup.web.pages.addresses import with_query
from trueup.web.pages.faults import Fault, fault_of
from trueup.web.pages.metrics.chart import chart_of
from trueup.web.pages.page import page

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/metrics")

Text = Annotated[str, Query(max_length=200)]
Long = Annotated[str, Query(max_length=4000)]
Given = Annotated[str, Form(max_length=4000)]
KINDS = (MetricKind.LEVEL, MetricKind.FLAG)
"""What one's own metric may be."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What a form says of a metric; `version` is the one that it was made of (0: none)."""

    key: str = ""
    expression: str = ""
    kind: str = MetricKind.LEVEL.value
    stream: str = ""
    same_by: str = ""
    version: int = 0


def may_decide(here: Here) -> bool:
    """Whether the person may define metrics."""
    return here.role.includes(Role.BILLING)


@router.get("")
@shows("listMetrics")
async def all_metrics(request: Request, here: ViewerHere, q: Text = "") -> HTMLResponse:
    """Every billing type with its newest total, by module, and metrics of one's own."""
    found = await metrics.listing(here.ws)
    words = plain(q).split() if q.strip() else []
    types = [one for one in found.types if all(word in plain(f"{one.type.key} {one.type.label}") for word in words)]
    own = [one for one in found.metrics if all(word in plain(one.metric.key) for word in words)]
    return page(request, here, "metrics/list.html", room="metrics", types=types, own=own, q=q, may=may_decide(here))


@router.get("/one")
@shows("getMetric")
async def one_metric(
    request: Request, here: ViewerHere, key: Text, number: Annotated[int, Query(ge=1)] = 1
) -> HTMLResponse:
    """One of them: definition, newest values by organization, history."""
    detail = await metric(here.ws, key, number)
    base = f"/t/{here.tenant}/metrics/one"
    return page(
        request,
        here,
        "metrics/one.html",
        room="metrics",
        detail=detail,
        chart=chart_of(detail.days),
        at=lambda other: with_query(base, key=key, number=other if other > 1 else None),
        may=may_decide(here),
    )


async def _form(
    request: Request,
    here: Here,
    typed: Definition,
    *,
    status: int = 200,
    wrong: Reason | None = None,
    fault: Fault | None = None,
    tried: TriedExpression | None = None,
) -> HTMLResponse:
    return page(
        request,
        here,
        "metrics/define.html",
        room="metrics",
        status=status,
        typed=typed,
        wrong=wrong,
        fault=fault,
        tried=tried,
        kinds=KINDS,
        names=(*await quantity_names(here.ws), *[one for one in await item_names(here.ws) if one.sort == "attribute"]),
    )


async def _try(here: Here, expression: str) -> tuple[TriedExpression | None, Fault | None, Reason | None]:
    try:
        return await metrics.test(here.ws, expression), None, None
    except ExpressionError as error:
        return None, fault_of(error), None
    except UseCaseError as error:
        return None, None, error.reason


@router.get("/define")
@shows("listMetrics", "getMetric", "tryExpression")
async def define_form(
    request: Request,
    here: BillingHere,
    key: Text = "",
    expression: Long = "",
    kind: Text = MetricKind.LEVEL.value,
    stream: Text = "",
    same_by: Text = "",
    version: Annotated[int, Query(ge=0, le=10**9)] = 0,
    preview: Text = "",
) -> HTMLResponse:
    """The form for a new metric or for a change, with `preview` its results on the newest day."""
    if preview:
        tried, fault, wrong = await _try(here, expression)
        typed = Definition(key, expression, kind, stream, same_by, version)
        return await _form(request, here, typed, tried=tried, fault=fault, wrong=wrong)
    if not key:
        return await _form(request, here, Definition(expression=expression))
    found = (await metric(here.ws, key)).metric
    if found is None:
        return await _form(request, here, Definition(key=key))
    place = f"{found.module}.{found.stream}" if found.stream else ""
    typed = Definition(key, found.expression, found.kind.value, place, ", ".join(found.same_by), found.version)
    return await _form(request, here, typed)


@router.get("/try")
@shows("tryExpression")
async def try_while_typing(request: Request, here: BillingHere, expression: Long = "") -> HTMLResponse:
    """The results of an expression on the newest day, while it is typed."""
    tried, fault, wrong = (None, None, None) if not expression.strip() else await _try(here, expression)
    return page(request, here, "metrics/tried.html", room="metrics", tried=tried, fault=fault, wrong=wrong)


@router.post("/define")
@does("defineMetric")
async def define(
    request: Request,
    here: BillingHere,
    key: Given = "",
    expression: Given = "",
    kind: Given = MetricKind.LEVEL.value,
    stream: Given = "",
    same_by: Given = "",
    version: Annotated[int, Form(ge=0, le=10**9)] = 0,
) -> Response:
    """Define a metric, or change the version that the form was made of."""
    typed = Definition(key.strip(), expression, kind, stream, same_by, version)
    names = tuple(name.strip() for name in same_by.split(",") if name.strip())
    known: Mapping[str, MetricKind] = {one.value: one for one in KINDS}
    try:
        await metrics.define(
            here.ws,
            typed.key,
            expression.strip(),
            known.get(kind, MetricKind.LEVEL),
            replaces=version > 0,
            stream=stream.strip() or None,
            same_by=names,
            expected=version,
        )
    except ExpressionError as error:
        return await _form(request, here, typed, status=422, fault=fault_of(error))
    except UseCaseError as error:
        return await _form(request, here, typed, status=status_of(error.reason, error.exit_code), wrong=error.reason)
    return RedirectResponse(with_query(f"/t/{here.tenant}/metrics/one", key=typed.key), 303)


@router.post("/remove")
@does("removeMetric")
async def remove(request: Request, here: BillingHere, key: Given) -> Response:
    """Take a metric of one's own out of use."""
    try:
        await metrics.remove(here.ws, key)
    except (UseCaseError, StoreError) as error:
        found = (await metric(here.ws, key)).metric
        typed = Definition(key, found.expression, found.kind.value, version=found.version) if found else Definition(key)
        return await _form(request, here, typed, status=422, wrong=error.reason)
    return RedirectResponse(f"/t/{here.tenant}/metrics", 303)
