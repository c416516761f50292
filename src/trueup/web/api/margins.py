"""What vendors ask and bill, and the margins of a month."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import File, Form, Query, UploadFile
from fastapi import Path as InPath
from pydantic import AliasPath, BeforeValidator, Field

from trueup.app.errors import Exit, UseCaseError
from trueup.app.margins import costs, invoices, prices, reckoning
from trueup.app.margins.invoices import InvoiceState
from trueup.core.margins.prices import Commitment, Tier, TierRule, VendorPrice
from trueup.core.reason import Reason
from trueup.messages.sentences import Sentences
from trueup.modules.files.invoice_file import PriceList
from trueup.modules.files.rows import FILE_LIMIT
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, Asked, Day, Exact, ExactIn, Name, Told, Words, told
from trueup.web.api.unbilled import TotalAnswer
from trueup.web.asking import BillingHere, ViewerHere
from trueup.web.sent_files import written

router = api_router("margins", "/margins")

Month = Annotated[str | None, Query(pattern=r"^[0-9]{4}-[0-9]{2}$", description="A calendar month, as 2026-06.")]
Number = Annotated[int, InPath(ge=1, le=2**31 - 1, description="Number in the list.")]
Vendor = Annotated[Name, InPath(description="Name of a vendor.")]

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


def _amounts(found: object) -> object:
    if isinstance(found, Mapping):
        return [{"currency": currency, "amount": amount} for currency, amount in found.items()]
    return found


Amounts = Annotated[list[TotalAnswer], BeforeValidator(_amounts)]


def month_of(text: str | None) -> date | None:
    """The first day of a month in an address. Raises UseCaseError `web.shape`."""
    if text is None or text == "":
        return None
    try:
        if _MONTH.fullmatch(text):
            return date.fromisoformat(f"{text}-01")
    except ValueError:
        pass
    raise UseCaseError(Reason.of("web.shape", place="month"), Exit.USAGE)


class DifferenceAnswer(Answer):
    """Something that does not agree, with what it is worth where that can be said."""

    currency: str | None
    amount: Exact | None
    reason: Told


class MetricFiguresAnswer(Answer):
    """One billing type of a row."""

    metric: str
    committed: Exact | None
    used: Exact
    invoiced: Exact | None
    cost: Amounts
    estimated: bool
    expected: Exact | None = Field(validation_alias=AliasPath("expected", "amount"), default=None)


class CustomerFiguresAnswer(Answer):
    """One customer of a row."""

    customer: str = Field(validation_alias="customer_id")
    used: Annotated[dict[str, Exact], BeforeValidator(dict)]
    cost: Amounts
    units: int
    billed: Amounts
    is_billed: bool


class MarginRowAnswer(Answer):
    """Billing types that the same lines count, with everything that is billed for them."""

    services: list[str]
    metrics: list[MetricFiguresAnswer]
    units: int
    billed: Amounts
    cost: Amounts
    margin: Exact | None
    currency: str | None
    estimated: bool
    differences: list[DifferenceAnswer]
    customers: list[CustomerFiguresAnswer]


class UnmatchedAnswer(Answer):
    """A row of an invoice that is in no margin."""

    vendor: str
    number: str
    line: int = Field(validation_alias=AliasPath("row", "line"))
    product: str = Field(validation_alias=AliasPath("row", "product"))
    quantity: Exact = Field(validation_alias=AliasPath("row", "quantity"))
    amount: Exact = Field(validation_alias=AliasPath("row", "amount"))
    currency: str


class MarginsAnswer(Answer):
    """The margins of a month, with the names of what they speak of."""

    first: date = Field(validation_alias=AliasPath("month", "start"))
    last: date = Field(validation_alias=AliasPath("month", "end"))
    used_on: date | None
    billed_on: date | None
    invoices: int
    rows: list[MarginRowAnswer]
    labels: dict[str, str]
    services: dict[str, str]
    customers: dict[str, str]
    unmatched: list[UnmatchedAnswer]
    rows_of_unknown_customers: int = Field(validation_alias="nobody")


class TierAnswer(Answer):
    """A price above a quantity."""

    above: Exact
    price: Exact


class PriceAnswer(Answer):
    """A vendor's price."""

    number: int = Field(validation_alias="id")
    metric: str
    currency: str
    first: date
    last: date | None
    tiers: list[TierAnswer]
    rule: TierRule


