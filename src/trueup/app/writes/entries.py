"""Services and lines that a person wants created in the PSA: asked for, planned, approved and applied like any write.

Trueup never chooses a price or a billing code. A request is kept until it is done or withdrawn; each plan shows it as
an outcome of its own, and what it would create is looked up again just before the write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from trueup.app.clock import usage_day
from trueup.app.connections.known_psa import PsaNames, asked_again, lines_known
from trueup.app.counting.item_metrics import wrong
from trueup.app.errors import failed
from trueup.app.workspace import Workspace
from trueup.core.contract import LineKind, PeriodType
from trueup.core.outcome import EntryKind
from trueup.core.reason import Reason
from trueup.psa.port import BillingCode
from trueup.store.entries import EntryRequest

_PERIODS: Final = tuple(int(period) for period in PeriodType)


@dataclass(frozen=True, slots=True)
class EntryListed:
    """A request with names: what it wants created, and where."""

    request: EntryRequest
    name: str
    contract_name: str | None = None
    customer_name: str | None = None
    price: Decimal | None = None


def price_of(text: str | Decimal) -> Decimal:
    """A price as a person writes it. Raises UseCaseError `entries.price` (exit 2) for what is no amount."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise wrong("entries.price", price=str(text)) from None
    if not found.is_finite():
        raise wrong("entries.price", price=str(text))
    return found


async def billing_codes(ws: Workspace) -> tuple[BillingCode, ...]:
    """What a new service may be billed under, asked live. Raises UseCaseError `setup.no_psa`, PsaReadError."""
    async with ws.psa() as psa:
        return await psa.billing_codes()


def _keep(ws: Workspace, kind: EntryKind, body: Mapping[str, str]) -> EntryRequest:
    with ws.store.writing():
        request = ws.store.entries.request(kind, body, ws.actor, now=ws.now())
        detail = Reason.of("audit.entry_requested", id=request.id, kind=kind.value, **body)
        ws.store.audit.add(ws.actor, "entry.requested", detail, now=ws.now())
    return request


async def request_service(
    ws: Workspace, name: str, price: str | Decimal, billing_code: str, period: int = PeriodType.MONTHLY
) -> EntryRequest:
    """Ask for a service in the PSA's catalogue. `period` is its length in months, `billing_code` an id of
    `billing_codes`. Nothing is written: the next plan shows it.

    Raises UseCaseError `entries.name_empty`, `entries.price`, `entries.period`, `entries.service_exists`,
    `entries.unknown_billing_code`, `setup.no_psa`; PsaReadError.
    """
    chosen = price_of(price)
    if not name.strip():
        raise wrong("entries.name_empty")
    if period not in _PERIODS:
        raise wrong("entries.period", period=period, known=", ".join(map(str, _PERIODS)))
    async with ws.psa() as psa:
        there = await psa.find_services(name)
        codes = await psa.billing_codes()
    if there:
        raise failed("entries.service_exists", name=name.strip(), service=there[0])
    if all(code.id != billing_code for code in codes):
        known = ", ".join(f"{code.id} {code.name}" for code in codes)
        raise failed("entries.unknown_billing_code", billing_code=billing_code, known=known)
    body = {
        "name": name.strip(),
        "price": str(chosen),
        "billing_code": billing_code,
        "period_months": str(int(period)),
    }
    return await ws.step(_keep, ws, EntryKind.CREATE_SERVICE, body)


def _line_body(
    ws: Workspace, contract_id: str, service_id: str, price: Decimal | None, units: int | None
) -> Mapping[str, str]:
    store = ws.store
    with store.reading():
        today = usage_day(ws.now(), store.settings.get())
        contract = next((found for found in store.psa.contracts() if found.id == contract_id), None)
        service = next((found for found in store.psa.services() if found.id == service_id), None)
        lines = store.psa.lines()
    if contract is None:
        raise failed("entries.unknown_contract", contract=contract_id)
    if service is None or not service.active or service.kind is not LineKind.SERVICE:
        raise failed("entries.unknown_service", service=service_id)
    if contract.end is not None and contract.end < today:
        raise failed("entries.contract_ended", contract=contract.name, end=contract.end)
    there = next((line for line in lines if (line.contract_id, line.service_id) == (contract_id, service_id)), None)
    if there is not None:
        raise failed("entries.line_exists", contract=contract.name, service=service.name, line=there.id)
    body = {"contract": contract_id, "service": service_id}
    if price is not None:
        body["price"] = str(price)
    if units is not None:
        body["units"] = str(units)
    return body


async def request_line(
    ws: Workspace, contract_id: str, service_id: str, price: str | Decimal | None = None, units: int | None = None
) -> EntryRequest:
    """Ask for a service to be put on a contract. Without `price` the catalogue's holds. Its first units are what the
    rule for the service makes of the usage, or `units` where a person says them. Nothing is written yet.

    Raises UseCaseError `entries.unknown_contract`, `entries.unknown_service`, `entries.contract_ended`,
    `entries.line_exists`, `entries.price`, `entries.units`, `setup.no_psa`; PsaReadError.
    """
    chosen = None if price is None else price_of(price)
    if units is not None and units < 1:
        raise wrong("entries.units", units=units)
    await lines_known(ws)
    body = await asked_again(
        lambda: ws.step(_line_body, ws, contract_id, service_id, chosen, units),
        ("entries.unknown_contract", "entries.unknown_service"),
        lambda: lines_known(ws, again=True),
    )
    return await ws.step(_keep, ws, EntryKind.ADD_LINE, body)


def _withdraw(ws: Workspace, request_id: str) -> None:
    store = ws.store
    with store.writing():
        if all(request.id != request_id for request in store.entries.list()):
            raise failed("entries.unknown_request", request=request_id)
        if any(intent.line_id == request_id for intent in store.journal.open_intents()):
            raise failed("entries.being_written", request=request_id)
        store.entries.end(request_id, "withdrawn", now=ws.now())
        detail = Reason.of("audit.entry_withdrawn", id=request_id)
        store.audit.add(ws.actor, "entry.withdrawn", detail, now=ws.now())


async def withdraw(ws: Workspace, request_id: str) -> None:
    """Take a request back. Raises UseCaseError `entries.unknown_request`, `entries.being_written` while its write is
    unclear."""
    await ws.step(_withdraw, ws, request_id)


def _listing(ws: Workspace, state: str) -> tuple[EntryListed, ...]:
    with ws.store.reading():
        names = PsaNames(ws)
        requests = ws.store.entries.list(state=state)
    found: list[EntryListed] = []
    for request in requests:
        price = Decimal(request.body["price"]) if "price" in request.body else None
        if request.kind is EntryKind.CREATE_SERVICE:
            found.append(EntryListed(request, request.body["name"], price=price))
            continue
        contract = names.contracts.get(request.body["contract"])
        found.append(
            EntryListed(
                request,
                names.service(request.body["service"]),
                names.contract(request.body["contract"]),
                names.customer(contract.customer_id) if contract else None,
                price,
            )
        )
    return tuple(found)


async def listing(ws: Workspace, state: str = "wanted") -> tuple[EntryListed, ...]:
    """Requests in a state (`wanted`, `done`, `withdrawn`), oldest first."""
    return await ws.step(_listing, ws, state)
