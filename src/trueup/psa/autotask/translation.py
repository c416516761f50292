"""Rows of Autotask in the project's own words.

Nulls and unknown numbers are tolerated where nothing depends on them (a name, a company's type). Where units or money
depend on them the whole read is refused, naming entity, id and field: a line that silently dropped out would look like
a line that is in order.

Ids of bundles and of bundle lines carry a prefix, because they are numbered apart from services and their lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType

from trueup.core.contract import Contract, Customer, Line, LineKind, PeriodType, Service, UnitRow
from trueup.core.reason import Reason
from trueup.core.usage import Failure, FailureCategory
from trueup.psa.autotask.picklists import Meanings
from trueup.psa.autotask.rows import (
    BundleLineRow,
    BundleUnitsRow,
    CompanyRow,
    ContractRow,
    LineRow,
    ServiceRow,
    UnitsRow,
)
from trueup.psa.port import PsaReadError

BUNDLE = "bundle-"
_THE_MSP = 0  # the MSP's own company always has this id
_OPEN_END_YEAR = 9000  # a contract without an end carries 9999-12-31
_FOUR_PLACES = Decimal("0.0001")  # as Autotask keeps them


def refused(code: str, entity: str, row: int, field: str, value: str = "") -> PsaReadError:
    """A row that cannot be understood, by name."""
    reason = Reason.of(code, entity=entity, id=str(row), field=field, value=value[:40])
    return PsaReadError(Failure(FailureCategory.SCHEMA_CHANGED, reason))


def number_of(identifier: str) -> int:
    """Autotask's own number of an id; raises ValueError for what never came from here."""
    return int(identifier.removeprefix(BUNDLE))


def is_bundle(identifier: str) -> bool:
    """Whether an id is that of a bundle or a bundle's line."""
    return identifier.startswith(BUNDLE)


@lru_cache(maxsize=4096)
def _day(text: str) -> date:
    """Thousands of rows begin and end on the same few days."""
    return date.fromisoformat(text)


def day_of(text: str | None, entity: str, row: int, field: str) -> date:
    """A date-only field: its first ten characters, never converted (Autotask REST, page on dates)."""
    if text is None:
        raise refused("autotask.field_missing", entity, row, field)
    try:
        return _day(text[:10])
    except ValueError:
        raise refused("autotask.value_unknown", entity, row, field, text) from None


def exact(amount: Decimal | None) -> Decimal | None:
    """The same amount always written the same way: Autotask sends `4.5` and `4.5000` alike."""
    return None if amount is None else amount.normalize() + Decimal(0)


def customer_of(row: CompanyRow, meanings: Meanings) -> Customer:
    """A company. Unknown activity counts as active, an unknown type as one that may be mapped."""
    active = row.is_active is not False
    return Customer(
        id=str(row.id),
        name=(row.company_name or "").strip(),
        active=active,
        billable=active and row.company_type not in meanings.gone,
        parent_id=None if row.parent_company_id is None else str(row.parent_company_id),
        number=row.company_number or None,
    )


def currencies_of(companies: Iterable[CompanyRow], named: Mapping[int, str]) -> Mapping[int, str]:
    """The currency of each company whose money is not the MSP's own; what is left out is in the MSP's.

    Autotask numbers currencies (`Companies.currencyID`). A number that is not in `named` is shown as `#2`: it has no
    code, but its amounts are still never added to others (docs/decisions/0096-currency-of-a-contract.md).
    """
    found = {row.id: row.currency_id for row in companies if row.currency_id is not None}
    own = found.get(_THE_MSP)
    if own is None and len(set(found.values())) == 1:
        return {}
    return {company: named.get(number, f"#{number}") for company, number in found.items() if number != own}


def contracts_of(
    rows: Iterable[ContractRow], meanings: Meanings, currencies: Mapping[int, str] = MappingProxyType({})
) -> tuple[Contract, ...]:
    """Recurring contracts with their successors. `currencies` names those of companies (see `currencies_of`)."""
    held = {row.id: row for row in rows}
    successors = _successors(held)
    predecessors = {later: earlier for earlier, later in successors.items()}
    found = (_contract(row, meanings, successors.get(row.id), predecessors.get(row.id)) for row in held.values())
    return tuple(replace(one, currency=currencies.get(int(one.customer_id))) for one in found)


def _contract(row: ContractRow, meanings: Meanings, successor: int | None, predecessor: int | None) -> Contract:
    if row.company_id is None:
        raise refused("autotask.field_missing", "Contracts", row.id, "companyID")
    if row.contract_period_type is None:
        raise refused("autotask.field_missing", "Contracts", row.id, "contractPeriodType")
    period = meanings.periods.get(row.contract_period_type)
    if period is None:
        raise refused(
            "autotask.value_unknown", "Contracts", row.id, "contractPeriodType", str(row.contract_period_type)
        )
    end = day_of(row.end_date, "Contracts", row.id, "endDate")
    payer = row.bill_to_company_id
    return Contract(
        id=str(row.id),
        customer_id=str(row.company_id),
        name=(row.contract_name or "").strip(),
        start=day_of(row.start_date, "Contracts", row.id, "startDate"),
        end=None if end.year >= _OPEN_END_YEAR else end,
        period=period,
        active=row.status in meanings.in_effect,
        payer_id=None if payer is None or payer == row.company_id else str(payer),
        number=row.contract_number or None,
        successor_id=None if successor is None else str(successor),
        predecessor_id=None if predecessor is None else str(predecessor),
    )


