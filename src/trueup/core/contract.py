"""What the PSA holds: customers, contracts, services, lines, and units by date range.

Ids are the PSA's own, as text. Sources: Autotask REST, pages Contracts, ContractServices and
ContractServiceUnits; other PSAs are translated into the same words by their adapters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum

DAY = timedelta(days=1)
MOST_UNITS = 2_147_483_647
"""Units are 32 bits wide in the PSA (Autotask's description of its API, `unitChange`), and in the store."""


class PeriodType(IntEnum):
    """Length of a billing period in months."""

    MONTHLY = 1
    QUARTERLY = 3
    SEMI_ANNUAL = 6
    YEARLY = 12


class LineKind(StrEnum):
    """A line bills a service or a bundle of services."""

    SERVICE = "service"
    BUNDLE = "bundle"


@dataclass(frozen=True, slots=True)
class Customer:
    """An organization of the PSA. `billable` is false for the types that may not be mapped
    (Autotask: Dead, Cancelation) and for anything that is not active."""

    id: str
    name: str
    active: bool = True
    billable: bool = True
    parent_id: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """A recurring contract. `customer_id` is the holder, `payer_id` who gets the invoice when it is another.

    `end` is inclusive; None means that it has no end. `active` is the PSA's status: an inactive contract
    still bills, so it never decides anything by itself. `successor_id` is the contract that renewed it,
    `predecessor_id` the one that it renewed; either may be missing where the PSA shows only one side.
    """

    id: str
    customer_id: str
    name: str
    start: date
    end: date | None
    period: PeriodType
    active: bool = True
    payer_id: str | None = None
    number: str | None = None
    successor_id: str | None = None
    currency: str | None = None
    predecessor_id: str | None = None

    def covers(self, day: date) -> bool:
        """Whether the contract is in force on that day."""
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Service:
    """An entry of the PSA's catalogue. `invoice_name` is the text that may replace its name on invoices,
    `cost` what a unit costs in one period, as a person wrote it there."""

    id: str
    name: str
    kind: LineKind = LineKind.SERVICE
    price: Decimal | None = None
    active: bool = True
    period: PeriodType | None = None
    invoice_name: str | None = None
    billing_code: str | None = None
    sku: str | None = None
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A service (or bundle) on one contract. `price` is per unit and per period, in the contract's currency."""

    id: str
    contract_id: str
    service_id: str
    kind: LineKind = LineKind.SERVICE
    price: Decimal | None = None
    invoice_name: str | None = None


@dataclass(frozen=True, slots=True)
class UnitRow:
    """Units of a line in a date range, both ends inclusive. `amount` is extended: units x price for the row.

    `posted` is set once the PSA approved and posted the period; such a row is never rewritten.
    """

    start: date
    end: date
    units: int
    amount: Decimal | None = None
    posted: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the row says what the units are on that day."""
        return self.start <= day <= self.end


@dataclass(frozen=True, slots=True)
class PsaSnapshot:
    """What the PSA showed at one moment, read in bulk.

    `rows` holds for each line id the unit rows that overlap `first_day` .. `last_day`, by start. `calls_left` is what
    the PSA's budget of calls still held afterwards, None where it has none or does not say; two snapshots that show the
    same are equal whatever reading them cost.
    """

    read_at: datetime
    first_day: date
    last_day: date
    customers: tuple[Customer, ...] = ()
    contracts: tuple[Contract, ...] = ()
    services: tuple[Service, ...] = ()
    lines: tuple[Line, ...] = ()
    rows: tuple[tuple[str, tuple[UnitRow, ...]], ...] = ()
    calls_left: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class UnitStep:
    """Units from a day on, until the next step."""

    start: date
    units: int


def row_on(rows: tuple[UnitRow, ...], day: date) -> UnitRow | None:
    """The row in force on that day; of several the one that starts last (Autotask: they are never added up).

    Where a change was laid over a posted row from that row's first day on, the open row is the one in force.
    """
    found = [row for row in rows if row.covers(day)]
    return max(found, key=lambda row: (row.start, row.posted is None)) if found else None


def units_on(rows: tuple[UnitRow, ...], day: date) -> int:
    """Units in force on that day; 0 where the PSA has no row."""
    row = row_on(rows, day)
    return row.units if row else 0


def posted_on(rows: tuple[UnitRow, ...], day: date) -> bool:
    """Whether the period that holds that day is posted, also where a later row is laid over the posted one."""
    return any(row.posted is not None and row.covers(day) for row in rows)


def open_rows(rows: tuple[UnitRow, ...]) -> tuple[UnitRow, ...]:
    """Rows that show what was changed last, by start: neither posted nor laid over a posted row.

    Whether a PSA shows a change inside a posted period as one more row, laid over the posted one, is not documented
    (Autotask); so neither the one nor the other may be taken for an edit.
    """
    found = [row for row in rows if row.posted is None and not posted_on(rows, row.start)]
    return tuple(sorted(found, key=lambda row: row.start))


def level_on(steps: tuple[UnitStep, ...], day: date) -> int:
    """Units that steps (in order) say for a day; 0 before the first."""
    level = 0
    for step in steps:
        if step.start > day:
            break
        level = step.units
    return level


def steps_of(rows: tuple[UnitRow, ...]) -> tuple[UnitStep, ...]:
    """The same units as steps: only the days on which they change, so that splits and renumbering do not matter."""
    steps: list[UnitStep] = []
    last: int | None = None
    for row in sorted(rows, key=lambda row: row.start):
        if row.units != last:
            steps.append(UnitStep(row.start, row.units))
            last = row.units
    return tuple(steps)


def shifted(rows: tuple[UnitRow, ...], day: date, change: int) -> tuple[UnitRow, ...]:
    """The rows as they should be after a change that takes effect on `day`: that row splits, later rows move too.

    Amounts are dropped where units change, because the PSA works them out anew. Posted rows are left as they are
    (Autotask bills such a change as an item of its own).
    """
    result: list[UnitRow] = []
    for row in sorted(rows, key=lambda row: row.start):
        if row.end < day or row.posted is not None:
            result.append(row)
        elif row.start >= day:
            result.append(UnitRow(row.start, row.end, row.units + change))
        else:
            result.append(UnitRow(row.start, day - DAY, row.units))
            result.append(UnitRow(day, row.end, row.units + change))
    return tuple(result)
