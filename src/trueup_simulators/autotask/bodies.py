"""Bodies of creates and updates, checked field by field against the metadata."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from trueup_simulators.autotask.errors import RefusedError, missing_reference, required
from trueup_simulators.autotask.fields import Entity, Field
from trueup_simulators.autotask.state import State
from trueup_simulators.autotask.store import RecordTable
from trueup_simulators.autotask.wire import Json, Record, Value, money, parse_day, parse_moment

_LIMITS = {"integer": 2**31, "long": 2**63}


def typed_value(field: Field, value: Json) -> Value:
    """A JSON value as the field holds it. Raises `RefusedError` when the type does not match."""
    if value is None:
        return None
    if field.kind == "string" and isinstance(value, str):
        if len(value) > field.length:
            raise RefusedError(f"String value exceeds maximum length (field:{field.name}).")
        return value
    if field.kind == "boolean" and isinstance(value, bool):
        return value
    if field.kind == "decimal" and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return money(value)
    if field.kind in _LIMITS and isinstance(value, int) and not isinstance(value, bool):
        if not -_LIMITS[field.kind] <= value < _LIMITS[field.kind]:
            bits = 32 if field.kind == "integer" else 64
            raise RefusedError(f"JSON integer {value} is too large or small for an Int{bits}. Path '{field.name}'.")
        return value
    if field.kind in {"date", "datetime"} and isinstance(value, str):
        return _moment(field, value)
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    raise RefusedError(f"Unexpected character encountered while parsing value: {shown[:1]}. Path '{field.name}'.")


def _moment(field: Field, value: str) -> Value:
    try:
        return parse_day(value) if field.kind == "date" else parse_moment(value)
    except ValueError:
        raise RefusedError(f"Could not convert string to DateTime: {value[:40]}. Path '{field.name}'.") from None


def parse_body(state: State, entity: Entity, body: Json) -> dict[str, Value]:
    """The fields of a body with their right names; unknown ones are ignored or refused as the switch says."""
    if not isinstance(body, dict):
        raise RefusedError("Unexpected character encountered while parsing value. An object was expected.")
    values: dict[str, Value] = {}
    for name, value in body.items():
        field = entity.by_name.get(name.lower())
        if field is None:
            if name.lower() == "userdefinedfields" and entity.udf:
                continue
            if state.switches.unknown_body_field == "reject":
                raise RefusedError(f"Unable to find {name} in the {entity.name} Entity.")
            continue
        if field.read_only and field.name != "id":
            values[field.name] = _read_only_value(field, value)
            continue
        values[field.name] = typed_value(field, value)
    return values


def _read_only_value(field: Field, value: Json) -> Value:
    """Read-only fields may come back from a client that sends a whole row; they are compared, never stored."""
    try:
        return typed_value(field, value)
    except RefusedError:
        return None


def udf_of(table: RecordTable, body: Json) -> dict[str, str | None]:
    """The user-defined fields of a body. Raises `RefusedError` for one that the entity has not."""
    if not isinstance(body, dict):
        return {}
    given = next((value for name, value in body.items() if name.lower() == "userdefinedfields"), None)
    if not isinstance(given, list):
        return {}
    known = {name.lower(): name for name in table.udf_names}
    found: dict[str, str | None] = {}
    for entry in given:
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(name, str) or name.lower() not in known:
            raise RefusedError(f"User-defined field {name} does not exist for the {table.entity.name} Entity.")
        value = entry.get("value")
        found[known[name.lower()]] = None if value is None else str(value)
    return found


def check_new(state: State, entity: Entity, values: Mapping[str, Value]) -> None:
    """Check what a create needs. Raises `RefusedError`."""
    for field in entity.fields:
        if field.required and values.get(field.name) is None:
            raise required(field.name)
    _check_values(state, entity, values)


def check_changed(state: State, entity: Entity, row: Record, values: Mapping[str, Value]) -> None:
    """Check what an update may set on a row. Raises `RefusedError`."""
    for name, value in values.items():
        field = entity.by_name[name.lower()]
        if name == "id":
            continue
        if field.read_only or field.create_only:
            if value is not None and value != row[name]:
                raise RefusedError(f"The field {name} of the {entity.name} Entity is read-only.")
        elif field.required and value is None:
            raise required(name)
    _check_values(state, entity, values)


def _check_values(state: State, entity: Entity, values: Mapping[str, Value]) -> None:
    for name, value in values.items():
        field = entity.by_name[name.lower()]
        if value is None or field.read_only:
            continue
        if field.picklist is not None and value not in {known for known, _ in field.picklist}:
            raise RefusedError(f"Picklist value [{value}] does not exist for {name}. ; on record number [1].")
        table = state.tables.get(field.reference or "")
        if table is not None and isinstance(value, int) and table.get(value) is None:
            raise missing_reference(name)


def writable(entity: Entity, values: Mapping[str, Value]) -> dict[str, Value]:
    """The values that a write stores."""
    return {name: value for name, value in values.items() if not entity.by_name[name.lower()].read_only}
