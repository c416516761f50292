"""Approve and post, un-post, and invoices: what turns unit rows into billing items.

Arithmetic and rounding: docs/decisions/0045-autotask-simulator-billing.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from trueup_simulators.autotask.entities_billing import RECURRING_BUNDLE_ITEM, RECURRING_SERVICE_ITEM
from trueup_simulators.autotask.errors import RefusedError
from trueup_simulators.autotask.periods import days
from trueup_simulators.autotask.state import KINDS, SERVICE, LineKind, State
from trueup_simulators.autotask.store import int_of
from trueup_simulators.autotask.unit_rows import UnitRow
from trueup_simulators.autotask.wire import Record, Value, money

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Charge:
    """What a row bills: a quantity at a rate for a part of its period, before rounding."""

    quantity: int
    rate: Decimal
    amount: Decimal
    cost: Decimal
    is_proration: bool


def cents(amount: Decimal) -> Decimal:
    """Rounded to the cent, halves away from zero, as happens at posting; kept with four decimals."""
    return money(amount.quantize(_CENT, ROUND_HALF_UP))


def charge_of(row: UnitRow, contract_end: date, *, per_row: bool, cut_is_full: bool = False) -> Charge:
    """What a row bills.

    The row that a period begins with bills the whole period (to the contract's end where that cuts it); a row made
    by a change bills the difference it makes from its day to the period's end. With `per_row` each row that is not
    laid over a posted one bills its own days instead. With `cut_is_full` a period that the contract's end cuts is a
    whole period of fewer days.
    """
    last = min(row.period_end, contract_end)
    whole = days(row.period_start, last if cut_is_full else row.period_end)
    is_change = row.start != row.period_start or row.adjustment_id is not None
    if per_row and not (is_change and _lies_over_posted(row)):
        part = Decimal(days(row.start, row.end)) / whole
        return Charge(
            row.units, row.unit_price, row.unit_price * row.units * part, row.unit_cost * row.units * part, is_change
        )
    part = Decimal(days(row.start, last)) / whole
    quantity = row.units - row.carried_units
    difference = row.amount - row.carried_amount
    rate = row.unit_price
    if quantity == 0 and difference != 0 and row.units:  # only the price changed
        quantity, rate = row.units, difference / row.units
    return Charge(quantity, rate, difference * part, row.unit_cost * quantity * part, is_change)


def _lies_over_posted(row: UnitRow) -> bool:
    return any(
        other is not row and other.posted is not None and other.start <= row.start and other.end >= row.end
        for other in row.line.rows
    )


def approve_and_post(state: State, through: date, contracts: frozenset[int] | None = None) -> list[Record]:
    """Post every row that starts on or before a day; the billing items made, oldest first."""
    items: list[Record] = []
    for kind, row in sorted(_unposted(state, through, contracts), key=lambda found: (found[1].start, found[1].id)):
        items += _post(state, kind, row)
    return items


def _unposted(state: State, through: date, contracts: frozenset[int] | None) -> Iterator[tuple[LineKind, UnitRow]]:
    for kind in KINDS.values():
        for line in state.units[kind.name].lines.values():
            if contracts is None or line.contract_id in contracts:
                for row in line.rows:
                    if row.posted is None and row.start <= through:
                        yield kind, row


def _post(state: State, kind: LineKind, row: UnitRow) -> list[Record]:
    row.posted = state.clock.today()
    contract = state.table("Contracts").get(row.line.contract_id)
    line = state.table(kind.lines).get(row.line.id)
    item = state.table(kind.items).get(row.line.item_id)
    if contract is None or line is None or item is None:
        raise AssertionError("a unit row without its contract, line or item")
    end = contract["endDate"]
    per_row = state.switches.proration_items == "rows"
    last = end if isinstance(end, date) else row.period_end
    charge = charge_of(row, last, per_row=per_row, cut_is_full=state.switches.cut_period == "full")
    if charge.quantity == 0 and charge.amount == 0:
        return []
    amount = cents(charge.amount)
    rate = row.line.rate
    text = line["invoiceDescription"] or item["invoiceDescription"] or item["name"]
    values: dict[str, Value] = {
        "billingCodeID": item["billingCodeID"],
        "billingItemType": RECURRING_SERVICE_ITEM if kind is SERVICE else RECURRING_BUNDLE_ITEM,
        "subType": 0,
        "nonBillable": 0,
        "companyID": contract["companyID"],
        "contractID": contract["id"],
        kind.item_field: item["id"],
        kind.line_field: line["id"],
        kind.period_field: row.id if per_row else _first_row(row).id,
        kind.adjustment_field: row.adjustment_id if charge.is_proration else None,
        "description": text,
        "itemName": item["name"],
        "lineItemFullDescription": f"{text} ({max(row.start, row.period_start)} - {row.end})",
        "itemDate": row.start,
        "postedDate": state.clock.today(),
        "postedOnTime": state.clock.now(),
        "quantity": Decimal(charge.quantity).quantize(Decimal("0.0001")),
        "rate": money(charge.rate),
        "extendedPrice": amount,
        "totalAmount": amount,
        "taxDollars": money(0),
        "ourCost": cents(charge.cost),
        "internalCurrencyExtendedPrice": cents(amount * rate),
        "internalCurrencyTotalAmount": cents(amount * rate),
        "internalCurrencyTaxDollars": money(0),
        "internalCurrencyRate": money(rate),
        "purchaseOrderNumber": contract["purchaseOrderNumber"],
        "organizationalLevelAssociationID": contract["organizationalLevelAssociationID"],
        "vendorID": row.line.vendor_company_id,
    }
    return [state.table("BillingItems").add(values)]


def _first_row(row: UnitRow) -> UnitRow:
    """The row that the period begins with: all items of a period carry its id."""
    return next(other for other in row.line.rows if other.period_start == row.period_start)


def un_post(state: State, since: date | None, contracts: frozenset[int] | None = None) -> list[int]:
    """Take postings back; ids of the items removed. Raises `RefusedError` when one of them is on an invoice."""
    items = [
        item
        for item in state.table("BillingItems")
        if (contracts is None or item["contractID"] in contracts)
        and (since is None or (isinstance(item["itemDate"], date) and item["itemDate"] >= since))
    ]
    if any(item["invoiceID"] for item in items):
        raise RefusedError("An invoiced item cannot be un-posted before its invoice is voided.")
    for item in items:
        state.table("BillingItems").remove(item)
    for kind in KINDS.values():
        for line in state.units[kind.name].lines.values():
            if contracts is None or line.contract_id in contracts:
                for row in line.rows:
                    if since is None or row.start >= since:
                        row.posted = None
    return [int_of(item["id"]) for item in items]


def edit_amount(state: State, item_id: int, amount: Decimal) -> Record | None:
    """What a person who edits the billable amount in the grid of Approve & Post leaves behind; null: no such item."""
    item = state.table("BillingItems").get(item_id)
    if item is not None:
        new = cents(amount)
        state.table("BillingItems").change(item, {"extendedPrice": new, "totalAmount": new})
    return item


def invoice(state: State, company_id: int) -> Record | None:
    """Put all posted items of a company that are on no invoice on a new one; null when there are none."""
    items = [item for item in state.table("BillingItems").with_value("companyID", company_id) if not item["invoiceID"]]
    if not items:
        return None
    total = sum((item["totalAmount"] for item in items if isinstance(item["totalAmount"], Decimal)), Decimal(0))
    dates = [item["itemDate"] for item in items if isinstance(item["itemDate"], date)]
    table = state.table("Invoices")
    made = table.add(
        {
            "companyID": company_id,
            "invoiceDateTime": state.clock.now(),
            "createDateTime": state.clock.now(),
            "invoiceNumber": str(table.next_id()),
            "invoiceTotal": total,
            "totalTaxValue": money(0),
            "isVoided": False,
            "fromDate": min(dates, default=None),
            "toDate": max(dates, default=None),
        }
    )
    for item in items:
        state.table("BillingItems").change(item, {"invoiceID": made["id"]})
    return made