class MinimumAnswer(Answer):
    """The least quantity that a vendor bills."""

    number: int = Field(validation_alias="id")
    metric: str
    quantity: Exact
    first: date
    last: date | None


class PricesAnswer(Answer):
    """Prices and minimum quantities."""

    prices: list[PriceAnswer]
    minimums: list[MinimumAnswer]


class UnitCostAnswer(Answer):
    """A unit cost that the PSA's catalogue should have."""

    service: str = Field(validation_alias="service_id")
    service_name: str = Field(validation_alias="service")
    known: Exact | None
    cost: Exact
    currency: str
    metrics: list[str]


class NoUnitCostAnswer(Answer):
    """A service of which vendors' prices give no single cost."""

    service: str = Field(validation_alias="service_id")
    service_name: str = Field(validation_alias="service")
    known: Exact | None
    reason: Told


class InvoiceAnswer(Answer):
    """A vendor's invoice."""

    vendor: str
    number: str
    month: date
    currency: str
    total: Exact
    file: str


class StoredInvoiceAnswer(Answer):
    """An invoice that was brought in."""

    id: int
    invoice: InvoiceAnswer
    saved_by: str


class InvoiceImportAnswer(Answer):
    """What became of an invoice's file."""

    state: InvoiceState
    invoice: InvoiceAnswer


class TierAsked(Asked):
    """A price above a quantity."""

    above: ExactIn
    price: ExactIn


class PriceAsked(Asked):
    """A vendor's price of a unit a month."""

    metric: Name
    price: ExactIn
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    first: Day
    last: Day | None = None
    tiers: list[TierAsked] = Field(default=[], max_length=50, description="Further prices above quantities.")
    rule: TierRule = TierRule.VOLUME
    minimum: ExactIn | None = Field(default=None, description="The least quantity that is billed.")


class MinimumAsked(Asked):
    """The least quantity that a vendor bills."""

    metric: Name
    quantity: ExactIn
    first: Day
    last: Day | None = None


class EndAsked(Asked):
    """The last day of a price."""

    last: Day


class VendorAsked(Asked):
    """Keys of a vendor's profile; an empty value takes one away."""

    settings: dict[Name, Words] = Field(default={}, max_length=200)


def _told(found: PriceList, said: Sentences) -> PricesAnswer:
    return told(PricesAnswer, {"prices": found[0], "minimums": found[1]}, said)


@router.get("", operation_id="showMargins")
async def show_margins(
    here: ViewerHere,
    month: Month = None,
    tolerance: Annotated[Decimal, Query(ge=0, le=100, description="In percent.")] = Decimal(1),
) -> MarginsAnswer:
    """What vendors bill beside what customers are billed, with the cause of every difference."""
    return told(MarginsAnswer, await reckoning.margins_of(here.ws, month_of(month), tolerance / 100), here.said)


@router.get("/unit-costs", operation_id="listUnitCosts")
async def list_unit_costs(here: ViewerHere) -> list[UnitCostAnswer]:
    """Services whose unit cost in the PSA is not what vendors ask; a plan has them as entries."""
    return [told(UnitCostAnswer, one, here.said) for one in (await costs.unit_costs(here.ws)).costs]


@router.get("/unit-costs/undecided", operation_id="listUndecidedUnitCosts")
async def list_undecided_unit_costs(here: ViewerHere) -> list[NoUnitCostAnswer]:
    """Services whose rule counts something that vendors price, but of which no single cost can be said, and why."""
    return [told(NoUnitCostAnswer, one, here.said) for one in (await costs.unit_costs(here.ws)).without]


@router.get("/prices", operation_id="listPrices")
async def list_prices(here: ViewerHere) -> PricesAnswer:
    """Vendors' prices and minimum quantities."""
    return _told(await prices.list_prices(here.ws), here.said)


