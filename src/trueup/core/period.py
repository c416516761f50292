"""Billing periods: read from the PSA's unit rows, and only computed where the rows say nothing.

Autotask anchors periods at the contract's start (knowledge base, "contract start date defines the billing
periods"); the day is clamped to the month's end, so that 31 January is followed by 28 or 29 February and by
31 March again. See docs/decisions/0001-billing-periods.md.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from trueup.core.contract import DAY, Contract, PeriodType, UnitRow

_REMEMBERED = 16_384
"""Periods kept at hand: most contracts of a tenant begin on a few days, and each is asked for many times a plan."""


@dataclass(frozen=True, slots=True)
class Period:
    """A billing period, both ends inclusive. `assumed` when no unit row has confirmed it."""

    start: date
    end: date
    assumed: bool = False

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days + 1

    def covers(self, day: date) -> bool:
        """Whether the day lies in the period."""
        return self.start <= day <= self.end

    def days_from(self, day: date) -> int:
        """Days from `day` to the end of the period, both inclusive."""
        return (self.end - day).days + 1


def add_months(anchor: date, months: int) -> date:
    """The anchor's day of the month that many months later, clamped to the month's last day."""
    index = anchor.month - 1 + months
    year, month = anchor.year + index // 12, index % 12 + 1
    return date(year, month, min(anchor.day, calendar.monthrange(year, month)[1]))


@lru_cache(maxsize=_REMEMBERED)
def period_at(anchor: date, months: int, day: date, last: date | None = None) -> Period:
    """The period of `months` months, counted from `anchor`, that holds `day`; cut at `last` where it is earlier."""
    count = (day.year - anchor.year) * 12 + day.month - anchor.month
    count = count // months * months
    while add_months(anchor, count) > day:
        count -= months
    while add_months(anchor, count + months) <= day:
        count += months
    start = add_months(anchor, count)
    end = add_months(anchor, count + months) - DAY
    return Period(start, min(end, last) if last is not None else end)


@lru_cache(maxsize=_REMEMBERED)
def month_of(day: date) -> Period:
    """The calendar month that holds `day`."""
    return Period(day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1]))


def _crosses(row: UnitRow, period: Period) -> bool:
    return row.start < period.start <= row.end or row.start <= period.end < row.end


@dataclass(frozen=True, slots=True)
class BillingCalendar:
    """The periods of one line. `months` is the length that the rows agree with; None when they agree with none."""

    contract: Contract
    rows: tuple[UnitRow, ...]
    months: int | None
    assumed: bool

    def period_of(self, day: date) -> Period:
        """The billing period that holds `day` (also beyond the contract's end, so that an ended line can be shown)."""
        if self.months is not None:
            end = self.contract.end if self.contract.covers(day) else None
            found = period_at(self.contract.start, self.months, day, end)
            return Period(found.start, found.end, self.assumed)
        for row in self.rows:
            if row.covers(day):
                return Period(row.start, row.end, self.assumed)
        found = period_at(self.contract.start, int(self.contract.period), day, self.contract.end)
        return Period(found.start, found.end, assumed=True)


def calendar_of(
    contract: Contract, rows: tuple[UnitRow, ...], sibling_rows: tuple[UnitRow, ...] = ()
) -> BillingCalendar:
    """The calendar of a line from its own rows, else from a sibling's on the same contract, else assumed.

    The contract's period type is tried first, then the other lengths from short to long: a contract can hold
    services of another period type. A length agrees when no row crosses the border of one of its periods.
    """
    witness = rows or sibling_rows
    lengths = [int(contract.period), *(int(kind) for kind in PeriodType if kind is not contract.period)]
    for months in lengths:
        if not any(_crosses(row, period_at(contract.start, months, row.start, contract.end)) for row in witness):
            return BillingCalendar(contract, witness, months, assumed=not rows)
    return BillingCalendar(contract, witness, None, assumed=not rows)
