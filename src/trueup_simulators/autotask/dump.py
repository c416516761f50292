"""The whole state as JSON in a fixed order; `scenario.py` reads the same shape back."""

from __future__ import annotations

from datetime import date, datetime

from trueup_simulators.autotask import switches
from trueup_simulators.autotask.access import User
from trueup_simulators.autotask.state import BUNDLE, KINDS, SERVICE, AcceptedAdjustment, ContractNote, LineKind, State
from trueup_simulators.autotask.store import RecordTable
from trueup_simulators.autotask.unit_rows import UnitRow
from trueup_simulators.autotask.wire import Record, Value, moment_text

TABLES = {
    "departments": "Departments",
    "billing_codes": "BillingCodes",
    "companies": "Companies",
    "services": "Services",
    "bundles": "ServiceBundles",
    "bundle_services": "ServiceBundleServices",
    "contracts": "Contracts",
    "lines": "ContractServices",
    "bundle_lines": "ContractServiceBundles",
    "billing_rules": "ContractBillingRules",
    "billing_items": "BillingItems",
    "invoices": "Invoices",
    "subscriptions": "Subscriptions",
    "subscription_periods": "SubscriptionPeriods",
}
"""Keys of a scenario and of a dump -> entities."""

ROWS = {"rows": SERVICE, "bundle_rows": BUNDLE}


def dump(state: State) -> dict[str, object]:
    """Everything that a scenario can hold; null fields of records are left out."""
    out: dict[str, object] = {
        "today": state.clock.today() if state.clock.is_set else None,
        "zone": state.zone,
        "integration_codes": sorted(state.accounts.integration_codes),
        "users": [_user(user) for _, user in sorted(state.accounts.users.items())],
        "switches": switches.as_dict(state.switches),
        "currencies": {str(key): rate for key, rate in sorted(state.currencies.items())},
        "user_defined_fields": {
            path: dict(table.udf_names) for path, table in sorted(state.tables.items()) if table.udf_names
        },
        "next_adjustment_id": state.next_adjustment_id,
    }
    for key, path in TABLES.items():
        table = state.table(path)
        out[key] = [record(table, row) for row in table]
    for key, kind in ROWS.items():
        out[key] = [_row(kind, row) for row in state.units[kind.name]]
    out["adjusted_days"] = [
        {"kind": name, "line": line.id, "days": sorted(line.adjusted_days)}
        for name in KINDS
        for _, line in sorted(state.units[name].lines.items())
        if line.adjusted_days
    ]
    out["adjustments"] = [adjustment(entry) for entry in state.adjustments]
    out["notes"] = [note(entry) for entry in state.notes]
    return out


def record(table: RecordTable, row: Record) -> dict[str, object]:
    """A record with its fields by the vendor's names, without the null ones."""
    out: dict[str, object] = {name: _plain(value) for name, value in row.items() if value is not None}
    udf = table.udf_values.get(table.key(row))
    if udf:
        out["userDefinedFields"] = dict(udf)
    return out


def _plain(value: Value) -> object:
    if isinstance(value, datetime):
        return moment_text(value)
    return value.isoformat() if isinstance(value, date) else value


def _user(user: User) -> dict[str, object]:
    return {
        "user_name": user.user_name,
        "secret": user.secret,
        "companies": None if user.companies is None else sorted(user.companies),
        "hidden_entities": sorted(user.hidden_entities),
        "can_edit_contracts": user.can_edit_contracts,
        "can_edit_catalogue": user.can_edit_catalogue,
        "locked": user.locked,
    }


def _row(kind: LineKind, row: UnitRow) -> dict[str, object]:
    out: dict[str, object] = {
        "id": row.id,
        kind.line_field: row.line.id,
        "contractID": row.line.contract_id,
        kind.item_field: row.line.item_id,
        "startDate": row.start,
        "endDate": row.end,
        "units": row.units,
        "unit_price": row.unit_price,
        "unit_cost": row.unit_cost,
        "approveAndPostDate": row.posted,
    }
    if (row.period_start, row.period_end) != (row.start, row.end):
        out |= {"period_start": row.period_start, "period_end": row.period_end}
    if row.adjustment_id is not None:
        out["adjustment_id"] = row.adjustment_id
    if row.carried_units or row.carried_amount:
        out |= {"carried_units": row.carried_units, "carried_amount": row.carried_amount}
    return out


def adjustment(entry: AcceptedAdjustment) -> dict[str, object]:
    """An accepted adjustment."""
    return {
        "id": entry.id,
        "kind": entry.kind,
        "line": entry.line_id,
        "contract": entry.contract_id,
        "item": entry.item_id,
        "effective_date": entry.effective_date,
        "unit_change": entry.unit_change,
        "before": entry.before,
        "after": entry.after,
        "adjusted_unit_price": entry.adjusted_unit_price,
        "adjusted_unit_cost": entry.adjusted_unit_cost,
        "by": entry.by,
        "resource": entry.resource,
        "created_line": entry.created_line,
        "at": moment_text(entry.at),
    }


def note(entry: ContractNote) -> dict[str, object]:
    """A contract note."""
    return {
        "contract": entry.contract_id,
        "title": entry.title,
        "description": entry.description,
        "resource": entry.resource,
        "at": moment_text(entry.at),
    }
