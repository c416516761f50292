"""The control plane below `/_simulator/`: what a test does to the account behind the API's back. JSON throughout."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trueup_simulators.datto_rmm.changes import DeviceChanges, SiteChanges
from trueup_simulators.datto_rmm.damage import read_faults
from trueup_simulators.datto_rmm.scenario import ScenarioError, load_scenario, read_as, refuse_bad_networks
from trueup_simulators.datto_rmm.state import State
from trueup_simulators.datto_rmm.switches import Switches

_Handler = Callable[[Request], Awaitable[Response]]


class ClockChange(Struct):
    """Jump to `now` (epoch milliseconds), forward by `advance_seconds`, and go on at `speed`."""

    now: int | None = None
    advance_seconds: float = 0
    speed: float | None = None


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


async def _body(request: Request) -> object:
    raw = await request.body()
    if not raw:
        return {}
    try:
        decoded: object = msgspec.json.decode(raw)
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


def changed_switches(current: Switches, wanted: object) -> None:
    """Set the switches named in `wanted`; raise `ScenarioError` for an unknown one or a wrong value."""
    if not isinstance(wanted, dict):
        raise ScenarioError("switches: a mapping of switch to value is needed")
    merged = {**msgspec.structs.asdict(current), **wanted}
    read = read_as(merged, Switches, "switches")
    refuse_bad_networks(read, "switches")
    for name in wanted:
        setattr(current, name, getattr(read, name))


class _ControlPlane:
    """The handlers, each answering what holds after it."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def state(self, request: Request) -> Response:
        if request.method == "POST":
            data = await _body(request)
            if not isinstance(data, dict):
                raise ScenarioError("state: a scenario is a mapping")
            self._state.seed(load_scenario(data))
        return _json(self._state.dump())

    async def calls(self, request: Request) -> Response:
        calls = self._state.calls
        answer = {
            "total": calls.total,
            "by_path": dict(calls.by_path),
            "by_status": dict(calls.by_status),
            "log": list(calls.log) if request.query_params.get("log", "1") != "0" else [],
        }
        response = _json(answer)
        if request.method == "DELETE" or request.query_params.get("reset") == "1":
            calls.reset()
        return response

    async def faults(self, request: Request) -> Response:
        book = self._state.faults
        if request.method == "DELETE":
            book.clear()
        elif request.method == "POST":
            book.ordered.extend(read_faults(await _body(request)))
        return _json(book.ordered)

    async def switches(self, request: Request) -> Response:
        if request.method == "POST":
            changed_switches(self._state.switches, await _body(request))
        return _json(msgspec.structs.asdict(self._state.switches))

    async def devices(self, request: Request) -> Response:
        changes = read_as(await _body(request), DeviceChanges, "devices")
        added = changes.apply(self._state.inventory)
        return _json({"added": added, "devices": len(self._state.inventory.devices)})

    async def sites(self, request: Request) -> Response:
        changes = read_as(await _body(request), SiteChanges, "sites")
        added = changes.apply(self._state.inventory)
        return _json({"added": added, "sites": len(self._state.inventory.sites)})

    async def clock(self, request: Request) -> Response:
        clock = self._state.clock
        if request.method == "POST":
            change = read_as(await _body(request), ClockChange, "clock")
            clock.set(change.now, change.advance_seconds, change.speed)
        return _json({"now": clock.now_ms(), "speed": clock.speed})

    async def tokens(self, _request: Request) -> Response:
        self._state.access.expire_all()
        return _json({})

    async def quota(self, _request: Request) -> Response:
        self._state.quota.reset()
        return _json({})


def control_plane(state: State) -> Starlette:
    """Return the application of the control plane.

    `state` GET, POST (seed again) · `calls` GET (`?reset=1`, `?log=0`), DELETE · `faults` GET, POST one or a list,
    DELETE · `switches` GET, POST · `devices`, `sites` POST · `clock` GET, POST · `tokens`, `quota` DELETE.
    """
    plane = _ControlPlane(state)
    table: list[tuple[_Handler, list[str]]] = [
        (plane.state, ["GET", "POST"]),
        (plane.calls, ["GET", "DELETE"]),
        (plane.faults, ["GET", "POST", "DELETE"]),
        (plane.switches, ["GET", "POST"]),
        (plane.devices, ["POST"]),
        (plane.sites, ["POST"]),
        (plane.clock, ["GET", "POST"]),
        (plane.tokens, ["DELETE"]),
        (plane.quota, ["DELETE"]),
    ]
    routes = [
        Route(f"/_simulator/{handler.__name__}", _guarded(handler), methods=methods) for handler, methods in table
    ]
    return Starlette(routes=routes)
