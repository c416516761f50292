"""The adapter itself: Autotask behind the port."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from trueup.core.contract import PsaSnapshot, Service, UnitRow
from trueup.core.finding import Finding
from trueup.core.usage import Certainty
from trueup.psa.autotask.billed import billed_items
from trueup.psa.autotask.budget import CallBudget
from trueup.psa.autotask.checks import Checker
from trueup.psa.autotask.picklists import RECURRING_BILLING_CODE, labels_or_none
from trueup.psa.autotask.probes import Prober
from trueup.psa.autotask.query import Listing, term
from trueup.psa.autotask.ranges import Walker, as_it_is
from trueup.psa.autotask.reading import Reader
from trueup.psa.autotask.rows import BillingCodeRow
from trueup.psa.autotask.settings import AutotaskCredentials, AutotaskSettings
from trueup.psa.autotask.transport import Transport
from trueup.psa.autotask.writing import Writer
from trueup.psa.port import (
    BilledItem,
    BillingCode,
    CallCount,
    Capabilities,
    NewCost,
    NewLine,
    NewService,
    Progress,
    UnitChange,
    WriteResult,
)
from trueup.psa.window import SendWindow
from trueup.trust import Reach


def _now() -> datetime:
    return datetime.now(UTC)


class AutotaskPsa:
    """One Autotask account. Belongs to the event loop that used it first; `close()` it there.

    `budget` may be shared by several connections to one database; `clock` gives the present in UTC.
    """

    def __init__(
        self,
        credentials: AutotaskCredentials,
        settings: AutotaskSettings | None = None,
        *,
        budget: CallBudget | None = None,
        clock: Callable[[], datetime] = _now,
        reach: Reach | None = None,
    ) -> None:
        chosen = settings or AutotaskSettings()
        self._settings = chosen
        self._transport = Transport(
            credentials, chosen, budget or CallBudget(chosen.safety_margin, chosen.own_calls_per_hour), reach=reach
        )
        self._walker = Walker(self._transport, chosen.page_size, chosen.longest_list, chosen.threads)
        self._reader = Reader(self._transport, self._walker, clock, chosen.currencies)
        self._writer = Writer(self._transport, chosen)
        self._clock = clock

    @classmethod
    def connected(
        cls, settings: Mapping[str, str], secrets: Mapping[str, str], reach: Reach | None = None
    ) -> AutotaskPsa:
        """From a connection's stored settings and secrets (`user_name`, `secret`, `integration_code`).

        Raises ValueError naming what is missing or unknown, never a value.
        """
        missing = sorted({"user_name", "secret", "integration_code"} - set(secrets))
        if missing:
            raise ValueError(f"autotask: missing credentials {', '.join(missing)}")
        credentials = AutotaskCredentials(secrets["user_name"], secrets["secret"], secrets["integration_code"])
        return cls(credentials, AutotaskSettings.of(settings), reach=reach)

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; how posted periods and reused dates behave is known per tenant only."""
        return Capabilities(
            posted_period=self._settings.posted_period,
            same_day=self._settings.same_day,
            longest_call_seconds=300,
            unit_cost=Certainty.INFERRED,
            certainty=Certainty.INFERRED,
        )

    @property
    def calls(self) -> CallCount:
        """Calls sent by this object so far."""
        return self._transport.calls

    async def read_catalogue(self) -> PsaSnapshot:
        """Customers and services only. Raises PsaReadError."""
        return await self._reader.catalogue()

    async def read(self, first: date, last: date, progress: Progress | None = None) -> PsaSnapshot:
        """Everything a plan for these days needs. Raises PsaReadError.

        Steps reported: `customers`, `services`, `contracts`, `lines`, `units`.
        """
        snapshot = await self._reader.everything(first, last, progress)
        budget = self._transport.budget
        return replace(snapshot, calls_left=budget.limit - budget.used)

    async def read_units(
        self, line_ids: Sequence[str], first: date, last: date
    ) -> tuple[tuple[str, tuple[UnitRow, ...]], ...]:
        """Fresh rows of units of some lines. Raises PsaReadError."""
        return await self._reader.units(line_ids, first, last)

    async def read_lines(self, line_ids: Sequence[str]) -> PsaSnapshot:
        """Fresh lines and their contracts. Raises PsaReadError."""
        return await self._reader.lines(line_ids)

    async def read_billed(self, line_ids: Sequence[str], first: date, last: date) -> tuple[BilledItem, ...]:
        """Posted items of some lines. Raises PsaReadError."""
        return await billed_items(self._walker, line_ids, first, last)

    async def adjust(self, change: UnitChange, window: SendWindow | None = None) -> WriteResult:
        """Send one adjustment, once."""
        return await self._writer.adjust(change, window)

    async def find_services(self, name: str) -> tuple[str, ...]:
        """Ids of services of that name, without regard to case. Raises PsaReadError."""
        return await self._writer.find_services(name)

    async def read_services(self, service_ids: Sequence[str]) -> tuple[Service, ...]:
        """Fresh catalogue entries. Raises PsaReadError."""
        return await self._reader.services(service_ids)

    async def set_unit_cost(self, cost: NewCost, window: SendWindow | None = None) -> WriteResult:
        """Write a service's unit cost, once."""
        return await self._writer.set_unit_cost(cost, window)

    async def billing_codes(self) -> tuple[BillingCode, ...]:
        """Active codes for recurring contract services. Raises PsaReadError."""
        labels = (await labels_or_none(self._transport, "BillingCodes", ("useType",)))["useType"]
        kinds = {number for number, label in labels.items() if "recurring" in label} or {RECURRING_BILLING_CODE}
        rows = await self._walker.whole(
            Listing("BillingCodes", BillingCodeRow, (term("eq", "isActive", True),)), as_it_is
        )
        return tuple(BillingCode(str(row.id), (row.name or "").strip()) for row in rows if row.use_type in kinds)

    async def create_service(self, service: NewService, window: SendWindow | None = None) -> WriteResult:
        """Create a catalogue entry, once."""
        return await self._writer.create_service(service, window)

    async def add_line(self, line: NewLine, window: SendWindow | None = None) -> WriteResult:
        """Put a service on a contract, once."""
        return await self._writer.add_line(line, window)

    async def check(self) -> tuple[Finding, ...]:
        """Prerequisites on Autotask's side, live."""
        return await Checker(self._transport, self._reader, self._settings, self._clock).run()

    async def probe_facts(self) -> tuple[Finding, ...]:
        """Read-only probes of what this adapter assumes."""
        return await Prober(self._transport, self._reader, self._settings, self._clock).run()

    async def close(self) -> None:
        """Release connections."""
        await self._transport.close()
