"""Addresses: which entity and which operation a path means.

The case does not matter, a trailing slash and doubled slashes are accepted (several clients send them).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from trueup_simulators.autotask.entities import CHILDREN, ENTITIES
from trueup_simulators.autotask.errors import RoutingError
from trueup_simulators.autotask.fields import Child, Entity

_ID = re.compile(r"-?\d{1,18}$")
_BASE = "atservicesrest"


@dataclass(frozen=True, slots=True)
class Target:
    """What a path and method mean."""

    action: str
    """`zone`, `versions`, `version`, `threshold`, `info`, `fields`, `udf`, `query`, `count`, `next`, `item`,
    `children`, `create`, `update`, `replace`, `delete` or `wrong-method`."""
    zone: str = ""
    """Path segment before `ATServicesRest`."""
    entity: Entity | None = None
    child: Child | None = None
    parent: int | None = None
    key: int | None = None

    @property
    def name(self) -> str:
        """The object endpoint that threads are counted for."""
        return self.action if self.entity is None else self.entity.path


def not_found(path: str) -> RoutingError:
    """The web framework's 404."""
    return RoutingError(404, f"No HTTP resource was found that matches the request URI '{path}'.")


def wrong_method(method: str) -> RoutingError:
    """The web framework's 405."""
    return RoutingError(405, f"The requested resource does not support http method '{method}'.")


def resolve(method: str, path: str) -> Target:
    """What a request is for. Raises `RoutingError` with 404 when the path means nothing."""
    parts = [part.lower() for part in path.split("/") if part]
    zone = ""
    if len(parts) > 1 and parts[1] == _BASE:
        zone = parts.pop(0)
    if not parts or parts.pop(0) != _BASE or not parts:
        raise not_found(path)
    if parts == ["versioninformation"]:
        return _only(method, {"GET": "versions"}, zone)
    if parts[0] != "v1.0" or len(parts) < 2:
        raise not_found(path)
    simple = {"zoneinformation": "zone", "version": "version", "thresholdinformation": "threshold"}
    if len(parts) == 2 and parts[1] in simple:
        return _only(method, {"GET": simple[parts[1]]}, zone)
    entity = ENTITIES.get(parts[1])
    if entity is None:
        raise not_found(path)
    rest = parts[2:]
    if len(rest) >= 2 and _ID.match(rest[0]) and (child := CHILDREN.get((parts[1], rest[1]))) is not None:
        return _child_target(method, zone, child, int(rest[0]), rest[2:], path)
    return _root_target(method, zone, entity, rest, path)


def _only(
    method: str,
    actions: dict[str, str],
    zone: str,
    entity: Entity | None = None,
    child: Child | None = None,
    parent: int | None = None,
    key: int | None = None,
) -> Target:
    return Target(actions.get(method, "wrong-method"), zone, entity, child, parent, key)


def _information(method: str, zone: str, entity: Entity, rest: list[str]) -> Target | None:
    actions = {
        ("entityinformation",): "info",
        ("entityinformation", "fields"): "fields",
        ("entityinformation", "userdefinedfields"): "udf",
    }
    action = actions.get(tuple(rest))
    return None if action is None else _only(method, {"GET": action}, zone, entity)


def _root_target(method: str, zone: str, entity: Entity, rest: list[str], path: str) -> Target:
    target = _information(method, zone, entity, rest)
    if target is not None:
        return target
    if not rest and (entity.create or entity.update):
        writes = {"POST": "create"} if entity.create else {}
        if entity.update:
            writes |= {"PATCH": "update", "PUT": "replace"}
        return _only(method, writes, zone, entity)
    if entity.query and rest and rest[0] == "query":
        reads = {(): "query", ("count",): "count", ("next",): "next", ("previous",): "next"}
        action = reads.get(tuple(rest[1:]))
        if action is not None:
            return _only(method, {"GET": action, "POST": action}, zone, entity)
    if entity.query and len(rest) == 1 and _ID.match(rest[0]):
        actions = {"GET": "item"} | ({"DELETE": "delete"} if entity.delete else {})
        return _only(method, actions, zone, entity, key=int(rest[0]))
    raise not_found(path)


def _child_target(method: str, zone: str, child: Child, parent: int, rest: list[str], path: str) -> Target:
    entity = ENTITIES[child.entity.lower()]
    target = _information(method, zone, entity, rest)
    if target is not None:
        return target
    if not rest:
        every = {"GET": "children", "POST": "create", "PATCH": "update", "PUT": "replace"}
        actions = {name: action for name, action in every.items() if name in child.methods}
        return _only(method, actions, zone, entity, child, parent)
    if len(rest) == 1 and _ID.match(rest[0]) and "item" in child.methods:
        actions = {"GET": "item"} | ({"DELETE": "delete"} if "delete" in child.methods else {})
        return _only(method, actions, zone, entity, child, parent, int(rest[0]))
    raise not_found(path)
