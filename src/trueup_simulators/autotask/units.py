"""What changes unit rows: adjustments with their splits, and contracts that end earlier or later.

Autotask REST, ContractServiceAdjustments and ContractServiceUnits pages; what they leave open is chosen in
docs/decisions/0043-autotask-simulator-units.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from trueup_simulators.autotask.periods import ONE_DAY, months_after, period_containing, periods_between
from trueup_simulators.autotask.switches import Switches
from trueup_simulators.autotask.unit_rows import Line, UnitRow, UnitTable

POSTED_TEXT = (
    "Unable to make changes as it would result in the deletion/modification of an already approved and posted "
    "contract period"
)
_DUPLICATE_TEXT = (
    "Attempt to insert duplicate data into contract_service_period. The contract service already has a period "
    "with the same start date and end date."
)
_NEGATIVE_TEXT = "The unitChange would result in a negative number of units."
_INT32 = 2**31 - 1


class UnitRefusalError(Exception):
    """The change is not possible; the text is what the API answers."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a contract says about periods: first and last day, and the length in months."""

    start: date
    end: date
    months: int


@dataclass(frozen=True, slots=True)
class Rates:
    """Unit price and unit cost, in contract currency, that new rows of a line start with."""

    price: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Change:
    """A signed change of units from a day on, and perhaps another price or cost from that day on."""

    day: date
    units: int
    adjustment_id: int | None
    price: Decimal | None = None
    cost: Decimal | None = None
    by_person: bool = False
    """Made in the user interface, where a second change of the same day is merged."""


@lru_cache(maxsize=4_096)
def _periods(anchor: date, length: int, first: date, last: date) -> tuple[tuple[date, date], ...]:
    return tuple(periods_between(anchor, length, first, last))


