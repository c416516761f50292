"""What closed days of a billing period should have billed: units by day, and the difference to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

from trueup.core.money import to_cents
from trueup.core.reason import Reason

_ONE = timedelta(days=1)
_EXACT = Context(prec=40, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class OwedSpan:
    """Days, both ends inclusive, that were settled with `billed` units and should have had `called_for`."""

    first: date
    last: date
    billed: int
    called_for: int
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OwedPeriod:
    """What closed days of one billing period should have billed more (or less). `amount` is in the contract's currency,
    rounded once; None where the line has no price. `causes` say which usage came late, with the old value and the new.
    """

    period_start: date
    period_end: date
    spans: tuple[OwedSpan, ...]
    amount: Decimal | None = None
    causes: tuple[Reason, ...] = ()

    @property
    def unit_days(self) -> int:
        """Units times days."""
        return sum((span.called_for - span.billed) * ((span.last - span.first).days + 1) for span in self.spans)


OnDay = tuple[int, int, Decimal | None]
"""Units billed, units called for, price of a unit for the period."""


def _days(first: date, last: date) -> Iterable[date]:
    return (first + place * _ONE for place in range((last - first).days + 1))


def by_day(period: OwedPeriod) -> dict[date, OnDay]:
    """The days of a period that differ."""
    return {
        day: (span.billed, span.called_for, span.price) for span in period.spans for day in _days(span.first, span.last)
    }


def _spans(days: Mapping[date, OnDay]) -> tuple[OwedSpan, ...]:
    found: list[OwedSpan] = []
    for day in sorted(days):
        billed, called_for, price = days[day]
        if billed == called_for:
            continue
        before = found[-1] if found else None
        if before and before.last + _ONE == day and (before.billed, before.called_for, before.price) == days[day]:
            found[-1] = replace(before, last=day)
        else:
            found.append(OwedSpan(day, day, billed, called_for, price))
    return tuple(found)


def _amount(start: date, end: date, spans: tuple[OwedSpan, ...]) -> Decimal | None:
    """Each day costs a period's price divided by the period's days; the sum is rounded once."""
    total = Decimal(0)
    for span in spans:
        if span.price is None:
            return None
        days = (span.last - span.first).days + 1
        total = _EXACT.add(total, _EXACT.multiply(Decimal((span.called_for - span.billed) * days), span.price))
    return to_cents(_EXACT.divide(total, Decimal((end - start).days + 1)))


def owed_period(start: date, end: date, days: Mapping[date, OnDay], causes: tuple[Reason, ...]) -> OwedPeriod:
    """The period that these days make; days that were billed right are left out."""
    spans = _spans(days)
    return OwedPeriod(start, end, spans, _amount(start, end, spans), causes)


def combined(earlier: OwedPeriod, later: OwedPeriod) -> OwedPeriod:
    """Both as one: what was billed is what the earlier one says, what is called for is what the later one says."""
    days = by_day(earlier)
    for day, (billed, called_for, price) in by_day(later).items():
        days[day] = (days[day][0] if day in days else billed, called_for, days[day][2] if day in days else price)
    causes = tuple(dict.fromkeys((*later.causes, *earlier.causes)))
    return owed_period(earlier.period_start, earlier.period_end, days, causes)


def without(period: OwedPeriod, reopened: Iterable[tuple[date, date]]) -> OwedPeriod:
    """The period without days that may be changed in the PSA again."""
    open_days = {day for first, last in reopened for day in _days(first, last)}
    days = {day: found for day, found in by_day(period).items() if day not in open_days}
    return owed_period(period.period_start, period.period_end, days, period.causes)
