"""The control plane under `/_simulator/`: what a test, or another process, reads and orders over HTTP as JSON.

It is no part of the vendor's API, needs no credentials and is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trueup_simulators.autotask import billing, contract_rules, dump, faults, striking, switches
from trueup_simulators.autotask.errors import RefusedError
from trueup_simulators.autotask.query import parse_json
from trueup_simulators.autotask.state import KINDS, SERVICE, State
from trueup_simulators.autotask.store import int_of
from trueup_simulators.autotask.wire import Json, Record, encode

Body = Mapping[str, Json]


class ControlError(ValueError):
    """An order that cannot be carried out."""


def create_control(state: State) -> Starlette:
    """The control plane over a state."""
    control = _Control(state)
    orders: Mapping[str, Callable[[Body], object]] = {
        "faults": control.order_fault,
        "switches": control.turn_switches,
        "edit-units": control.edit_units,
        "approve-and-post": control.approve_and_post,
        "un-post": control.un_post,
        "edit-amount": control.edit_amount,
        "invoice": control.invoice,
        "clock": control.set_clock,
        "end-contract": control.end_contract,
        "renew-contract": control.renew_contract,
        "unlock-user": control.unlock_user,
        "use-calls": control.use_calls,
        "move-zone": control.move_zone,
    }
    reads: Mapping[str, Callable[[], object]] = {
        "state": lambda: dump.dump(state),
        "calls": state.calls.as_dict,
        "adjustments": lambda: {"adjustments": [dump.adjustment(entry) for entry in state.adjustments]},
        "notes": lambda: {"notes": [dump.note(entry) for entry in state.notes]},
        "faults": lambda: {"faults": [fault.as_dict() for fault in state.faults.entries]},
        "switches": lambda: switches.as_dict(state.switches),
        "clock": lambda: {"today": state.clock.today(), "now": state.clock.now()},
    }
    deletes: Mapping[str, Callable[[], object]] = {
        "faults": state.faults.clear,
        "calls": state.calls.reset,
    }
    routes = [
        *(Route(f"/_simulator/{name}", _read(read), methods=["GET"]) for name, read in reads.items()),
        *(Route(f"/_simulator/{name}", _order(order), methods=["POST"]) for name, order in orders.items()),
        *(Route(f"/_simulator/{name}", _delete(delete), methods=["DELETE"]) for name, delete in deletes.items()),
    ]
    return Starlette(routes=routes)


def _json(value: object, status: int = 200) -> Response:
    return Response(encode(value), status, media_type="application/json")


def _read(read: Callable[[], object]) -> Callable[[Request], Response]:
    async def answer(_request: Request) -> Response:
        return _json(read())

    return answer  # type: ignore[return-value]


def _delete(delete: Callable[[], object]) -> Callable[[Request], Response]:
    async def answer(_request: Request) -> Response:
        delete()
        return _json({})

    return answer  # type: ignore[return-value]


def _order(order: Callable[[Body], object]) -> Callable[[Request], Response]:
    async def answer(request: Request) -> Response:
        try:
            body = parse_json(await request.body() or b"{}")
            if not isinstance(body, dict):
                raise ControlError("an object was expected")
            return _json(order(body))
        except RefusedError as refusal:
            return _json({"errors": list(refusal.texts)}, 409)
        except (ControlError, faults.FaultError, switches.SwitchError) as error:
            return _json({"errors": [str(error)]}, 400)

    return answer  # type: ignore[return-value]


class _Control:
    """Orders from outside, each a method that takes the body."""

    def __init__(self, state: State) -> None:
        self._state = state

    def order_fault(self, body: Body) -> object:
        return self._state.faults.order(body).as_dict()

    def turn_switches(self, body: Body) -> object:
        self._state.switches = switches.changed(self._state.switches, body)
        return switches.as_dict(self._state.switches)

    def edit_units(self, body: Body) -> object:
        _known(body, "line", "kind", "day", "units", "to", "resource")
        kind = KINDS.get(str(body.get("kind", "service")), SERVICE)
        line = _integer(body, "line")
        day = _day(body, "day") or self._state.clock.today()
        units = body.get("units")
        if "to" in body:
            present = self._state.units[kind.name].lines.get(line)
            row = None if present is None else present.at(day)
            units = _integer(body, "to") - (0 if row is None else row.units)
        if not isinstance(units, int):
            raise ControlError("units (a change) or to (a count) is missing")
        return striking.edit_units(self._state, kind, line, day, units, str(body.get("resource", "A. Person")))

    def approve_and_post(self, body: Body) -> object:
        _known(body, "through", "contract", "contracts")
        items = billing.approve_and_post(self._state, _needed_day(body, "through"), _contracts(body))
        return {"billing_items": [dump.record(self._state.table("BillingItems"), item) for item in items]}

    def un_post(self, body: Body) -> object:
        _known(body, "since", "contract", "contracts")
        return {"removed": billing.un_post(self._state, _day(body, "since"), _contracts(body))}

    def edit_amount(self, body: Body) -> object:
        _known(body, "item", "amount")
        item = billing.edit_amount(self._state, _integer(body, "item"), Decimal(str(body.get("amount"))))
        if item is None:
            raise ControlError("no such billing item")
        return dump.record(self._state.table("BillingItems"), item)

    def invoice(self, body: Body) -> object:
        _known(body, "company")
        made = billing.invoice(self._state, _integer(body, "company"))
        return {"invoice": None if made is None else dump.record(self._state.table("Invoices"), made)}

    def set_clock(self, body: Body) -> object:
        _known(body, "today")
        self._state.clock.set(_day(body, "today"))
        self._state.prolong_endless()
        return {"today": self._state.clock.today()}

    def end_contract(self, body: Body) -> object:
        _known(body, "contract", "end_date", "even_posted")
        contract = self._contract(body)
        end = _needed_day(body, "end_date")
        contract_rules.move_end(self._state, contract, end, even_posted=body.get("even_posted") is True)
        return {"contract": dump.record(self._state.table("Contracts"), contract)}

    def renew_contract(self, body: Body) -> object:
        _known(body, "contract", "start_date", "end_date", "resource")
        renewed = contract_rules.renew(
            self._state,
            self._contract(body),
            _day(body, "start_date"),
            _day(body, "end_date"),
            str(body.get("resource", "A. Person")),
        )
        lines = {
            kind.lines: [int_of(row["id"]) for row in self._lines(kind.lines, int_of(renewed["id"]))]
            for kind in KINDS.values()
        }
        return {"contract": dump.record(self._state.table("Contracts"), renewed), "lines": lines}

    def unlock_user(self, body: Body) -> object:
        _known(body, "user_name")
        user = self._state.accounts.find(str(body.get("user_name", "")))
        if user is None:
            raise ControlError("no such user")
        user.locked, user.failures = False, 0
        return {}

    def use_calls(self, body: Body) -> object:
        _known(body, "count")
        self._state.limits.use_elsewhere(_integer(body, "count"))
        return {"used": self._state.limits.used(self._state.switches)}

    def move_zone(self, body: Body) -> object:
        _known(body, "zone")
        zone = body.get("zone")
        striking.move_zone(self._state, zone if isinstance(zone, str) else None)
        return {"zone": self._state.zone}

    def _contract(self, body: Body) -> Record:
        contract = self._state.table("Contracts").get(_integer(body, "contract"))
        if contract is None:
            raise ControlError("no such contract")
        return contract

    def _lines(self, path: str, contract_id: int) -> list[Record]:
        return self._state.table(path).with_value("contractID", contract_id)


def _known(body: Body, *names: str) -> None:
    if unknown := sorted(set(body) - set(names)):
        raise ControlError(f"unknown key {unknown[0]!r}; known: {', '.join(names)}")


def _integer(body: Body, name: str) -> int:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ControlError(f"{name}: a whole number was expected, not {value!r}")
    return value


def _day(body: Body, name: str) -> date | None:
    value = body.get(name)
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise ControlError(f"{name}: {value!r} is not a date") from None


def _needed_day(body: Body, name: str) -> date:
    day = _day(body, name)
    if day is None:
        raise ControlError(f"{name} is missing")
    return day


def _contracts(body: Body) -> frozenset[int] | None:
    if "contract" in body:
        return frozenset({_integer(body, "contract")})
    listed = body.get("contracts")
    if listed is None:
        return None
    if not isinstance(listed, list):
        raise ControlError("contracts: a list was expected")
    return frozenset(entry for entry in listed if isinstance(entry, int))
