"""`POST ContractServiceAdjustments` and its twin for bundles, on the root path and below a contract.

Autotask REST, ContractServiceAdjustments page: the line is named by its id, or by contract and service; then a
missing line is created, and one that is there is adjusted unless repeating was allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from trueup_simulators.autotask.access import User
from trueup_simulators.autotask.bodies import parse_body
from trueup_simulators.autotask.entities import ENTITIES
from trueup_simulators.autotask.errors import RefusedError, missing_reference, required
from trueup_simulators.autotask.lines import OUTSIDE_CONTRACT, Order, add_line, adjust
from trueup_simulators.autotask.state import RECURRING, LineKind, State
from trueup_simulators.autotask.store import int_of
from trueup_simulators.autotask.wire import Json, Record, Value

NO_PERMISSION = "The logged in Resource does not have the adequate permissions to create this entity type."


def create_adjustment(state: State, kind: LineKind, body: Json, contract_id: int | None, user: User) -> int | None:
    """Carry out an adjustment; the `itemId` to answer. Raises `RefusedError`."""
    if not user.can_edit_contracts:
        raise RefusedError(NO_PERMISSION)
    entity = ENTITIES[kind.adjustments.lower()]
    values = parse_body(state, entity, body)
    if contract_id is not None:
        if values.get("contractID") not in {None, 0, contract_id}:
            raise RefusedError("Data violation: The contractID differs from the one in the address.")
        values["contractID"] = contract_id
    day, change = values.get("effectiveDate"), values.get("unitChange")
    if not isinstance(day, date):
        raise required("effectiveDate")
    units = 0 if change is None else int_of(change)
    line, contract = _line(state, kind, values)
    price = values.get("adjustedUnitPrice")
    cost = values.get("adjustedUnitCost")
    created = False
    if line is None:
        _check_new_line(kind, contract, day, units)
        line = add_line(
            state,
            kind,
            {
                "contractID": contract["id"],
                kind.item_field: values[kind.item_field],
                "adjustedPrice": price,
                "quoteItemID": values.get("quoteItemID"),
            },
        )
        created = True
    accepted = adjust(
        state,
        kind,
        int_of(line["id"]),
        Order(
            day=day,
            units=units,
            by="api",
            resource=user.user_name,
            price=price if isinstance(price, Decimal) else None,
            cost=cost if isinstance(cost, Decimal) else None,
            created_line=created,
        ),
    )
    return accepted.id if state.switches.adj_item_id == "number" else None


def _line(state: State, kind: LineKind, values: Mapping[str, Value]) -> tuple[Record | None, Record]:
    """The line that is meant (null: to be created) and its contract."""
    line_id, contract_id = values.get(kind.line_field), values.get("contractID")
    if line_id is not None and line_id != 0:
        line = state.table(kind.lines).get(int_of(line_id))
        if line is None:
            raise missing_reference(kind.line_field)
        if contract_id not in {None, 0, line["contractID"]}:
            raise RefusedError(f"Data violation: The {kind.line_field} does not belong to the contractID.")
        return line, _contract(state, line["contractID"])
    if contract_id is None or values.get(kind.item_field) is None:
        raise RefusedError(
            f"{kind.line_field} is a required field when contractID and {kind.item_field} are not given."
        )
    contract = _contract(state, contract_id)
    item_id = int_of(values[kind.item_field])
    if state.table(kind.items).get(item_id) is None:
        raise missing_reference(kind.item_field)
    present = [
        line
        for line in state.table(kind.lines).with_value("contractID", int_of(contract_id))
        if line[kind.item_field] == item_id
    ]
    repeat = values.get(kind.repeat_field) is True
    return (present[0] if present and not repeat else None), contract


def _contract(state: State, contract_id: Value) -> Record:
    contract = state.table("Contracts").get(int_of(contract_id))
    if contract is None:
        raise missing_reference("contractID")
    return contract


def _check_new_line(kind: LineKind, contract: Record, day: date, units: int) -> None:
    """Refuse before the line is made, so that a refused adjustment leaves no empty line behind."""
    start, end = contract["startDate"], contract["endDate"]
    if not isinstance(start, date) or not isinstance(end, date) or not start <= day <= end:
        raise RefusedError(OUTSIDE_CONTRACT.format(entity=kind.adjustments.removesuffix("s")))
    if units < 0:
        raise RefusedError("The unitChange would result in a negative number of units.")
    if contract["contractType"] != RECURRING:
        raise RefusedError("Services can only be added to contracts of type Recurring Service.")
