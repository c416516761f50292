"""The four writes, each sent once and never repeated here. What happened is a value.

Adjustments cannot be looked up, updated or deleted, and there is no key against sending one twice (Autotask REST, page
on ContractServiceAdjustments). A success answers `{"itemId": null}`, so success is a 2xx status without errors.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from trueup.core.contract import LineKind
from trueup.core.reason import Reason
from trueup.psa.autotask.calls import Call, CallBrokenError, Purpose
from trueup.psa.autotask.errors import Answer, AnswerKind, failure_of, refusal_of
from trueup.psa.autotask.picklists import labels_or_none, periods_of
from trueup.psa.autotask.query import Listing, Value, pages, term
from trueup.psa.autotask.rows import LineRow, ServiceRow
from trueup.psa.autotask.settings import AutotaskSettings
from trueup.psa.autotask.translation import number_of
from trueup.psa.autotask.transport import NotSentError, Transport
from trueup.psa.port import (
    NewCost,
    NewLine,
    NewService,
    PsaReadError,
    RefusalKind,
    UnitChange,
    WriteResult,
    WriteStatus,
)
from trueup.psa.window import SendWindow

Body = Mapping[str, Value | Decimal]

_ENCODER = msgspec.json.Encoder(decimal_format="number")  # a quoted number is refused
_NOT_PROCESSED = frozenset({AnswerKind.RATE_LIMITED, AnswerKind.THREAD_LIMIT, AnswerKind.NETWORK_RULE})
_UNCLEAR = frozenset({AnswerKind.TRANSIENT, AnswerKind.UNREADABLE})


class _Created(msgspec.Struct):
    item: int | None = msgspec.field(default=None, name="itemId")


class Writer:
    """Writes of one connection. Adjustments go one after the other with a gap between them."""

    def __init__(self, transport: Transport, settings: AutotaskSettings) -> None:
        self._transport = transport
        self._settings = settings
        self._turn = asyncio.Lock()
        self._last = float("-inf")

    async def adjust(self, change: UnitChange, window: SendWindow | None = None) -> WriteResult:
        """Send one adjustment."""
        line: Body = {
            "contractServiceBundleID" if change.kind is LineKind.BUNDLE else "contractServiceID": number_of(
                change.line_id
            ),
            "effectiveDate": change.day.isoformat(),
            "unitChange": change.change,
        }
        return await self._in_turn(change.contract_id, change.kind, line, window)

    async def find_services(self, name: str) -> tuple[str, ...]:
        """Ids of services of that name. Autotask keeps names unique without regard to case."""
        wanted = name.strip().casefold()
        found: list[str] = []
        async for page in pages(
            self._transport, Listing("Services", ServiceRow, (term("eq", "name", name.strip()),)), self._page_size
        ):
            found += [str(row.id) for row in page if (row.name or "").strip().casefold() == wanted]
        return tuple(found)

    async def create_service(self, service: NewService, window: SendWindow | None = None) -> WriteResult:
        """Create a catalogue entry unless one of that name is there."""
        try:
            found = await self.find_services(service.name)
            labels = await labels_or_none(self._transport, "Services", ("periodType",))
        except PsaReadError as error:
            return WriteResult(WriteStatus.NOT_SENT, error.failure.reason)  # not found is not the same as not there
        if found:
            reason = Reason.of("autotask.service_exists", id=found[0], name=service.name)
            return WriteResult(WriteStatus.REFUSED, reason, RefusalKind.OTHER, created_id=found[0])
        lengths = periods_of(labels["periodType"])
        period = next((number for number, length in sorted(lengths.items()) if length == service.period_months), None)
        if period is None:
            reason = Reason.of("autotask.period_unknown", months=service.period_months)
            return WriteResult(WriteStatus.REFUSED, reason, RefusalKind.OTHER)
        body: Body = {
            "name": service.name.strip(),
            "billingCodeID": number_of(service.billing_code_id),
            "periodType": period,
            "unitPrice": service.price,
            "isActive": True,
        }
        return await self._write("Services", "V1.0/Services", body, window)

    async def set_unit_cost(self, cost: NewCost, window: SendWindow | None = None) -> WriteResult:
        """Change a service's unit cost: PATCH names the fields that change and leaves all others alone, where PUT would
        empty them (Autotask REST, pages on updating)."""
        body: Body = {"id": number_of(cost.service_id), "unitCost": cost.cost}
        result = await self._write("Services", "V1.0/Services", body, window, "PATCH")
        if result.refusal is RefusalKind.PERMISSION and result.reason is not None:  # another right than for units
            reason = Reason.of("autotask.refused.catalogue", text=result.reason.get("text"))
            return WriteResult(result.status, reason, result.refusal)
        return result

    async def add_line(self, line: NewLine, window: SendWindow | None = None) -> WriteResult:
        """Put a service on a contract with its first units, in one call.

        An adjustment that names contract and service creates the line where there is none; where one appeared in the
        meantime it adjusts that one, and never makes a second (docs/decisions/0038-a-new-line-is-one-adjustment.md).
        """
        if line.units < 1:
            reason = Reason.of("autotask.refused.negative_units", text="", units=line.units)
            return WriteResult(WriteStatus.REFUSED, reason, RefusalKind.NEGATIVE_UNITS)
        try:
            found = await self._lines_of(line)
        except PsaReadError as error:
            return WriteResult(WriteStatus.NOT_SENT, error.failure.reason)
        if found:
            reason = Reason.of("autotask.line_exists", contract=line.contract_id, line=found[0])
            return WriteResult(WriteStatus.REFUSED, reason, RefusalKind.OTHER, created_id=found[0])
        body: dict[str, Value | Decimal] = {
            "contractID": number_of(line.contract_id),
            "serviceID": number_of(line.service_id),
            "effectiveDate": line.day.isoformat(),
            "unitChange": line.units,
            "allowRepeatService": False,
        }
        if line.price is not None:
            body["adjustedUnitPrice"] = line.price
        result = await self._in_turn(line.contract_id, LineKind.SERVICE, body, window)
        if result.status is not WriteStatus.ACCEPTED:
            return result
        try:
            found = await self._lines_of(line)
        except PsaReadError:
            found = ()
        return WriteResult(WriteStatus.ACCEPTED, result.reason, created_id=found[0] if len(found) == 1 else None)

    async def _lines_of(self, line: NewLine) -> tuple[str, ...]:
        terms = (
            term("eq", "contractID", number_of(line.contract_id)),
            term("eq", "serviceID", number_of(line.service_id)),
        )
        found: list[str] = []
        async for page in pages(self._transport, Listing("ContractServices", LineRow, terms), self._page_size):
            found += [str(row.id) for row in page]
        return tuple(found)

    @property
    def _page_size(self) -> int:
        return self._settings.page_size

    async def _in_turn(self, contract: str, kind: LineKind, body: Body, window: SendWindow | None) -> WriteResult:
        child = "ServiceBundleAdjustments" if kind is LineKind.BUNDLE else "ServiceAdjustments"
        path = f"V1.0/Contracts/{number_of(contract)}/{child}"
        async with self._turn:
            wait = self._last + self._settings.adjustment_gap_seconds - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            try:
                return await self._write(f"Contract{child}", path, body, window)
            finally:
                self._last = time.monotonic()

    async def _write(
        self, endpoint: str, path: str, body: Body, window: SendWindow | None, verb: str = "POST"
    ) -> WriteResult:
        call = Call(endpoint, path, Purpose.WRITE, _ENCODER.encode(body), window, verb)
        try:
            answer = await self._transport.write(call)
        except NotSentError as error:
            return WriteResult(WriteStatus.NOT_SENT, error.failure.reason)
        except CallBrokenError as error:
            return WriteResult(WriteStatus.UNCLEAR, error.failure.reason)
        return result_of(answer, endpoint)


def result_of(answer: Answer, endpoint: str) -> WriteResult:
    """What is known after an answer to a write."""
    if answer.kind is AnswerKind.OK:
        try:
            created = msgspec.json.decode(answer.body, type=_Created).item
        except msgspec.ValidationError:
            created = None
        return WriteResult(WriteStatus.ACCEPTED, created_id=None if created is None else str(created))
    failure = failure_of(answer, endpoint)
    if answer.kind in _NOT_PROCESSED:
        return WriteResult(WriteStatus.NOT_SENT, failure.reason)
    if answer.kind in _UNCLEAR:
        return WriteResult(WriteStatus.UNCLEAR, failure.reason)
    kind = RefusalKind.PERMISSION if answer.kind is AnswerKind.PERMISSION else refusal_of(answer.text)
    return WriteResult(
        WriteStatus.REFUSED, Reason.of(f"autotask.refused.{kind.value}", status=answer.status, text=answer.text), kind
    )
