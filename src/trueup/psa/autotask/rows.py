"""Rows as Autotask sends them: only the fields that are needed. Almost every field may be null."""

from __future__ import annotations

from decimal import Decimal

import msgspec


def wire_name(name: str) -> str:
    """Autotask's spelling of a field: `bill_to_company_id` is `billToCompanyID`."""
    head, *rest = name.split("_")
    return head + "".join("ID" if part == "id" else part.capitalize() for part in rest)


class Row(msgspec.Struct, rename=wire_name, kw_only=True):
    """What every row has."""

    id: int


def field_names(row: type[Row]) -> list[str]:
    """The fields to ask for, `id` among them as paging needs it."""
    return [field.encode_name for field in msgspec.structs.fields(row)]


class IdRow(Row):
    """Only the id."""


class CompanyRow(Row):
    """A company."""

    company_name: str | None = None
    company_number: str | None = None
    company_type: int | None = None
    is_active: bool | None = None
    parent_company_id: int | None = None
    currency_id: int | None = None


class ContractRow(Row):
    """A contract of the recurring kind."""

    company_id: int | None = None
    contract_name: str | None = None
    contract_number: str | None = None
    contract_type: int | None = None
    contract_period_type: int | None = None
    start_date: str | None = None
    end_date: str | None = None
    status: int | None = None
    bill_to_company_id: int | None = None
    renewed_contract_id: int | None = None


class ServiceRow(Row):
    """A service or a bundle of the catalogue."""

    name: str | None = None
    invoice_description: str | None = None
    unit_price: Decimal | None = None
    unit_cost: Decimal | None = None
    period_type: int | None = None
    is_active: bool | None = None
    billing_code_id: int | None = msgspec.field(default=None, name="billingCodeID")
    sku: str | None = None


class LineRow(Row):
    """A service on a contract."""

    contract_id: int | None = None
    service_id: int | None = None
    unit_price: Decimal | None = None
    internal_currency_unit_price: Decimal | None = None
    internal_currency_adjusted_price: Decimal | None = None
    invoice_description: str | None = None


class BundleLineRow(Row):
    """A bundle on a contract."""

    contract_id: int | None = None
    service_bundle_id: int | None = None
    unit_price: Decimal | None = None
    adjusted_price: Decimal | None = None
    internal_currency_unit_price: Decimal | None = None
    internal_currency_adjusted_price: Decimal | None = None
    invoice_description: str | None = None


class UnitsRow(Row):
    """Units of a line in a date range; `price` is for the whole row."""

    contract_service_id: int | None = None
    start_date: str | None = None
    end_date: str | None = None
    units: Decimal | None = None
    price: Decimal | None = None
    approve_and_post_date: str | None = None


class BundleUnitsRow(Row):
    """Units of a bundle line in a date range."""

    contract_service_bundle_id: int | None = None
    start_date: str | None = None
    end_date: str | None = None
    units: Decimal | None = None
    price: Decimal | None = None
    approve_and_post_date: str | None = None


class BillingCodeRow(Row):
    """What an item is billed under."""

    name: str | None = None
    use_type: int | None = None
    is_active: bool | None = None


class PostedItemRow(Row):
    """A posted billing item of a service line, or of a bundle line."""

    contract_service_id: int | None = None
    contract_service_adjustment_id: int | None = None
    contract_service_bundle_id: int | None = None
    contract_service_bundle_adjustment_id: int | None = None
    item_date: str | None = None
    quantity: Decimal | None = None
    extended_price: Decimal | None = None


class BillingItemRow(Row):
    """A posted billing item."""

    contract_service_id: int | None = None
    contract_service_period_id: int | None = None
    contract_service_adjustment_id: int | None = None
    quantity: Decimal | None = None
