"""A clerk with a calendar and fractions: what a policy asks for on a day, and the level of each day after that.

Written from the guide on rules (docs/policies.md), with plain loops; nothing is taken from the planning core.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor

from tests.core.day_book import ONE, Bill, every_day

STALE = 3


@dataclass(frozen=True)
class Count:
    """What the source said on one day: a whole count, or only a part of it."""

    value: int
    partial: bool = False


@dataclass(frozen=True)
class Terms:
    """A quantity policy in plain words."""

    basis: str = "last"
    window: str = "calendar_month_current"
    day: int = 1
    included: Fraction = Fraction(0)
    multiplier: Fraction = Fraction(1)
    rounding: str = "up"
    multiple: int = 0
    pack: int = 0
    minimum: int = 0
    only_if_used: bool = False
    maximum: int | None = None


@dataclass(frozen=True)
class Asked:
    """Units asked for; `at_least`: more may be needed, so nothing may be taken away."""

    units: int
    at_least: bool = False


def _month(day: date) -> tuple[date, date]:
    return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])


@dataclass
class Clerk:
    """Knows the terms and all that the source said."""

    terms: Terms
    bill: Bill
    counts: Mapping[date, Count]

    def window(self, day: date) -> tuple[date, date]:
        kind, _, when = self.terms.window.rpartition("_")
        first, last = _month(day) if kind == "calendar_month" else (self.bill.start_of(day), self.bill.end_of(day))
        if when == "current":
            return first, last
        before = first - ONE
        return _month(before) if kind == "calendar_month" else (self.bill.start_of(before), self.bill.end_of(before))

    def whole(self, day: date) -> int | None:
        found = self.counts.get(day)
        return None if found is None or found.partial else found.value

    def basis(self, seen: date) -> tuple[Fraction, bool] | None:
        """The figure that the policy starts from, as seen on a day, and whether it is only a lower bound."""
        first, last = self.window(seen)
        until = min(seen, last)
        if self.terms.basis == "last":
            newest = self.counts.get(until)
            if newest is not None and newest.partial:
                return Fraction(newest.value), True
            for back in range(STALE + 1):
                count = self.whole(until - timedelta(days=back))
                if count is not None:
                    return Fraction(count), False
            return None
        if self.terms.basis in ("first", "day"):
            wanted = first if self.terms.basis == "first" else min(first + timedelta(days=self.terms.day - 1), last)
            count = self.whole(wanted) if wanted <= seen else None
            return None if count is None else (Fraction(count), False)
        days = every_day(first, until)
        known = [count for day in days if (count := self.whole(day)) is not None]
        if not known:
            return None
        if self.terms.basis == "peak":
            return Fraction(max(known)), len(known) < len(days)
        return (Fraction(sum(known), len(known)), False) if 10 * len(known) >= 8 * len(days) else None

    def _round(self, value: Fraction) -> int:
        if self.terms.rounding == "up":
            return ceil(value)
        return floor(value) if self.terms.rounding == "down" else floor(value + Fraction(1, 2))

    def asked(self, seen: date) -> Asked | None:
        """Units, as seen on a day; None where nothing can be said."""
        terms, found = self.terms, self.basis(seen)
        if found is None:
            return None
        start, at_least = found
        units = self._round(max(start - terms.included, Fraction(0)) * terms.multiplier)
        if terms.multiple:
            units = self._round(Fraction(units, terms.multiple)) * terms.multiple
        if terms.pack:
            units = self._round(Fraction(units, terms.pack))
        if start > 0 or not terms.only_if_used:
            units = max(units, terms.minimum)
        if terms.maximum is not None:
            units = min(units, terms.maximum)
        return Asked(units, at_least)


@dataclass
class Levels:
    """The level of each day: it moves where the timing of that direction lets it."""

    clerk: Clerk
    up: str
    down: str
    up_settle: int = 1
    down_settle: int = 1
    cutoff: int = 0

    def until(self, first: date, today: date, units: int) -> dict[date, int]:
        """Level of each day from `first` to `today`."""
        level, found = units, {}
        for day in every_day(first, today):
            level = self._next(day, level, first, today)
            found[day] = level
        return found

    def _next(self, day: date, level: int, first: date, today: date) -> int:
        for rising in (True, False):
            target = self._target(day, level, first, today, rising=rising)
            if target is not None and (target > level if rising else target < level):
                return target
        return level

    def _moves(self, level: int, asked: Asked | None, *, rising: bool) -> bool:
        if asked is None or (asked.at_least and not rising):
            return False
        return asked.units > level if rising else asked.units < level

    def _target(self, day: date, level: int, first: date, today: date, *, rising: bool) -> int | None:
        timing, bill = (self.up if rising else self.down), self.clerk.bill
        if timing == "usage_day":
            return self._stood(day, level, today, rising=rising)
        if timing == "period_start" and day == bill.start_of(day):
            inside = [on for on in self.clerk.counts if max(day, first) <= on <= min(bill.end_of(day), today)]
            return self._of(max(inside), level, rising=rising) if inside else None
        opens = (timing == "next_period" and day == bill.start_of(day)) or (timing == "next_month" and day.day == 1)
        return self._of(day - ONE - timedelta(days=self.cutoff), level, rising=rising) if opens else None

    def _of(self, seen: date, level: int, *, rising: bool) -> int | None:
        asked = self.clerk.asked(seen)
        return asked.units if asked is not None and self._moves(level, asked, rising=rising) else None

    def _stood(self, day: date, level: int, today: date, *, rising: bool) -> int | None:
        settle = self.up_settle if rising else self.down_settle
        days = sorted(on for on in self.clerk.counts if day <= on <= today)[:settle]
        if day not in self.clerk.counts or len(days) < settle:
            return None
        asked = [self.clerk.asked(on) for on in days]
        if not all(self._moves(level, one, rising=rising) for one in asked):
            return None
        units = [one.units for one in asked if one is not None]
        return min(units) if rising else max(units)
