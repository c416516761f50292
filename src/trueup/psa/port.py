"""What Trueup needs of a PSA, and what each adapter states about itself.

An adapter reads in bulk, writes one adjustment at a time, and never decides anything. It never repeats a write:
an unclear outcome is a value, and the journal settles it by reading back (design law 4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from trueup.core.contract import LineKind, PsaSnapshot, Service, UnitRow
from trueup.core.finding import Finding
from trueup.core.reason import Reason
from trueup.core.usage import Certainty, Failure
from trueup.psa.window import SendWindow

Progress = Callable[[str, int, int | None], None]
"""Called with a step's code, how many are done, and how many there will be (None while unknown)."""


class PostedPeriod(StrEnum):
    """What a change dated inside an approved and posted period does in this PSA (Autotask: not documented)."""

    PRORATION_ITEM = "proration_item"
    REFUSE = "refuse"
    UNPROVEN = "unproven"


class SameDay(StrEnum):
    """Whether a second change of one line on one date is taken (Autotask: refused at least inside a period)."""

    REUSED_AT_PERIOD_START = "reused_at_period_start"
    NEVER = "never"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a PSA can do, each with how sure we are. Facts that are guessed never write in automatic mode.

    `says_who_changed`: whether its interface tells who edited units (Autotask: nothing public says that it does).
    `unit_cost`: how sure it is that a service's unit cost in the catalogue can be written; None where it cannot.
    """

    reads_units: bool = True
    prorates: bool = True
    reads_billed: bool = True
    whole_units_only: bool = True
    posted_period: PostedPeriod = PostedPeriod.UNPROVEN
    same_day: SameDay = SameDay.NEVER
    longest_call_seconds: int = 300
    says_who_changed: bool = False
    unit_cost: Certainty | None = None
    certainty: Certainty = Certainty.INFERRED


class PsaReadError(Exception):
    """A read that could not be completed. `failure` says why and what to do; nothing may be concluded from it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason.code)
        self.failure = failure


class WriteStatus(StrEnum):
    """What is known after a write was tried."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCLEAR = "unclear"
    NOT_SENT = "not_sent"


class RefusalKind(StrEnum):
    """Why the PSA refused, as far as its answer can be understood."""

    DUPLICATE_DATE = "duplicate_date"
    OUTSIDE_CONTRACT = "outside_contract"
    NEGATIVE_UNITS = "negative_units"
    POSTED_PERIOD = "posted_period"
    PERMISSION = "permission"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """Outcome of one write. `reason` carries the PSA's own words, shortened and free of secrets.

    `not_sent` means that it is certain that nothing reached the PSA (for example: no connection, budget used up,
    429 before processing), so that it may be sent again at once.
    """

    status: WriteStatus
    reason: Reason | None = None
    refusal: RefusalKind | None = None
    created_id: str | None = None


@dataclass(frozen=True, slots=True)
class UnitChange:
    """One adjustment to send: a signed whole number of units of one line from one day on."""

    line_id: str
    contract_id: str
    service_id: str
    day: date
    change: int
    kind: LineKind = LineKind.SERVICE


@dataclass(frozen=True, slots=True)
class NewService:
    """A catalogue entry to create, as a person chose it."""

    name: str
    price: Decimal
    billing_code_id: str
    period_months: int


@dataclass(frozen=True, slots=True)
class NewLine:
    """A service to put on a contract from a day on; `units` is its first quantity."""

    contract_id: str
    service_id: str
    day: date
    units: int
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class NewCost:
    """The unit cost that a service of the catalogue is to have, for one of its periods, in the MSP's own currency."""

    service_id: str
    cost: Decimal


@dataclass(frozen=True, slots=True)
class BillingCode:
    """What a new service may be billed under (Autotask: active codes for recurring contract services)."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class BilledItem:
    """One posted item of a contract line. `of_change` says that it bills a change inside a period, and not the period;
    `quantity` is then the change. `amount` is in the contract's currency, as it was posted. `day` is the period's first
    day, or the day of the change."""

    id: str
    line_id: str
    day: date
    quantity: Decimal
    amount: Decimal
    of_change: bool


@dataclass(frozen=True, slots=True)
class CallCount:
    """Calls sent so far: `setup` (zone, fields, thresholds), `reads` and `writes`."""

    setup: int = 0
    reads: int = 0
    writes: int = 0
    by_endpoint: tuple[tuple[str, int], ...] = field(default=())


class Psa(Protocol):
    """One connected PSA account."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do, as far as is known."""

    @property
    def calls(self) -> CallCount:
        """Calls sent by this object so far."""

    async def read_catalogue(self) -> PsaSnapshot:
        """Customers and services only (no contracts, lines or rows): what matching and rule suggestions need."""

    async def read(self, first: date, last: date, progress: Progress | None = None) -> PsaSnapshot:
        """Everything a plan needs, in bulk: recurring contracts that overlap the days, their lines and the unit rows
        that overlap `first` .. `last`. Raises PsaReadError, never returns part of it in silence."""

    async def read_units(
        self, line_ids: Sequence[str], first: date, last: date
    ) -> tuple[tuple[str, tuple[UnitRow, ...]], ...]:
        """Fresh unit rows of some lines, in bulk; a line without rows has an empty tuple. Raises PsaReadError."""

    async def read_lines(self, line_ids: Sequence[str]) -> PsaSnapshot:
        """Fresh contracts and lines (no rows) behind some line ids, in bulk. Raises PsaReadError."""

    async def read_billed(self, line_ids: Sequence[str], first: date, last: date) -> tuple[BilledItem, ...]:
        """Posted items of some lines whose day lies in `first` .. `last`, in bulk. Raises PsaReadError."""

    async def adjust(self, change: UnitChange, window: SendWindow | None = None) -> WriteResult:
        """Send one adjustment, once. Never raises for what the PSA or the network did.

        The four writes take a `window`: once it has closed they do not leave any more and are `not_sent`.
        """

    async def find_services(self, name: str) -> tuple[str, ...]:
        """Ids of the services with exactly that name (looked up again just before creating one)."""

    async def read_services(self, service_ids: Sequence[str]) -> tuple[Service, ...]:
        """Fresh catalogue entries (no bundles); one that is not there is left out. Raises PsaReadError."""

    async def set_unit_cost(self, cost: NewCost, window: SendWindow | None = None) -> WriteResult:
        """Write a service's unit cost into the catalogue, once; nothing else of the service changes."""

    async def billing_codes(self) -> tuple[BillingCode, ...]:
        """Billing codes that a recurring service may have."""

    async def create_service(self, service: NewService, window: SendWindow | None = None) -> WriteResult:
        """Create a catalogue entry, once."""

    async def add_line(self, line: NewLine, window: SendWindow | None = None) -> WriteResult:
        """Put a service on a contract, once; never a second line of the same service."""

    async def check(self) -> tuple[Finding, ...]:
        """Prerequisites on the PSA's side, live."""

    async def probe_facts(self) -> tuple[Finding, ...]:
        """Read-only probes of the assumptions that its adapter rests on."""

    async def close(self) -> None:
        """Release connections."""
