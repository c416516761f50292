"""What belongs to contracts alone: their dates and the rows beneath, ending and renewing them.

Autotask help, contracts: the start anchors the periods; shortening removes later elements and is refused inside an
approved and posted period; a renewal is a new contract with the units of the day, after which the old one ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from trueup_simulators.autotask.errors import RefusedError, required
from trueup_simulators.autotask.lines import Order, add_line, adjust, rates_of
from trueup_simulators.autotask.periods import ONE_DAY, months_after
from trueup_simulators.autotask.state import KINDS, RECURRING, LineKind, State
from trueup_simulators.autotask.store import int_of
from trueup_simulators.autotask.units import UnitRefusalError
from trueup_simulators.autotask.wire import Record, Value

_NOT_COPIED = frozenset(
    {"id", "startDate", "endDate", "status", "renewedContractID", "lastModifiedDateTime", "contractNumber"}
)


def check_new(values: Mapping[str, Value]) -> None:
    """Rules of a create that metadata does not tell. Raises `RefusedError`."""
    recurring = values.get("contractType") == RECURRING
    if recurring and values.get("contractPeriodType") is None:
        raise required("contractPeriodType")


def change_dates(state: State, contract: Record, changes: Mapping[str, Value]) -> None:
    """Let the unit rows follow changed dates. Raises `RefusedError` and then changed nothing."""
    key = int_of(contract["id"])
    start, end = changes.get("startDate"), changes.get("endDate")
    has_lines = any(state.units[name].lines_of(key) for name in KINDS)
    if start is not None and start != contract["startDate"] and has_lines:
        raise RefusedError("The field startDate is read-only once the contract has services.")
    if isinstance(end, date) and end != contract["endDate"]:
        move_end(state, contract, end)


def move_end(state: State, contract: Record, end: date, *, even_posted: bool = False) -> None:
    """Let a contract end on another day and its unit rows with it. Raises `RefusedError`."""
    start, before = contract["startDate"], contract["endDate"]
    if not isinstance(start, date) or not isinstance(before, date):
        raise TypeError("a contract without dates")
    if end < start:
        raise RefusedError("endDate must be on or after startDate.")
    key = int_of(contract["id"])
    lines = [(name, line) for name in KINDS for line in state.units[name].lines_of(key)]
    if end < before and not even_posted:
        for name, line in lines:
            try:
                state.engines[name].refuse_shortening(line, end)
            except UnitRefusalError as refusal:
                raise RefusedError(str(refusal)) from None
    state.table("Contracts").change(contract, {"endDate": end, "lastModifiedDateTime": state.clock.now()})
    for name, line in lines:
        engine = state.engines[name]
        if end < before:
            engine.shorten(line, end, even_posted=True)
        else:
            terms = state.terms(KINDS[name], contract, line.item_id)
            engine.prolong(line, terms, engine.last_day(terms, terms.start))


def reprice(state: State, kind: LineKind, record: Record) -> None:
    """A changed adjusted price holds for rows that are not posted, from the current period on."""
    price = rates_of(state, kind, record).price
    today = state.clock.today()
    for row in state.units[kind.name].lines[int_of(record["id"])].rows:
        if row.posted is None and row.end >= today:
            row.unit_price = price


def renew(state: State, contract: Record, start: date | None, end: date | None, resource: str) -> Record:
    """Renew a recurring contract; the new one. Raises `RefusedError`."""
    old_start, old_end = contract["startDate"], contract["endDate"]
    if not isinstance(old_start, date) or not isinstance(old_end, date):
        raise TypeError("a contract without dates")
    if contract["contractType"] != RECURRING:
        raise RefusedError("Only recurring service contracts can be renewed.")
    if _is_renewed(state, contract):
        raise RefusedError("The contract was renewed before.")
    start = start or old_end + ONE_DAY
    if start <= old_start:
        raise RefusedError("The renewal must start after the contract.")
    months = (old_end.year - old_start.year) * 12 + old_end.month - old_start.month + 1
    end = end or months_after(start, max(months, 1)) - ONE_DAY
    units = {
        (name, line.id): row.units if (row := line.at(min(start, old_end))) is not None else None
        for name in KINDS
        for line in state.units[name].lines_of(int_of(contract["id"]))
    }
    if start <= old_end:
        move_end(state, contract, start - ONE_DAY)
    contracts = state.table("Contracts")
    copied = {name: value for name, value in contract.items() if name not in _NOT_COPIED}
    dates: dict[str, Value] = {"startDate": start, "endDate": end, "status": 1}
    renewed = contracts.add({**copied, **dates, "lastModifiedDateTime": state.clock.now()})
    contracts.change(contract, {"status": 0})
    if state.switches.renewed_contract_id_on == "old":
        contracts.change(contract, {"renewedContractID": renewed["id"]})
    else:
        contracts.change(renewed, {"renewedContractID": contract["id"]})
    for (name, line_id), count in units.items():
        _copy_line(state, KINDS[name], line_id, renewed, count, resource)
    return renewed


def _copy_line(state: State, kind: LineKind, line_id: int, renewed: Record, units: int | None, resource: str) -> None:
    old = state.table(kind.lines).get(line_id)
    start = renewed["startDate"]
    if old is None or not isinstance(start, date):
        return
    copied = {name: value for name, value in old.items() if name not in {"id", "contractID", "quoteItemID"}}
    line = add_line(state, kind, {**copied, "contractID": renewed["id"]})
    if units is not None:
        adjust(state, kind, int_of(line["id"]), Order(start, units, "person", resource))


def _is_renewed(state: State, contract: Record) -> bool:
    if state.switches.renewed_contract_id_on == "old":
        return contract["renewedContractID"] is not None
    return any(other["renewedContractID"] == contract["id"] for other in state.table("Contracts"))
