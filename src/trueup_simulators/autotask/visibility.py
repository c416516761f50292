"""Rows that a restricted user sees: the others are silently missing, as with the vendor's lines of business."""

from __future__ import annotations

from collections.abc import Callable

from trueup_simulators.autotask.access import User
from trueup_simulators.autotask.state import State
from trueup_simulators.autotask.store import int_of
from trueup_simulators.autotask.unit_rows import UnitRow
from trueup_simulators.autotask.wire import Record

_BY_COMPANY = frozenset({"Contracts", "BillingItems", "Invoices"})
_BY_CONTRACT = frozenset({"ContractServices", "ContractServiceBundles", "ContractBillingRules"})


def record_filter(state: State, user: User, entity: str) -> Callable[[Record], bool] | None:
    """Which records of an entity the user sees; null: all."""
    if entity.lower() in user.hidden_entities:
        return lambda _: False
    companies = user.companies
    if companies is None:
        return None
    if entity == "Companies":
        return lambda row: row["id"] in companies
    if entity in _BY_COMPANY:
        return lambda row: row["companyID"] in companies
    if entity in _BY_CONTRACT:
        return lambda row: _contract_seen(state, companies, int_of(row["contractID"]))
    return None


def unit_filter(state: State, user: User, entity: str) -> Callable[[UnitRow], bool] | None:
    """Which unit rows the user sees; null: all."""
    if entity.lower() in user.hidden_entities:
        return lambda _: False
    companies = user.companies
    if companies is None:
        return None
    return lambda row: _contract_seen(state, companies, row.line.contract_id)


def _contract_seen(state: State, companies: frozenset[int], contract_id: int) -> bool:
    contract = state.table("Contracts").get(contract_id)
    return contract is not None and contract["companyID"] in companies
