"""Read-only probes of what the adapter assumes and public documents leave open or say only once.

Each finding tells what was looked at, with counts and without names, amounts or secrets, so that a tenant's owner can
send the report in. `ok`: as assumed; `warning`: otherwise; `skipped`: nothing there to judge by.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime

import msgspec

from trueup.core.finding import Finding, FindingState
from trueup.core.reason import Param
from trueup.psa.autotask.calls import Call, Purpose
from trueup.psa.autotask.checks import failed, found
from trueup.psa.autotask.errors import AnswerKind
from trueup.psa.autotask.query import BEFORE_ALL, Listing, count, filled, one_page, term, within
from trueup.psa.autotask.reading import Reader
from trueup.psa.autotask.rows import BillingItemRow, IdRow
from trueup.psa.autotask.sample import Sample, Seen, read_sample
from trueup.psa.autotask.settings import AutotaskSettings
from trueup.psa.autotask.transport import Transport
from trueup.psa.port import PsaReadError

_NO_SUCH_ID = 2_147_483_646


class _Item(msgspec.Struct):
    item: object = msgspec.UNSET


class Prober:
    """Asks every probe; one that fails is a finding and does not stop the others."""

    def __init__(
        self, transport: Transport, reader: Reader, settings: AutotaskSettings, clock: Callable[[], datetime]
    ) -> None:
        self._transport = transport
        self._reader = reader
        self._settings = settings
        self._clock = clock

    async def run(self) -> tuple[Finding, ...]:
        """All findings, in a fixed order."""
        today = self._clock().date()
        findings: list[Finding] = []
        try:
            meanings = await self._reader.meanings()
            sample = await read_sample(self._transport, self._settings, meanings, today)
        except PsaReadError as error:
            return (failed("fact.sample", error.failure),)
        for code, seen in sample.findings():
            findings.append(judged(code, seen))
        for code, probe in (
            ("future_rows", self._future_rows),
            ("posted_marks", self._posted_marks),
            ("billing_item_period", self._billing_item_periods),
            ("billing_item_adjustment", self._billing_item_adjustments),
            ("missing_item", self._missing_item),
            ("exact_page", self._exact_page),
            ("count_matches", self._count_matches),
        ):
            findings.append(await self._tried(code, probe, sample, today))
        return tuple(findings)

    @staticmethod
    async def _tried(
        code: str, probe: Callable[[Sample, date], Awaitable[Finding]], sample: Sample, today: date
    ) -> Finding:
        try:
            return await probe(sample, today)
        except PsaReadError as error:
            return failed(f"fact.{code}", error.failure)

    async def _future_rows(self, _sample: Sample, today: date) -> Finding:
        """Rows of units exist for periods that have not begun."""
        terms = (term("gt", "startDate", f"{today.isoformat()}T23:59:59"),)
        number = await count(self._transport, "ContractServiceUnits", terms)
        return judged("future_rows", Seen(agree=number, differ=0 if number else 1))

    async def _posted_marks(self, _sample: Sample, _today: date) -> Finding:
        """Approved and posted rows carry a mark."""
        number = await count(self._transport, "ContractServiceUnits", (filled("approveAndPostDate"),))
        return judged("posted_marks", Seen(agree=number))

    async def _billing_item_periods(self, _sample: Sample, _today: date) -> Finding:
        """Posted billing items of contract services name the row of units that they bill."""
        listing = Listing("BillingItems", BillingItemRow, (filled("contractServiceID"),))
        items, _more = await one_page(self._transport, listing, BEFORE_ALL, self._settings.page_size)
        named = sorted({item.contract_service_period_id for item in items if item.contract_service_period_id})
        some = named[: self._settings.longest_list]
        known = await count(self._transport, "ContractServiceUnits", (within("id", some),)) if some else 0
        unnamed = sum(
            1 for item in items if not item.contract_service_period_id and not item.contract_service_adjustment_id
        )
        return judged("billing_item_period", Seen(agree=known, differ=len(some) - known + unnamed))

    async def _billing_item_adjustments(self, _sample: Sample, _today: date) -> Finding:
        """Posted proration items carry the id of an adjustment."""
        number = await count(self._transport, "BillingItems", (filled("contractServiceAdjustmentID"),))
        return judged("billing_item_adjustment", Seen(agree=number))

    async def _missing_item(self, _sample: Sample, _today: date) -> Finding:
        """What asking for an id that does not exist answers; both answers are understood."""
        answer = await self._transport.answer(Call("Contracts", f"V1.0/Contracts/{_NO_SUCH_ID}", Purpose.READ))
        if answer.kind is AnswerKind.OK:
            shown = "null" if msgspec.json.decode(answer.body, type=_Item).item is None else "item"
        else:
            shown = str(answer.status)
        state = FindingState.OK if shown in ("null", "404") else FindingState.WARNING
        return found("fact.missing_item", state, "autotask.fact.missing_item", answer=shown)

    async def _exact_page(self, _sample: Sample, _today: date) -> Finding:
        """A page that is exactly full and the last one has no link to another."""
        listing = Listing("Companies", IdRow)
        first, more = await one_page(self._transport, listing, BEFORE_ALL, 1)
        if not first:
            return judged("exact_page", Seen())
        _, still = await one_page(self._transport, listing.narrowed(term("eq", "id", first[0].id)), BEFORE_ALL, 1)
        return judged("exact_page", Seen(agree=0 if still else 1, differ=1 if still else 0, of=1 + int(more)))

    async def _count_matches(self, sample: Sample, _today: date) -> Finding:
        """The count of a filter equals the rows that the same filter returns."""
        if not sample.contract_ids:
            return judged("count_matches", Seen())
        terms = (within("id", sample.contract_ids),)
        number = await count(self._transport, "Contracts", terms)
        same = number == len(sample.contract_ids)
        return judged("count_matches", Seen(agree=int(same), differ=int(not same)))


def judged(code: str, seen: Seen) -> Finding:
    """A finding from what was seen: as assumed, otherwise, or nothing to judge by."""
    params: dict[str, Param] = {"agree": seen.agree, "differ": seen.differ}
    if seen.of is not None:
        params["of"] = seen.of
    if not seen.agree and not seen.differ:
        return found(f"fact.{code}", FindingState.SKIPPED, f"autotask.fact.{code}", **params)
    state = FindingState.WARNING if seen.differ else FindingState.OK
    return found(f"fact.{code}", state, f"autotask.fact.{code}", **params)
