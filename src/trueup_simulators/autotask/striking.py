"""What ordered faults do to a call: before it is carried out, while it waits, and to its answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from trueup_simulators.autotask.access import User, lock
from trueup_simulators.autotask.answers import Answer, broken, html, success
from trueup_simulators.autotask.contract_rules import move_end
from trueup_simulators.autotask.errors import RefusedError, UnauthorisedError
from trueup_simulators.autotask.faults import Fault
from trueup_simulators.autotask.limits import too_many_threads
from trueup_simulators.autotask.lines import Order, adjust
from trueup_simulators.autotask.periods import ONE_DAY
from trueup_simulators.autotask.query import parse_json
from trueup_simulators.autotask.routes import Target
from trueup_simulators.autotask.state import KINDS, SERVICE, ContractNote, LineKind, State
from trueup_simulators.autotask.store import int_of
from trueup_simulators.autotask.wire import Json, encode

DROPS_BEFORE = frozenset({"drop"})
DROPS_AFTER = frozenset({"commit-then-drop"})
_WRITES = frozenset({"create", "update", "replace", "delete"})


def before(state: State, fault: Fault, target: Target, user: User, body: bytes) -> Answer | None:
    """Strike before the call is carried out; an answer ends it there. May raise what the call shall get."""
    pages = {"gateway-504": 504, "html-500": 500}
    if fault.kind in pages:
        return html(pages[fault.kind])
    if fault.kind == "empty-500":
        return Answer(500, b"", "text/plain")
    if fault.kind == "errors":
        texts = fault.options.get("texts")
        told = [str(text) for text in texts] if isinstance(texts, list) else ["An unexpected error occurred."]
        return Answer(fault.integer("status") or 500, encode({"errors": told}))
    if fault.kind == "too-many-requests":
        wait = fault.integer("retry_after")
        headers = {} if wait is None else {"Retry-After": str(wait)}
        return Answer(429, encode({"errors": ["Too many requests."]}), headers=headers)
    if fault.kind == "thread-limit":
        raise too_many_threads(state.switches)
    if fault.kind == "locked-user":
        raise lock(user, state.switches)
    if fault.kind == "zone-moved":
        move_zone(state, fault.text("zone"))
        raise UnauthorisedError("The user does not belong to this zone.")
    if target.action in _WRITES:
        meddle(state, fault, body)
    return None


def after(state: State, fault: Fault, target: Target, answer: Answer, body: bytes) -> Answer:
    """Strike after the call was carried out; the answer that is given instead."""
    if fault.kind == "commit-then-504":
        return html(504)
    if fault.kind == "commit-then-html-500":
        return html(500)
    if fault.kind == "broken-json":
        return broken(answer)
    if target.action not in _WRITES:
        meddle(state, fault, body)
    if answer.value is not None:
        return _changed_page(fault, answer, answer.value)
    return answer


def _changed_page(fault: Fault, answer: Answer, value: dict[str, object]) -> Answer:
    if fault.kind == "empty-list" and "queryCount" in value:
        return success({"queryCount": 0})
    items, details = value.get("items"), value.get("pageDetails")
    if not isinstance(items, list) or not isinstance(details, dict):
        return answer
    link = details.get("nextPageUrl")
    if fault.kind == "empty-list":
        items, details = [], {**details, "count": 0, "nextPageUrl": None}
    elif fault.kind == "lost-rows":
        items = items[: len(items) // 2]
        details = {**details, "count": len(items), "nextPageUrl": None}
    elif fault.kind == "set-field" and (name := fault.text("field")) is not None:
        items = [{**item, name: fault.options.get("value")} for item in items]
    elif fault.kind in {"loop-page", "foreign-page"} and isinstance(link, str):
        details = {**details, "nextPageUrl": _bent(fault, link, details.get("requestCount"))}
    else:
        return answer
    return success({"items": items, "pageDetails": details}, rows=len(items))


def _bent(fault: Fault, link: str, size: object) -> str:
    if fault.kind == "foreign-page":
        scheme, _, rest = link.partition("://")
        return f"{scheme}://{fault.text('host') or 'elsewhere.invalid'}/{rest.partition('/')[2]}"
    start, _, rest = link.partition("?paging=")
    position = encode({"pageSize": size, "previousIds": [], "nextIds": [-1]}).decode()
    tail = rest.partition("&")[2]
    return f"{start}?paging={position}" + (f"&{tail}" if tail else "")


def move_zone(state: State, zone: str | None = None) -> None:
    """Move the customer to another zone: another base address, found by asking for the zone again."""
    number = int(state.zone.removeprefix("zone") or 1) + 1 if state.zone.startswith("zone") else 2
    state.zone = zone or f"zone{number}"
    state.zone_name = f"Simulated {state.zone}"


def meddle(state: State, fault: Fault, body: bytes) -> None:
    """Let a person change units or end a contract; line and contract come from the order or from the call's body."""
    if fault.kind not in {"edit-units", "end-contract"}:
        return
    kind = KINDS.get(fault.text("line_kind") or "service", SERVICE)
    try:
        given = parse_json(body) if body else None
    except RefusedError:
        given = None
    fields: Mapping[str, Json] = {key.lower(): value for key, value in given.items()} if isinstance(given, dict) else {}
    line = fault.integer("line") or fields.get(kind.line_field.lower())
    record = state.table(kind.lines).get(line) if isinstance(line, int) else None
    day = fault.text("day") or fields.get("effectivedate")
    if fault.kind == "edit-units":
        if record is None:
            raise RefusedError("edit-units: the order names no line and neither does the call")
        when = date.fromisoformat(day[:10]) if isinstance(day, str) else state.clock.today()
        resource = fault.text("resource") or "A. Person"
        edit_units(state, kind, int_of(record["id"]), when, fault.integer("units") or 1, resource)
        return
    contract_id = fault.integer("contract") or (None if record is None else int_of(record["contractID"]))
    contract = None if contract_id is None else state.table("Contracts").get(contract_id)
    if contract is None:
        raise RefusedError("end-contract: the order names no contract and neither does the call")
    end = fault.text("end_date")
    move_end(state, contract, date.fromisoformat(end) if end else state.clock.today() - ONE_DAY, even_posted=True)


def edit_units(state: State, kind: LineKind, line_id: int, day: date, units: int, resource: str) -> dict[str, object]:
    """A person's change in the user interface, with the note that it writes. Raises `RefusedError`."""
    accepted = adjust(state, kind, line_id, Order(day, units, "person", resource))
    state.notes.append(
        ContractNote(
            contract_id=accepted.contract_id,
            title="Service Units Adjusted",
            description=f"Units changed from {accepted.before} to {accepted.after}, effective {day.isoformat()}",
            resource=resource,
            at=state.clock.now(),
        )
    )
    return {"line": line_id, "before": accepted.before, "after": accepted.after}