def _successors(held: Mapping[int, ContractRow]) -> dict[int, int]:
    """Which contract renewed which.

    The vendor does not say on which of the two `renewedContractID` stands, so the start dates decide, and the ids
    where the other contract was not read: renewal makes a new contract, and new ids are larger
    (docs/decisions/0037-which-contract-renewed-which.md).
    """
    found: dict[int, int] = {}
    for row in held.values():
        other = row.renewed_contract_id
        if other is None or other == row.id or other <= 0:
            continue
        known = held.get(other)
        own_order = ((row.start_date or "")[:10] if known else "", row.id)
        other_order = ((known.start_date or "")[:10] if known else "", other)
        earlier, later = (row.id, other) if own_order < other_order else (other, row.id)
        found[earlier] = later
    return found


def service_of(row: ServiceRow, periods: Mapping[int, PeriodType], kind: LineKind) -> Service:
    """A catalogue entry; an unknown period type is left out, as only the contract's decides."""
    return Service(
        id=(BUNDLE if kind is LineKind.BUNDLE else "") + str(row.id),
        name=(row.name or "").strip(),
        kind=kind,
        price=exact(row.unit_price),
        active=row.is_active is not False,
        period=None if row.period_type is None else periods.get(row.period_type),
        invoice_name=row.invoice_description or None,
        billing_code=None if row.billing_code_id is None else str(row.billing_code_id),
        sku=row.sku or None,
        cost=exact(row.unit_cost),
    )


def line_of(row: LineRow) -> Line:
    """A service on a contract."""
    if row.contract_id is None:
        raise refused("autotask.field_missing", "ContractServices", row.id, "contractID")
    if row.service_id is None:
        raise refused("autotask.field_missing", "ContractServices", row.id, "serviceID")
    return Line(
        id=str(row.id),
        contract_id=str(row.contract_id),
        service_id=str(row.service_id),
        price=price_of(row.unit_price, row.internal_currency_unit_price, row.internal_currency_adjusted_price),
        invoice_name=row.invoice_description or None,
    )


def bundle_line_of(row: BundleLineRow) -> Line:
    """A bundle on a contract; it states its adjusted price in the contract's currency."""
    if row.contract_id is None:
        raise refused("autotask.field_missing", "ContractServiceBundles", row.id, "contractID")
    if row.service_bundle_id is None:
        raise refused("autotask.field_missing", "ContractServiceBundles", row.id, "serviceBundleID")
    price = row.adjusted_price
    if price is None:
        price = price_of(row.unit_price, row.internal_currency_unit_price, row.internal_currency_adjusted_price)
    return Line(
        id=f"{BUNDLE}{row.id}",
        contract_id=str(row.contract_id),
        service_id=f"{BUNDLE}{row.service_bundle_id}",
        kind=LineKind.BUNDLE,
        price=exact(price),
        invoice_name=row.invoice_description or None,
    )


def price_of(unit: Decimal | None, internal_unit: Decimal | None, internal_adjusted: Decimal | None) -> Decimal | None:
    """Price per unit in the contract's currency, or None where it cannot be told.

    The adjusted price is only returned in the MSP's own currency; the ratio of the two unit prices is the rate
    (docs/decisions/0036-effective-price-of-a-line.md).
    """
    if internal_adjusted is None:
        return exact(unit)
    if internal_adjusted == 0:
        return Decimal(0)
    if not unit or not internal_unit:
        return None
    return exact((internal_adjusted * unit / internal_unit).quantize(_FOUR_PLACES))


def price_from_rows(rows: Iterable[UnitRow]) -> Decimal | None:
    """Price per unit from the longest row that has units and an amount; a row's amount is for all its units."""
    usable = [row for row in rows if row.units and row.amount is not None]
    if not usable:
        return None
    best = max(usable, key=lambda row: (row.end - row.start, row.start))
    return exact(((best.amount or Decimal(0)) / best.units).quantize(_FOUR_PLACES))


def line_id_of(row: UnitsRow | BundleUnitsRow) -> str:
    """The line that a row of units belongs to."""
    if isinstance(row, BundleUnitsRow):
        if row.contract_service_bundle_id is None:
            raise refused("autotask.field_missing", "ContractServiceBundleUnits", row.id, "contractServiceBundleID")
        return f"{BUNDLE}{row.contract_service_bundle_id}"
    if row.contract_service_id is None:
        raise refused("autotask.field_missing", "ContractServiceUnits", row.id, "contractServiceID")
    return str(row.contract_service_id)


def units_of(row: UnitsRow | BundleUnitsRow) -> tuple[str, UnitRow]:
    """A row of units and the line that it belongs to."""
    return line_id_of(row), unit_row_of(row)


def unit_row_of(row: UnitsRow | BundleUnitsRow) -> UnitRow:
    """Units in a date range; refused by name unless dates and whole units are there."""
    entity = "ContractServiceBundleUnits" if isinstance(row, BundleUnitsRow) else "ContractServiceUnits"
    if row.units is None:
        raise refused("autotask.field_missing", entity, row.id, "units")
    if row.units != row.units.to_integral_value():
        raise refused("autotask.value_unknown", entity, row.id, "units", str(row.units))
    start = day_of(row.start_date, entity, row.id, "startDate")
    end = day_of(row.end_date, entity, row.id, "endDate")
    if end < start:
        raise refused("autotask.value_unknown", entity, row.id, "endDate", end.isoformat())
    posted = row.approve_and_post_date
    return UnitRow(
        start=start,
        end=end,
        units=int(row.units),
        amount=exact(row.price),
        posted=day_of(posted, entity, row.id, "approveAndPostDate") if posted else None,
    )
