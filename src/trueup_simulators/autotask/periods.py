"""Billing periods of a contract: counted from its start, a period type apart, inclusive of their last day.

The anchor is the contract's start; period k starts k times the length after it, with the day kept where the month
has it and clamped to the month's end where it has not (docs/decisions/0042-autotask-simulator-periods.md).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

MONTHS_OF_TYPE: Mapping[int, int] = {2: 1, 3: 3, 4: 6, 5: 12}
"""`contractPeriodType` and `Services.periodType` -> months."""

ONE_DAY = timedelta(days=1)
FOREVER = date(9999, 12, 31)


def months_after(anchor: date, months: int) -> date:
    """The same day that many months later, or the last day of a month that is too short."""
    index = anchor.year * 12 + anchor.month - 1 + months
    year, month = divmod(index, 12)
    if year > FOREVER.year:
        return FOREVER
    return date(year, month + 1, min(anchor.day, monthrange(year, month + 1)[1]))


def period_containing(anchor: date, length: int, day: date) -> tuple[date, date]:
    """First and last day of the period of `length` months around `day`, not cut at any contract's end.

    `day` must not be before `anchor`.
    """
    index = ((day.year - anchor.year) * 12 + day.month - anchor.month) // length
    while months_after(anchor, index * length) > day:
        index -= 1
    while months_after(anchor, (index + 1) * length) <= day:
        index += 1
    return months_after(anchor, index * length), months_after(anchor, (index + 1) * length) - ONE_DAY


def periods_between(anchor: date, length: int, first: date, last: date) -> Iterator[tuple[date, date]]:
    """All periods that touch the days from `first` to `last`, uncut."""
    start, end = period_containing(anchor, length, first)
    while start <= last:
        yield start, end
        start, end = period_containing(anchor, length, end + ONE_DAY)


def days(first: date, last: date) -> int:
    """Number of days from `first` to `last`, both counted."""
    return (last - first).days + 1
