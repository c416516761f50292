"""Margins of a month, vendors' prices, and invoices that are brought in."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.errors import Exit, UseCaseError
from trueup.app.margins import costs, invoices, prices
from trueup.app.margins.invoices import InvoiceAsked
from trueup.app.margins.reckoning import margins_of
from trueup.core.contract import DAY
from trueup.core.margins.prices import Commitment, Tier, TierRule, VendorPrice
from trueup.core.money import sum_by_currency
from trueup.core.reason import Reason
from trueup.modules.files.rows import FILE_LIMIT
from trueup.web.api.margins import month_of
from trueup.web.asking import BillingHere, Here, ViewerHere
from trueup.web.doing import does, shows
from trueup.web.faults import status_of
from trueup.web.pages.addresses import with_query
from trueup.web.pages.money.invoice_columns import InvoiceColumns
from trueup.web.pages.money.shown import money_page
from trueup.web.sent_files import written

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/money/margins")

Text = Annotated[str, Query(max_length=20)]
Given = Annotated[str, Form(max_length=200)]
Number = Annotated[int, Form(ge=1, le=2**31 - 1)]

FIELDS = "form metric price currency first last above beyond rule minimum vendor month number".split()
"""What the forms of the page hold; `form` is the one that was sent."""


async def _shown(
    request: Request,
    here: Here,
    month: str,
    *,
    wrong: UseCaseError | None = None,
    typed: Mapping[str, str] | None = None,
    columns: InvoiceColumns | None = None,
) -> HTMLResponse:
    vendors = await invoices.list_vendors(here.ws)
    report = await margins_of(here.ws, month_of(month))
    known, minimums = await prices.list_prices(here.ws)
    before = report.month.start - DAY
    unit_costs = await costs.unit_costs(here.ws)
    return money_page(
        request,
        here,
        "margins",
        "money/margins.html",
        status=status_of(wrong.reason, wrong.exit_code) if wrong else 200,
        report=report,
        margins=sum_by_currency(
            (row.currency or report.currency, row.margin) for row in report.rows if row.margin is not None
        ),
        unknown=sum(1 for row in report.rows if row.margin is None),
        prices=known,
        minimums=minimums,
        invoices=await invoices.list_invoices(here.ws),
        vendors=vendors,
        profiles=[*(InvoiceColumns.of(name, one) for name, one in vendors.items()), InvoiceColumns()],
        columns=columns,
        costs=unit_costs.costs,
        without=unit_costs.without,
        this=report.month.start.isoformat()[:7],
        earlier=before.isoformat()[:7],
        later=(report.month.end + DAY).isoformat()[:7],
        wrong=wrong.reason if wrong else None,
        typed=dict.fromkeys(FIELDS, "") | dict(typed or {}),
        rules=TierRule,
    )


def _wrong(code: str, **params: str) -> UseCaseError:
    return UseCaseError(Reason.of(code, **params), Exit.USAGE)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError:
        raise _wrong("web.shape", place="day") from None


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text.replace(",", ".")) if text.strip() else None
    except InvalidOperation:
        raise _wrong("web.shape", place="number") from None
    if found is not None and not found.is_finite():
        raise _wrong("web.shape", place="number")
    return found


async def _done(
    request: Request,
    here: Here,
    work: Awaitable[object],
    month: str = "",
    typed: Mapping[str, str] | None = None,
    columns: InvoiceColumns | None = None,
) -> Response:
    """Do it and go back to the page, or show the page again with what was typed and what is wrong."""
    try:
        await work
    except UseCaseError as error:
        return await _shown(request, here, month, wrong=error, typed=typed, columns=columns)
    return RedirectResponse(with_query(f"/t/{here.tenant}/money/margins", month=month), 303)


@router.get("")
@shows("showMargins", "listPrices", "listVendors", "listInvoices", "listUnitCosts", "listUndecidedUnitCosts")
async def margins_page(request: Request, here: ViewerHere, month: Text = "") -> HTMLResponse:
    """What vendors bill beside what customers are billed."""
    return await _shown(request, here, month)


async def _save(here: Here, given: Mapping[str, str]) -> None:
    first, price = _day(given["first"]), _number(given["price"])
    if first is None or price is None:
        raise _wrong("web.shape", place="first" if first is None else "price")
    last, minimum = _day(given["last"]), _number(given["minimum"])
    levels = [Tier(Decimal(0), price)]
    above, beyond = _number(given["above"]), _number(given["beyond"])
    if above is not None and beyond is not None:
        levels.append(Tier(above, beyond))
    rule = TierRule(given["rule"]) if given["rule"] in set(TierRule) else TierRule.VOLUME
    new = VendorPrice(given["metric"].strip(), given["currency"].strip().upper(), first, last, tuple(levels), rule)
    least = [] if minimum is None else [Commitment(new.metric, minimum, first, last)]
    await prices.save_prices(here.ws, (new,), least)


@router.post("/price")
@does("savePrice")
async def save_price(
    request: Request,
    here: BillingHere,
    metric: Given = "",
    price: Given = "",
    currency: Given = "",
    first: Given = "",
    last: Given = "",
    above: Given = "",
    beyond: Given = "",
    rule: Given = "",
    minimum: Given = "",
) -> Response:
    """Save a price, with one further tier and a minimum where they are given."""
    typed = {"metric": metric, "price": price, "currency": currency, "first": first, "last": last}
    typed |= {"above": above, "beyond": beyond, "rule": rule, "minimum": minimum}
    return await _done(request, here, _save(here, typed), typed={**typed, "form": "price"})


async def _end(here: Here, number: int, last: str) -> None:
    day = _day(last)
    if day is None:
        raise _wrong("web.shape", place="last")
    await prices.end_price(here.ws, number, day)


@router.post("/price/end")
@does("endPrice")
async def end_price(request: Request, here: BillingHere, number: Number, last: Given = "") -> Response:
    """Let a price end."""
    return await _done(request, here, _end(here, number, last))


@router.post("/price/remove")
@does("removePrice")
async def remove_price(request: Request, here: BillingHere, number: Number) -> Response:
    """Take a price away."""
    return await _done(request, here, prices.remove_price(here.ws, number))


@router.post("/minimum/remove")
@does("removeMinimum")
async def remove_minimum(request: Request, here: BillingHere, number: Number) -> Response:
    """Take a minimum away."""
    return await _done(request, here, prices.remove_commitment(here.ws, number))


async def _list(here: Here, file: UploadFile) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await prices.import_prices(here.ws, await written(file, folder))


@router.post("/prices", max_body_size=FILE_LIMIT + 100_000)
@does("importPrices")
async def import_prices(request: Request, here: BillingHere, file: Annotated[UploadFile, File()]) -> Response:
    """Save a price list."""
    return await _done(request, here, _list(here, file), typed={"form": "list"})


async def _invoice(here: Here, file: UploadFile, given: Mapping[str, str]) -> None:
    month = month_of(given["month"])
    if month is None:
        raise _wrong("web.shape", place="month")
    asked = InvoiceAsked(given["vendor"], month, given["number"].strip() or None)
    with tempfile.TemporaryDirectory() as folder:
        await invoices.import_invoice(here.ws, await written(file, folder), asked)


@router.post("/invoice", max_body_size=FILE_LIMIT + 100_000)
@does("importInvoice")
async def import_invoice(
    request: Request,
    here: BillingHere,
    file: Annotated[UploadFile, File()],
    vendor: Given = "",
    month: Given = "",
    number: Given = "",
) -> Response:
    """Bring an invoice in."""
    typed = {"vendor": vendor, "month": month, "number": number}
    return await _done(request, here, _invoice(here, file, typed), typed={**typed, "form": "invoice"})


@router.post("/vendor")
@does("saveVendor")
async def save_vendor(request: Request, here: BillingHere) -> Response:
    """Save what the columns of a vendor's invoices mean."""
    given = InvoiceColumns.typed({name: str(value) for name, value in (await request.form()).items()})
    known = (await invoices.list_vendors(here.ws)).get(given.vendor, {})
    work = invoices.save_vendor(here.ws, given.vendor, given.changes(known))
    return await _done(request, here, work, typed={"form": "vendor"}, columns=given)


@router.post("/invoice/remove")
@does("removeInvoice")
async def remove_invoice(request: Request, here: BillingHere, number: Number) -> Response:
    """Take an invoice away."""
    return await _done(request, here, invoices.remove_invoice(here.ws, number))