class UnitEngine:
    """Applies changes to the rows of one `UnitTable`."""

    def __init__(self, table: UnitTable, switches: Callable[[], Switches], today: Callable[[], date]) -> None:
        self._table = table
        self._switches = switches
        self._today = today

    def last_day(self, terms: Terms, at_least: date) -> date:
        """The last day that rows exist for: the contract's end, or a horizon when it ends far away."""
        horizon = months_after(max(self._today(), at_least), self._switches().period_horizon_months)
        if terms.end <= horizon or horizon < terms.start:
            return terms.end
        return min(terms.end, period_containing(terms.start, terms.months, horizon)[1])

    def adjust(self, line: Line, terms: Terms, rates: Rates, change: Change) -> tuple[int, int]:
        """Apply a change; units before and after on its day. Raises `UnitRefusalError` and then changed nothing."""
        row = line.at(change.day)
        self._refuse_same_day(line, row, change)
        for touched in [row, *self._later(line, change.day)]:
            self._refuse_touching(touched, change)
        if row is None:
            self._cover(line, terms, rates, change)
            row = line.at(change.day)
            if row is None:
                raise AssertionError("rows were made to cover the day")
        later = self._later(line, change.day)
        before = row.units
        moved = self._shift(row, change.day, later[0].start - ONE_DAY if later else row.end, change, None)
        charged = row.period_start
        for position, following in enumerate(later):
            ends = later[position + 1].start - ONE_DAY if position + 1 < len(later) else following.end
            covered = moved if following.period_start == charged else None
            moved = self._shift(following, following.start, min(ends, following.end), change, covered)
            charged = following.period_start
        line.adjusted_days.add(change.day)
        return before, before + change.units

    def _later(self, line: Line, day: date) -> list[UnitRow]:
        """Rows in force that start after a day; a row beneath another of the same start is not in force."""
        newest = {row.start: row for row in line.rows if row.start > day}
        return list(newest.values())

    def _refuse_same_day(self, line: Line, row: UnitRow | None, change: Change) -> None:
        rule = self._switches().same_day_duplicate
        if change.by_person or rule == "merge":
            return
        splits_again = row is not None and row.start == change.day != row.period_start
        if splits_again or (rule == "reject_always" and change.day in line.adjusted_days):
            raise UnitRefusalError(_DUPLICATE_TEXT)

    def _refuse_touching(self, row: UnitRow | None, change: Change) -> None:
        units = change.units + (0 if row is None else row.units)
        if units < 0:
            raise UnitRefusalError(_NEGATIVE_TEXT)
        if units > _INT32:
            raise UnitRefusalError("Arithmetic overflow error converting expression to data type int.")
        if row is not None and row.posted is not None and self._switches().posted_period == "refuse":
            raise UnitRefusalError(POSTED_TEXT)

    def _shift(self, row: UnitRow, start: date, end: date, change: Change, covered: Decimal | None) -> Decimal:
        """Let `change` be in force in this row from `start`; by how much the amount of a whole period moves.

        `covered` is what an earlier row of the same period already bills of the change, to the period's end.
        """
        before = row.amount
        price = row.unit_price if change.price is None else change.price
        cost = row.unit_cost if change.cost is None else change.cost
        if row.posted is None and row.start == start:
            row.units += change.units
            row.unit_price, row.unit_cost = price, cost
            if covered is not None:
                row.carried_units += change.units
                row.carried_amount += covered
            return row.amount - before
        if row.posted is None:
            row.end = start - ONE_DAY
            if self._switches().split_row_ids == "renumber":
                self._table.renumber(row)
        made = self._table.add(
            UnitRow(
                id=self._table.new_id(),
                line=row.line,
                start=start,
                end=end,
                units=row.units + change.units,
                unit_price=price,
                unit_cost=cost,
                period_start=row.period_start,
                period_end=row.period_end,
                adjustment_id=change.adjustment_id,
                carried_units=row.units if covered is None else row.units + change.units,
                carried_amount=before if covered is None else before + covered,
            )
        )
        return made.amount - before

    def _cover(self, line: Line, terms: Terms, rates: Rates, change: Change) -> None:
        """Make rows so that the day of the change and all days after it have one."""
        if not line.rows:
            self._fill(line, terms, rates, 0, change.day, self.last_day(terms, change.day), change.adjustment_id)
        elif change.day < line.rows[0].start:
            last = line.rows[0].start - ONE_DAY
            self._fill(line, terms, rates, 0, change.day, last, change.adjustment_id)
        else:
            self.prolong(line, terms, self.last_day(terms, change.day))

    def _fill(
        self,
        line: Line,
        terms: Terms,
        rates: Rates,
        units: int,
        first: date,
        last: date,
        adjustment_id: int | None,
    ) -> None:
        for start, end in _periods(terms.start, terms.months, first, last):
            self._table.add(
                UnitRow(
                    id=self._table.new_id(),
                    line=line,
                    start=max(start, first),
                    end=min(end, last),
                    units=units,
                    unit_price=rates.price,
                    unit_cost=rates.cost,
                    period_start=start,
                    period_end=end,
                    adjustment_id=None if start >= first else adjustment_id,
                )
            )

    def prolong(self, line: Line, terms: Terms, last: date) -> None:
        """Continue a line's rows with the units it ends with, through `last`; nothing on a line without rows."""
        ending = max(line.rows, key=lambda row: (row.end, row.id), default=None)
        if ending is None or ending.end >= last:
            return
        rest_of_period = min(ending.period_end, last)
        if ending.end < rest_of_period and ending.posted is None:
            ending.end = rest_of_period
        if ending.end < last:
            rates = Rates(ending.unit_price, ending.unit_cost)
            self._fill(line, terms, rates, ending.units, ending.end + ONE_DAY, last, None)

    def shorten(self, line: Line, last: date, *, even_posted: bool = False) -> None:
        """Remove what lies after `last`. Raises `UnitRefusalError` when that is approved and posted."""
        if not even_posted:
            self.refuse_shortening(line, last)
        for row in list(line.rows):
            if row.start > last:
                self._table.remove(row)
            elif row.end > last:
                row.end = last
        line.adjusted_days = {day for day in line.adjusted_days if day <= last}

    def refuse_shortening(self, line: Line, last: date) -> None:
        """Raise `UnitRefusalError` when something approved and posted lies after `last`."""
        if any(row.posted is not None and row.end > last for row in line.rows):
            raise UnitRefusalError(POSTED_TEXT)
