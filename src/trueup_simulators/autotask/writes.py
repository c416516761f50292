"""Creates, updates and deletes of all entities but adjustments: the metadata's rules, and each entity's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from trueup_simulators.autotask import contract_rules
from trueup_simulators.autotask.access import User
from trueup_simulators.autotask.adjustments import NO_PERMISSION
from trueup_simulators.autotask.bodies import check_changed, check_new, parse_body, udf_of, writable
from trueup_simulators.autotask.entities_billing import RECURRING_BILLING_CODE
from trueup_simulators.autotask.errors import RefusedError, missing_reference
from trueup_simulators.autotask.fields import Child, Entity
from trueup_simulators.autotask.lines import add_line, price_in_internal_currency
from trueup_simulators.autotask.state import KINDS, State
from trueup_simulators.autotask.store import int_of
from trueup_simulators.autotask.wire import Json, Record, Value

_LINE_KINDS = {kind.lines: kind for kind in KINDS.values()}
_CONTRACT_ENTITIES = frozenset({"Contracts", "ContractBillingRules", *_LINE_KINDS})
CATALOGUE = frozenset({"Services", "ServiceBundles", "ServiceBundleServices"})
_NOTHING_DELETED = (
    "No message. No matching records found. The logged in Resource may not have the required permissions to delete "
    "the data."
)


def create(state: State, entity: Entity, body: Json, child: Child | None, parent: int | None, user: User) -> int:
    """Create a row; its id. Raises `RefusedError`."""
    _check_right(entity, user)
    values = parse_body(state, entity, body)
    values.pop("id", None)
    if child is not None and parent is not None:
        if state.table(child.parent).get(parent) is None:
            raise missing_reference(child.key)
        values[child.key] = parent
    table = state.table(entity.path)
    values = writable(entity, values)
    _DEFAULTS.get(entity.path, _no_defaults)(state, values)
    check_new(state, entity, values)
    user_defined = udf_of(table, body)
    _CHECKS.get(entity.path, _no_check)(state, values, None)
    kind = _LINE_KINDS.get(entity.path)
    row = table.add(values) if kind is None else add_line(state, kind, values)
    if user_defined:
        table.udf_values[table.key(row)] = user_defined
    return table.key(row)


def update(
    state: State,
    entity: Entity,
    body: Json,
    child: Child | None,
    parent: int | None,
    user: User,
    *,
    replace: bool,
) -> int:
    """Update a row, with `replace` as PUT does it: what is left out becomes null. Raises `RefusedError`."""
    _check_right(entity, user)
    values = parse_body(state, entity, body)
    key = values.pop("id", None)
    table = state.table(entity.path)
    row = table.get(key) if isinstance(key, int) else None
    if row is None or (child is not None and row[child.key] != parent):
        raise RefusedError("No matching records found. The id does not reference an existing entity.")
    if replace:
        kept = {entry.name for entry in entity.fields if entry.read_only or entry.create_only}
        values = {**{entry.name: None for entry in entity.fields if entry.name not in kept}, **values}
    check_changed(state, entity, row, values)
    user_defined = udf_of(table, body)
    changes = {
        name: value for name, value in writable(entity, values).items() if not entity.by_name[name.lower()].create_only
    }
    _CHECKS.get(entity.path, _no_check)(state, changes, row)
    if entity.path == "Contracts":
        contract_rules.change_dates(state, row, changes)
    stamp = {"Contracts": "lastModifiedDateTime", "Services": "lastModifiedDate", "ServiceBundles": "lastModifiedDate"}
    if entity.path in stamp:
        changes[stamp[entity.path]] = state.clock.now()
    table.change(row, changes)
    if entity.path in _LINE_KINDS and "adjustedPrice" in changes:
        kind = _LINE_KINDS[entity.path]
        price_in_internal_currency(state, kind, row)
        contract_rules.reprice(state, kind, row)
    if user_defined:
        table.udf_values.setdefault(table.key(row), {}).update(user_defined)
    return table.key(row)


def delete(state: State, entity: Entity, key: int, child: Child | None, parent: int | None, user: User) -> int:
    """Delete a row; its id. Raises `RefusedError`."""
    _check_right(entity, user)
    table = state.table(entity.path)
    row = table.get(key)
    if row is None or (child is not None and row[child.key] != parent):
        raise RefusedError(_NOTHING_DELETED)
    if entity.path == "ServiceBundles":
        if state.table("ContractServiceBundles").with_value("serviceBundleID", key):
            raise RefusedError("A service bundle that is used by a contract cannot be deleted.")
        for member in state.table("ServiceBundleServices").with_value("serviceBundleID", key):
            state.table("ServiceBundleServices").remove(member)
    if entity.path == "ServiceBundleServices":
        bundle = int_of(row["serviceBundleID"])
        if len(state.table("ServiceBundleServices").with_value("serviceBundleID", bundle)) == 1:
            raise RefusedError("The last service of a service bundle cannot be deleted.")
    table.remove(row)
    return key


def _check_right(entity: Entity, user: User) -> None:
    if entity.path in _CONTRACT_ENTITIES and not user.can_edit_contracts:
        raise RefusedError(NO_PERMISSION)
    if entity.path in CATALOGUE and not user.can_edit_catalogue:
        raise RefusedError(NO_PERMISSION)


def _no_defaults(_state: State, _values: dict[str, Value]) -> None:
    return


def _company_defaults(state: State, values: dict[str, Value]) -> None:
    if values.get("isActive") is None:
        values["isActive"] = True
    values["createDate"] = values["lastActivityDate"] = state.clock.now()


def _contract_defaults(state: State, values: dict[str, Value]) -> None:
    for name in ("setupFee", "estimatedCost", "estimatedHours", "estimatedRevenue"):
        if values.get(name) is None:
            values[name] = Decimal("0.0000")
    values["lastModifiedDateTime"] = state.clock.now()


def _item_defaults(state: State, values: dict[str, Value]) -> None:
    if values.get("isActive") is None:
        values["isActive"] = True
    if values.get("unitCost") is None:
        values["unitCost"] = Decimal("0.0000")
    values["createDate"] = values["lastModifiedDate"] = state.clock.now()


def _no_check(_state: State, _values: Mapping[str, Value], _row: Record | None) -> None:
    return


def _check_service(state: State, values: Mapping[str, Value], row: Record | None) -> None:
    name = values.get("name")
    if isinstance(name, str):
        for other in state.table("Services"):
            if other is not row and str(other["name"]).casefold() == name.casefold():
                raise RefusedError(
                    "Violation of UNIQUE KEY constraint 'IX_service'. Cannot insert duplicate key in object "
                    f"'dbo.service'. The duplicate key value is ({name})."
                )
    _check_billing_code(state, values, row)


def _check_billing_code(state: State, values: Mapping[str, Value], _row: Record | None) -> None:
    code_id = values.get("billingCodeID")
    if isinstance(code_id, int):
        code = state.table("BillingCodes").get(code_id)
        if code is None or not code["isActive"] or code["useType"] != RECURRING_BILLING_CODE:
            raise RefusedError("billingCodeID must reference an active Recurring Contract Service billing code.")


def _check_bundle_member(state: State, values: Mapping[str, Value], _row: Record | None) -> None:
    bundle = values.get("serviceBundleID")
    if isinstance(bundle, int):
        members = state.table("ServiceBundleServices").with_value("serviceBundleID", bundle)
        if any(member["serviceID"] == values.get("serviceID") for member in members):
            raise RefusedError("The service is already part of the service bundle.")


def _check_dates(_state: State, values: Mapping[str, Value], row: Record | None) -> None:
    start = values.get("startDate", None if row is None else row["startDate"])
    end = values.get("endDate", None if row is None else row["endDate"])
    if isinstance(start, date) and isinstance(end, date) and end < start:
        raise RefusedError("endDate must be on or after startDate.")


def _check_contract(state: State, values: Mapping[str, Value], row: Record | None) -> None:
    _check_dates(state, values, row)
    if row is None:
        contract_rules.check_new(values)


_DEFAULTS: Mapping[str, Callable[[State, dict[str, Value]], None]] = {
    "Companies": _company_defaults,
    "Contracts": _contract_defaults,
    "Services": _item_defaults,
    "ServiceBundles": _item_defaults,
}
_CHECKS: Mapping[str, Callable[[State, Mapping[str, Value], Record | None], None]] = {
    "Contracts": _check_contract,
    "ContractBillingRules": _check_dates,
    "Services": _check_service,
    "ServiceBundles": _check_billing_code,
    "ServiceBundleServices": _check_bundle_member,
}
