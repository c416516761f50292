"""Lines of contracts: made from the catalogue, priced, and adjusted, whoever asks for it.

Autotask REST, ContractServices and ContractServiceAdjustments pages; `docs/decisions/0043-autotask-simulator-units.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trueup_simulators.autotask.errors import RefusedError
from trueup_simulators.autotask.state import RECURRING, SERVICE, AcceptedAdjustment, LineKind, State
from trueup_simulators.autotask.store import int_of
from trueup_simulators.autotask.unit_rows import Line
from trueup_simulators.autotask.units import Change, Rates, UnitRefusalError
from trueup_simulators.autotask.wire import Record, Value, money

OUTSIDE_CONTRACT = (
    "{entity} effectiveDate must be between the start date and end date of the Contract referenced by contractID."
)


def decimal_of(value: Value) -> Decimal:
    """An amount of a record; null counts as nothing."""
    if value is None:
        return Decimal(0)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"{value!r} is not an amount")
    return Decimal(value)


def bundle_cost(state: State, bundle_id: int) -> Decimal:
    """Unit cost of a bundle: the sum of its services'."""
    members = state.table("ServiceBundleServices").with_value("serviceBundleID", bundle_id)
    services = (state.table("Services").get(int_of(member["serviceID"])) for member in members)
    return sum((decimal_of(service["unitCost"]) for service in services if service is not None), Decimal(0))


def rates_of(state: State, kind: LineKind, record: Record) -> Rates:
    """Price and cost that rows of a line begin with: the adjusted price where there is one."""
    price = record["unitPrice"] if record["adjustedPrice"] is None else record["adjustedPrice"]
    if kind is SERVICE:
        return Rates(decimal_of(price), decimal_of(record["unitCost"]))
    return Rates(decimal_of(price), bundle_cost(state, int_of(record[kind.item_field])))


def add_line(state: State, kind: LineKind, values: dict[str, Value]) -> Record:
    """Put a service or bundle on a contract. Raises `RefusedError`.

    `values` name contract and item; prices left out come from the catalogue. A new line has no unit rows.
    """
    contract = state.table("Contracts").get(int_of(values["contractID"]))
    item_id = int_of(values[kind.item_field])
    item = state.table(kind.items).get(item_id)
    if contract is None or item is None:
        raise RefusedError("Value does not reference an existing entity for contractID . ")
    if contract["contractType"] != RECURRING:
        raise RefusedError("Services can only be added to contracts of type Recurring Service.")
    if kind is not SERVICE and not state.table("ServiceBundleServices").with_value(kind.item_field, item_id):
        raise RefusedError("A service bundle without services cannot be added to a contract.")
    table = state.table(kind.lines)
    if values.get("unitPrice") is None:
        values["unitPrice"] = money(decimal_of(item["unitPrice"]))
    if kind is SERVICE and values.get("unitCost") is None:
        values["unitCost"] = money(decimal_of(item["unitCost"]))
    record = table.add(values)
    price_in_internal_currency(state, kind, record)
    state.units[kind.name].add_line(line_of(state, kind, record))
    return record


def line_of(state: State, kind: LineKind, record: Record) -> Line:
    """What the unit rows of a line need to know of it."""
    contract = state.table("Contracts").get(int_of(record["contractID"]))
    if contract is None:
        raise ValueError(f"{kind.lines} {record['id']}: its contract does not exist")
    item = state.table(kind.items).get(int_of(record[kind.item_field]))
    vendor = item.get("vendorCompanyID") if item is not None else None
    level = contract["organizationalLevelAssociationID"]
    return Line(
        id=int_of(record["id"]),
        contract_id=int_of(record["contractID"]),
        item_id=int_of(record[kind.item_field]),
        rate=state.rate_of(contract),
        vendor_company_id=vendor if isinstance(vendor, int) else None,
        organizational_level_id=level if isinstance(level, int) else None,
    )


def price_in_internal_currency(state: State, kind: LineKind, record: Record) -> None:
    """Fill the two prices that a query shows in the tenant's own currency."""
    contract = state.table("Contracts").get(int_of(record["contractID"]))
    rate = Decimal(1) if contract is None else state.rate_of(contract)
    effective = record["unitPrice"] if record["adjustedPrice"] is None else record["adjustedPrice"]
    state.table(kind.lines).change(
        record,
        {
            "internalCurrencyUnitPrice": money(decimal_of(record["unitPrice"]) * rate),
            "internalCurrencyAdjustedPrice": money(decimal_of(effective) * rate),
        },
    )


@dataclass(frozen=True, slots=True)
class Order:
    """A wanted adjustment of a line, by whom."""

    day: date
    units: int
    by: str
    resource: str
    price: Decimal | None = None
    cost: Decimal | None = None
    created_line: bool = False


def adjust(state: State, kind: LineKind, line_id: int, order: Order) -> AcceptedAdjustment:
    """Carry out an adjustment and log it. Raises `RefusedError` and then changed nothing."""
    record = state.table(kind.lines).get(line_id)
    if record is None:
        raise RefusedError(f"Value does not reference an existing entity for {kind.line_field} . ")
    contract = state.table("Contracts").get(int_of(record["contractID"]))
    if contract is None:
        raise RefusedError("Value does not reference an existing entity for contractID . ")
    item_id = int_of(record[kind.item_field])
    terms = state.terms(kind, contract, item_id)
    if not terms.start <= order.day <= terms.end:
        raise RefusedError(OUTSIDE_CONTRACT.format(entity=kind.adjustments.removesuffix("s")))
    change = Change(
        day=order.day,
        units=order.units,
        adjustment_id=state.next_adjustment_id,
        price=order.price,
        cost=order.cost,
        by_person=order.by == "person",
    )
    line = state.units[kind.name].lines[line_id]
    try:
        before, after = state.engines[kind.name].adjust(line, terms, rates_of(state, kind, record), change)
    except UnitRefusalError as refusal:
        raise RefusedError(str(refusal)) from None
    if order.price is not None:
        state.table(kind.lines).change(record, {"adjustedPrice": order.price})
        price_in_internal_currency(state, kind, record)
    accepted = AcceptedAdjustment(
        id=state.new_adjustment_id(),
        kind=kind.name,
        line_id=line_id,
        contract_id=line.contract_id,
        item_id=item_id,
        effective_date=order.day,
        unit_change=order.units,
        before=before,
        after=after,
        adjusted_unit_price=order.price,
        adjusted_unit_cost=order.cost,
        by=order.by,
        resource=order.resource,
        created_line=order.created_line,
        at=state.clock.now(),
    )
    state.adjustments.append(accepted)
    return accepted