@router.post("/prices", operation_id="savePrice")
async def save_price(here: BillingHere, asked: PriceAsked) -> PricesAnswer:
    """Save a price from a day on. Prices never share a day, and nothing is overwritten."""
    levels = (Tier(Decimal(0), asked.price), *(Tier(one.above, one.price) for one in asked.tiers))
    new = VendorPrice(asked.metric, asked.currency, asked.first, asked.last, levels, asked.rule)
    least = [] if asked.minimum is None else [Commitment(asked.metric, asked.minimum, asked.first, asked.last)]
    return _told(await prices.save_prices(here.ws, (new,), least), here.said)


@router.post("/prices/import", operation_id="importPrices", max_body_size=FILE_LIMIT + 100_000)
async def import_prices(
    here: BillingHere, file: Annotated[UploadFile, File(description="CSV or XLSX.")]
) -> PricesAnswer:
    """Save a vendor's price list, whole or not at all (docs/guides/margins.md)."""
    with tempfile.TemporaryDirectory() as folder:
        return _told(await prices.import_prices(here.ws, await written(file, folder)), here.said)


@router.post("/prices/{number}/end", operation_id="endPrice")
async def end_price(here: BillingHere, number: Number, asked: EndAsked) -> PriceAnswer:
    """Let a price hold until a day, inclusive."""
    return told(PriceAnswer, await prices.end_price(here.ws, number, asked.last), here.said)


@router.delete("/prices/{number}", operation_id="removePrice", status_code=204)
async def remove_price(here: BillingHere, number: Number) -> None:
    """Take a price away that should never have been; it stays on record."""
    await prices.remove_price(here.ws, number)


@router.post("/minimums", operation_id="saveMinimum")
async def save_minimum(here: BillingHere, asked: MinimumAsked) -> PricesAnswer:
    """Save the least quantity that a vendor bills."""
    new = Commitment(asked.metric, asked.quantity, asked.first, asked.last)
    return _told(await prices.save_prices(here.ws, (), (new,)), here.said)


@router.delete("/minimums/{number}", operation_id="removeMinimum", status_code=204)
async def remove_minimum(here: BillingHere, number: Number) -> None:
    """Take a minimum quantity away; it stays on record."""
    await prices.remove_commitment(here.ws, number)


@router.get("/vendors", operation_id="listVendors")
async def list_vendors(here: ViewerHere) -> dict[str, dict[str, str]]:
    """Vendors with the keys of their invoices' profiles."""
    return {name: dict(one) for name, one in (await invoices.list_vendors(here.ws)).items()}


@router.put("/vendors/{vendor}", operation_id="saveVendor")
async def save_vendor(here: BillingHere, vendor: Vendor, asked: VendorAsked) -> dict[str, str]:
    """Save what the columns of a vendor's invoices mean."""
    return dict(await invoices.save_vendor(here.ws, vendor, asked.settings))


@router.get("/invoices", operation_id="listInvoices")
async def list_invoices(here: ViewerHere) -> list[StoredInvoiceAnswer]:
    """Invoices that were brought in, the newest month first."""
    return [told(StoredInvoiceAnswer, one, here.said) for one in await invoices.list_invoices(here.ws)]


@router.post("/vendors/{vendor}/invoices", operation_id="importInvoice", max_body_size=FILE_LIMIT + 100_000)
async def import_invoice(
    here: BillingHere,
    vendor: Vendor,
    file: Annotated[UploadFile, File(description="CSV or XLSX.")],
    month: Annotated[str, Form(pattern=r"^[0-9]{4}-[0-9]{2}$", description="The month that it bills.")],
    number: Annotated[Name | None, Form(description="Its number, where the file names none.")] = None,
    preview: Annotated[bool, Form(description="Only look; nothing is recorded.")] = False,
) -> InvoiceImportAnswer:
    """Bring an invoice in, whole or not at all; the same one twice changes nothing."""
    asked = invoices.InvoiceAsked(vendor, month_of(month) or date.min, number, preview)
    with tempfile.TemporaryDirectory() as folder:
        found = await invoices.import_invoice(here.ws, await written(file, folder), asked)
    return told(InvoiceImportAnswer, found, here.said)


@router.delete("/invoices/{number}", operation_id="removeInvoice", status_code=204)
async def remove_invoice(here: BillingHere, number: Number) -> None:
    """Take an invoice away; it stays on record."""
    await invoices.remove_invoice(here.ws, number)
