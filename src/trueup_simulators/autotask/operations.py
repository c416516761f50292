"""What each operation of the API does, once the caller is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from trueup_simulators.autotask import metadata, writes
from trueup_simulators.autotask.access import User
from trueup_simulators.autotask.adjustments import create_adjustment
from trueup_simulators.autotask.answers import Answer, success
from trueup_simulators.autotask.errors import RefusedError
from trueup_simulators.autotask.fields import Child, Entity
from trueup_simulators.autotask.filters import Comparison, Group
from trueup_simulators.autotask.query import (
    Page,
    Paging,
    Query,
    count_of,
    page_of,
    parse_json,
    parse_paging,
    parse_query,
)
from trueup_simulators.autotask.routes import Target, not_found, wrong_method
from trueup_simulators.autotask.state import KINDS, State
from trueup_simulators.autotask.visibility import record_filter, unit_filter
from trueup_simulators.autotask.wire import Json, encode

R = TypeVar("R")

_UNIT_KINDS = {kind.units: kind for kind in KINDS.values()}
_ADJUSTMENT_KINDS = {kind.adjustments: kind for kind in KINDS.values()}


@dataclass(frozen=True, slots=True)
class Caller:
    """One request, as far as an operation needs it."""

    user: User
    method: str
    path: str
    base_url: str
    """`http://host:port`, from the request."""
    search: str | None
    paging: str | None
    body: bytes


def carry_out(state: State, target: Target, caller: Caller) -> Answer:
    """Carry out an operation. Raises the errors of `errors.py`."""
    if target.action == "wrong-method":
        raise wrong_method(caller.method)
    if target.action == "version":
        return success({"majorVersion": 2026, "minorVersion": 3, "build": 112, "customerType": "Production"})
    if target.action == "threshold":
        return success(
            {
                "externalRequestThreshold": state.switches.request_threshold,
                "requestThresholdTimeframe": state.switches.request_window_minutes,
                "currentTimeframeRequestCount": state.limits.used(state.switches),
            }
        )
    entity = target.entity
    if entity is None:
        raise not_found(caller.path)
    if target.action in {"info", "fields", "udf"}:
        return _described(state, target.action, entity, caller.user)
    if target.action in {"create", "update", "replace", "delete"}:
        return _written(state, target, entity, caller)
    return _read(state, target, entity, caller)


def _described(state: State, action: str, entity: Entity, user: User) -> Answer:
    if action == "info":
        return success(metadata.information(entity, user))
    return success(
        metadata.fields(entity, state) if action == "fields" else metadata.user_defined_fields(entity, state)
    )


def _written(state: State, target: Target, entity: Entity, caller: Caller) -> Answer:
    child, parent = target.child, target.parent
    if target.action == "delete":
        key = writes.delete(state, entity, target.key or 0, child, parent, caller.user)
        return success({"itemId": key})
    body = parse_json(caller.body)
    if entity.path in _ADJUSTMENT_KINDS:
        made = create_adjustment(state, _ADJUSTMENT_KINDS[entity.path], body, parent, caller.user)
        return success({"itemId": made})
    if target.action == "create":
        return success({"itemId": writes.create(state, entity, body, child, parent, caller.user)})
    replace = target.action == "replace"
    return success({"itemId": writes.update(state, entity, body, child, parent, caller.user, replace=replace)})


def _read(state: State, target: Target, entity: Entity, caller: Caller) -> Answer:
    if target.action == "item":
        return _item(state, target, entity, caller.user)
    paging = None
    if target.action == "next":
        if caller.paging is None:
            raise not_found(caller.path)
        paging = parse_paging(caller.paging)
    if target.action == "children" and target.child is not None:
        paging = None if caller.paging is None else parse_paging(caller.paging)
        query = _children_query(entity, target.child, target.parent or 0)
        return _page(state, target, entity, caller, query, paging)
    names = state.tables[entity.path].udf_names if entity.path in state.tables else {}
    if target.action == "next" and caller.method == "GET" and caller.search is None:
        if state.switches.post_next_page_get == "405":
            raise wrong_method("GET")
        size = 0 if paging is None else paging.size
        return success(_envelope([], size, None, None))
    query = parse_query(_wanted(caller), entity, names)
    if target.action == "count":
        return success({"queryCount": _count(state, entity, caller.user, query)})
    return _page(state, target, entity, caller, query, paging)


def _wanted(caller: Caller) -> Json:
    if caller.method == "POST":
        return parse_json(caller.body)
    if caller.search is None:
        raise RefusedError("A filter is required.")
    return parse_json(caller.search)


def _children_query(entity: Entity, child: Child, parent: int) -> Query:
    condition = Comparison("eq", entity.by_name[child.key.lower()], value=parent)
    return Query(Group("and", (condition,)), 500, entity.answered, True)


def _item(state: State, target: Target, entity: Entity, user: User) -> Answer:
    found: dict[str, object] | None = None
    key = target.key or 0
    if entity.path in _UNIT_KINDS:
        units = state.units[_UNIT_KINDS[entity.path].name]
        row = units.get(key)
        sees_row = unit_filter(state, user, entity.path)
        if row is not None and (sees_row is None or sees_row(row)):
            found = units.wire(row, entity.answered)
    else:
        table = state.table(entity.path)
        record = table.get(key)
        sees = record_filter(state, user, entity.path)
        if record is not None and (sees is None or sees(record)):
            found = table.wire(record, entity.answered)
    if found is not None and target.child is not None and found[target.child.key] != target.parent:
        found = None
    if found is None and state.switches.missing_item == "404":
        return Answer(404, encode({"item": None}), value=None)
    return success({"item": found}, rows=int(found is not None))


def _count(state: State, entity: Entity, user: User, query: Query) -> int:
    if entity.path in _UNIT_KINDS:
        units = state.units[_UNIT_KINDS[entity.path].name]
        return count_of(units, query, unit_filter(state, user, entity.path))
    return count_of(state.table(entity.path), query, record_filter(state, user, entity.path))


def _page(state: State, target: Target, entity: Entity, caller: Caller, query: Query, paging: Paging | None) -> Answer:
    page: Page
    if entity.path in _UNIT_KINDS:
        units = state.units[_UNIT_KINDS[entity.path].name]
        page = page_of(units, query, paging, unit_filter(state, caller.user, entity.path))
    else:
        sees = record_filter(state, caller.user, entity.path)
        page = page_of(state.table(entity.path), query, paging, sees)
    zone = f"/{state.zone}" if state.zone else ""
    base = f"{caller.base_url}{zone}/ATServicesRest/V1.0"
    if target.child is not None:
        address = f"{base}/{target.child.parent}/{target.parent}/{target.child.name}"
        links = [address, address]
    else:
        links = [f"{base}/{entity.path}/query/{name}" for name in ("next", "previous")]
    after = ""
    if caller.method == "GET" and caller.search is not None:
        after = f"&search={quote(caller.search, safe='')}"
    following, preceding = (
        None if position is None else f"{link}?paging={position.link()}{after}"
        for link, position in zip(links, (page.following, page.preceding), strict=True)
    )
    return success(_envelope(page.items, page.size, following, preceding), rows=len(page.items))


def _envelope(
    items: list[dict[str, object]], size: int, following: str | None, preceding: str | None
) -> dict[str, object]:
    details = {
        "count": len(items),
        "requestCount": size,
        "prevPageUrl": preceding,
        "nextPageUrl": following,
    }
    return {"items": items, "pageDetails": details}
