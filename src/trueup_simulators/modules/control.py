"""The control plane below `/_simulator/`: what a test does to an account behind the API's back. JSON throughout."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trueup_simulators.modules.calls import RequestLog
from trueup_simulators.modules.faults import Fault, FaultBook
from trueup_simulators.modules.listing import Row, dig, put
from trueup_simulators.modules.vendor import ScenarioError, Vendor

_Handler = Callable[[Request], Awaitable[Response]]


class Change(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Do something to the rows of `collection` whose fields (paths with slashes) have the values of `where`.

    In this order: `set` fields, make `copies` of the first of them under new keys, `remove` them (`most` limits
    how many), and `add` whole rows in the vendor's shape.
    """

    collection: str
    where: dict[str, Any] = {}
    set: dict[str, Any] = {}
    copies: int = 0
    remove: bool = False
    most: int | None = None
    add: list[dict[str, Any]] = []


class Switched(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """What may be changed while the account runs; see `Setup`."""

    page_max: int | None = None
    allowed_networks: list[str] = []
    latency_ms: int = 0


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def refuse_bad_networks(networks: list[str]) -> None:
    """Raise `ScenarioError` for an entry that is no network."""
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            raise ScenarioError(f"allowed_networks: {error}") from None


def read_faults(value: object, vendor: Vendor) -> list[Fault]:
    """Read one fault or a list; raise `ScenarioError` for one that is unknown or cannot happen to this vendor."""
    entries: list[object] = value if isinstance(value, list) else [value]
    possible = vendor.possible_faults()
    found: list[Fault] = []
    for entry in entries:
        unknown = set(entry) - set(Fault.__struct_fields__) if isinstance(entry, dict) else set()
        if unknown:
            raise ScenarioError(f"fault: unknown key {min(unknown)!r}; known: {', '.join(Fault.__struct_fields__)}")
        try:
            fault = msgspec.convert(entry, Fault)
        except msgspec.ValidationError as error:
            raise ScenarioError(f"fault: {error}; possible here: {', '.join(possible)}") from None
        if fault.kind not in possible:
            raise ScenarioError(f"fault: {fault.kind!r} cannot happen here; possible: {', '.join(possible)}")
        found.append(fault)
    return found


def apply_change(vendor: Vendor, change: Change) -> int:
    """Do it; return how many rows the collection has then. Raises `ScenarioError` for a collection not there."""
    if change.collection not in vendor.data:
        known = ", ".join(vendor.data)
        raise ScenarioError(f"data: unknown collection {change.collection!r}; known here: {known}")
    rows = vendor.data[change.collection]
    chosen = [row for row in rows if all(dig(row, path) == value for path, value in change.where.items())]
    for row in chosen:
        for path, value in change.set.items():
            put(row, path, value)
    if change.copies:
        if not chosen:
            raise ScenarioError(f"data: no row of {change.collection!r} to copy")
        for _ in range(change.copies):
            rows.append(_copied(vendor, change.collection, chosen[0]))
    if change.remove:
        gone = {id(row) for row in chosen[: change.most]}
        rows[:] = [row for row in rows if id(row) not in gone]
    rows.extend(change.add)
    vendor.changed()
    return len(rows)


def _copied(vendor: Vendor, collection: str, row: Row) -> Row:
    made: Row = msgspec.json.decode(msgspec.json.encode(row))
    key = vendor.KEYS.get(collection)
    if key is not None:
        number = len(vendor.data[collection]) + 1
        old = row[key]
        if isinstance(old, int):
            taken = [entry[key] for entry in vendor.data[collection] if isinstance(entry[key], int)]
            made[key] = max(taken) + 1
        else:
            made[key] = vendor.guid(collection, "copy", number) if len(str(old)) == 36 else f"copy{number}-{old}"
    return made


class _ControlPlane:
    """The handlers, each answering what holds after it."""

    def __init__(self, vendor: Vendor, book: FaultBook, log: RequestLog) -> None:
        self._vendor, self._book, self._log = vendor, book, log

    async def fault(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._book.ordered.clear()
        elif request.method == "POST":
            self._book.ordered.extend(read_faults(await _body(request), self._vendor))
        return _json(self._book.ordered)

    async def data(self, request: Request) -> Response:
        if request.method == "POST":
            asked = await _body(request)
            entries = asked if isinstance(asked, list) else [asked]
            try:
                changes = msgspec.convert(entries, list[Change])
            except msgspec.ValidationError as error:
                raise ScenarioError(f"data: {error}") from None
            return _json({"rows": [apply_change(self._vendor, change) for change in changes]})
        return _json(self._vendor.data)

    async def requests(self, request: Request) -> Response:
        log = self._log
        answer = {
            "total": log.total,
            "by_path": dict(log.by_path),
            "by_status": dict(log.by_status),
            "log": list(log.log),
        }
        response = _json(answer)
        if request.method == "DELETE" or request.query_params.get("reset") == "1":
            log.reset()
        return response

    async def switches(self, request: Request) -> Response:
        setup = self._vendor.setup
        if request.method == "POST":
            asked = await _body(request)
            now = Switched(setup.page_max, setup.allowed_networks, setup.latency_ms)
            merged = {**msgspec.structs.asdict(now), **(asked if isinstance(asked, dict) else {})}
            try:
                wanted = msgspec.convert(merged, Switched)
            except msgspec.ValidationError as error:
                raise ScenarioError(f"switches: {error}") from None
            refuse_bad_networks(wanted.allowed_networks)
            setup.page_max, setup.latency_ms = wanted.page_max, wanted.latency_ms
            setup.allowed_networks = wanted.allowed_networks
            self._vendor.sizes.page_max = None if self._vendor.PAGING == "bare" else wanted.page_max
        return _json(Switched(setup.page_max, setup.allowed_networks, setup.latency_ms))

    async def truth(self, _request: Request) -> Response:
        return _json(self._vendor.truth())

    async def tokens(self, _request: Request) -> Response:
        self._vendor.expire_tokens()
        return _json({})


async def _body(request: Request) -> object:
    raw = await request.body()
    try:
        decoded: object = msgspec.json.decode(raw) if raw else {}
    except msgspec.DecodeError as error:
        raise ScenarioError(f"the body is not JSON: {error}") from None
    return decoded


def _guarded(handler: _Handler) -> _Handler:
    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except ScenarioError as error:
            return _json({"error": str(error)}, 400)

    return guarded


def control_plane(vendor: Vendor, book: FaultBook, log: RequestLog) -> Starlette:
    """Return the application of the control plane.

    `fault` (also `faults`) GET, POST one or a list, DELETE · `data` GET, POST one change or a list · `requests` (also
    `calls`) GET, POST, DELETE · `switches` GET, POST · `truth` GET · `tokens` DELETE.
    """
    plane = _ControlPlane(vendor, book, log)
    table: list[tuple[_Handler, list[str], list[str]]] = [
        (plane.fault, ["fault", "faults"], ["GET", "POST", "DELETE"]),
        (plane.data, ["data"], ["GET", "POST"]),
        (plane.requests, ["requests", "calls"], ["GET", "POST", "DELETE"]),
        (plane.switches, ["switches"], ["GET", "POST"]),
        (plane.truth, ["truth"], ["GET"]),
        (plane.tokens, ["tokens"], ["DELETE"]),
    ]
    routes = [
        Route(f"/_simulator/{name}", _guarded(handler), methods=methods)
        for handler, names, methods in table
        for name in names
    ]
    return Starlette(routes=routes)
