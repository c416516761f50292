"""From levels to dated adjustments: compare the wanted path with the PSA's rows, and keep to what the PSA allows.

An adjustment is a signed delta that moves every later row too, so only the differences of the differences are
sent. Dates outside the contract, in posted periods, or already used on the line are treated as the tenant's
PSA is known to treat them (design section 6).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from trueup.core.contract import (
    DAY,
    Contract,
    UnitRow,
    UnitStep,
    level_on,
    posted_on,
    shifted,
    steps_of,
    units_on,
)
from trueup.core.dates.timing import LevelPath
from trueup.core.money import prorated
from trueup.core.outcome import Adjustment
from trueup.core.period import BillingCalendar
from trueup.core.reason import Reason
from trueup.core.rule import FutureSteps, Timing, TimingPolicy


@dataclass(frozen=True, slots=True)
class PsaHabits:
    """How this tenant's PSA treats a change in a posted period and a second change on one date.

    `posted_period`: proration_item | refuse | unproven; `same_day`: never | reused_at_period_start | merged. `proven`:
    posted items have agreed with the formula of previewed amounts.
    """

    posted_period: str = "unproven"
    same_day: str = "never"
    proven: bool = False


@dataclass(frozen=True, slots=True)
class LineUnits:
    """Units of one line as far as they are known.

    `agreed` are the levels that an earlier plan settled, up to `agreed_until`: they stand in for the PSA's rows on
    those days, and in posted rows beyond, because a posted row is never rewritten and a change may have had to move
    to another date, and
    neither may be sent again. `used_dates` are days on which Trueup has already changed the line. `unbilled` are days
    (both ends inclusive) whose settled levels the PSA could not be told and may be told now: its rows count there.
    """

    rows: tuple[UnitRow, ...]
    agreed: tuple[UnitStep, ...] = ()
    agreed_until: date | None = None
    used_dates: frozenset[date] = frozenset()
    unbilled: tuple[tuple[date, date], ...] = ()

    def on(self, day: date) -> int:
        """Units in force on a day."""
        if self.agreed_until is None or not self.agreed or day < self.agreed[0].start:
            return units_on(self.rows, day)
        if any(first <= day <= last for first, last in self.unbilled):
            return units_on(self.rows, day)
        return self.settled_on(day)

    def settled_on(self, day: date) -> int:
        """Units on a day as they were settled, also where the PSA does not show them."""
        if self.agreed_until is None or not self.agreed or day < self.agreed[0].start:
            return units_on(self.rows, day)
        settled = day <= self.agreed_until or posted_on(self.rows, day)
        return level_on(self.agreed, day) if settled else units_on(self.rows, day)

    def unseen(self, day: date) -> bool:
        """Whether the day lies behind the last row that was read, so that its units are not known."""
        return bool(self.rows) and day > max(row.end for row in self.rows)

    def change_days(self) -> tuple[date, ...]:
        """Days on which the units may change."""
        days = {row.start for row in self.rows} | {step.start for step in self.agreed}
        if self.agreed_until is not None:
            days.add(self.agreed_until + DAY)
        days |= {day for first, last in self.unbilled for day in (first, last + DAY)}
        return tuple(sorted(days))


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Adjustments to send, the steps that the PSA should show afterwards, and why they may not be sent so."""

    adjustments: tuple[Adjustment, ...] = ()
    expected: tuple[UnitStep, ...] = ()
    holds: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()


@dataclass(slots=True)
class _Draft:
    changes: dict[date, int] = field(default_factory=dict)
    holds: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)

    def add(self, day: date, change: int) -> None:
        total = self.changes.get(day, 0) + change
        if total:
            self.changes[day] = total
        else:
            self.changes.pop(day, None)


def _differences(path: LevelPath, units: LineUnits) -> dict[date, int]:
    days = {path.first, *(step.start for step in path.steps)}
    days |= {day for day in units.change_days() if path.first <= day <= path.decided_until}
    changes: dict[date, int] = {}
    carried = 0
    for day in sorted(days):
        difference = path.on(day) - units.on(day)
        if difference != carried:
            changes[day] = difference - carried
            carried = difference
    return changes


def _future_steps(path: LevelPath, units: LineUnits) -> tuple[UnitStep, ...]:
    found: list[UnitStep] = []
    last = units.on(path.decided_until)
    for day in units.change_days():
        if day > path.decided_until and units.on(day) != last:
            last = units.on(day)
            found.append(UnitStep(day, last))
    return tuple(found)


class _Placing:
    """Puts each change on a date that the PSA takes."""

    def __init__(
        self, policy: TimingPolicy, billing: BillingCalendar, contract: Contract, units: LineUnits, habits: PsaHabits
    ) -> None:
        self.policy = policy
        self.billing = billing
        self.contract = contract
        self.units = units
        self.habits = habits

    def _used(self, day: date) -> bool:
        if self.habits.same_day == "merged":
            return False
        starts_period = self.billing.period_of(day).start == day
        if starts_period:
            return day in self.units.used_dates and self.habits.same_day != "reused_at_period_start"
        return day in self.units.used_dates or any(row.start == day for row in self.units.rows)

    def _timing(self, change: int) -> Timing:
        return self.policy.increase if change > 0 else self.policy.decrease

    def place(self, draft: _Draft, day: date, change: int, price: Decimal | None) -> None:
        if posted_on(self.units.rows, day):
            self._after_posting(draft, day, change)
        if self._used(day):
            if self._timing(change) is not Timing.USAGE_DAY:
                draft.holds.append(Reason.of("held.date_taken", day=day, change=change))
            else:
                day = self._next_free(draft, day, change, price)
        if self.contract.end is not None and day > self.contract.end:
            draft.holds.append(Reason.of("held.contract_ends", end=self.contract.end, day=day, change=change))
            return
        draft.add(day, change)

    def _next_free(self, draft: _Draft, day: date, change: int, price: Decimal | None) -> date:
        free = day
        while self._used(free):
            free += DAY
        period, moved = self.billing.period_of(day), self.billing.period_of(free)
        cents = None
        if price is not None:
            cents = prorated(change, price, day, period) - (
                prorated(change, price, free, moved) if moved == period else Decimal(0)
            )
        draft.notes.append(Reason.of("note.date_moved", day=day, moved_to=free, change=change, difference=cents))
        return free

    def _after_posting(self, draft: _Draft, day: date, change: int) -> None:
        if self.habits.posted_period == "proration_item":
            draft.notes.append(Reason.of("note.posted_proration", day=day, change=change))
        else:
            draft.holds.append(Reason.of("held.posted_unproven", day=day, change=change))


def _from_open_period(path: LevelPath, units: LineUnits) -> LevelPath:
    """The path as a PSA can follow it that refuses changes in posted periods: it begins with the first open row."""
    closed = [row for row in units.rows if row.posted is not None and row.end >= path.first]
    if not closed:
        return path
    start = max(row.end for row in closed) + DAY
    later = tuple(step for step in path.steps if step.start > start)
    return LevelPath(start, (UnitStep(start, path.on(start)), *later), max(path.decided_until, start), path.pending)


def _shortfall(
    path: LevelPath, units: LineUnits, billing: BillingCalendar, price: Decimal | None
) -> tuple[Reason, ...]:
    """What a refusing PSA will not bill for the posted days, one note for each step that lies in them."""
    found: list[Reason] = []
    level = units.on(path.first)
    for step in path.steps:
        change = step.units - level
        level = step.units
        if change and posted_on(units.rows, step.start):
            amount = prorated(change, price, step.start, billing.period_of(step.start)) if price is not None else None
            found.append(Reason.of("note.posted_shortfall", day=step.start, change=change, amount=amount))
    return tuple(found)


def adjust(
    path: LevelPath,
    units: LineUnits,
    line_id: str,
    price: Decimal | None,
    contract: Contract,
    billing: BillingCalendar,
    policy: TimingPolicy,
    habits: PsaHabits,
) -> Adjusted:
    """The adjustments that bring the PSA's units onto the path, each with its amount to the cent."""
    draft = _Draft()
    if habits.posted_period == "refuse":
        wanted, path = path, _from_open_period(path, units)
        if _differences(path, units):
            draft.notes.extend(_shortfall(wanted, units, billing, price))
    differences = _differences(path, units)
    future = _future_steps(path, units)
    placing = _Placing(policy, billing, contract, units, habits)
    unseen = next((day for day in differences if units.unseen(day) and contract.covers(day)), None)
    if unseen is not None:  # units that were not read are not zero
        draft.holds.append(Reason.of("held.rows_not_read", day=unseen))
        differences = {}
    for day, change in differences.items():
        placing.place(draft, day, change, price)
    if draft.changes and future:
        _treat_future(draft, path, units, future, policy.future_steps)
    made: list[Adjustment] = []
    rows = units.rows
    for day in sorted(draft.changes):
        change = draft.changes[day]
        period = billing.period_of(day)
        amount = prorated(change, price, day, period) if price is not None else None
        full = prorated(change, price, period.start, period) if price is not None else None
        made.append(Adjustment(line_id, day, change, amount, full, period.start, period.end, not habits.proven))
        if period.assumed and not any(hold.code == "held.period_assumed" for hold in draft.holds):
            draft.holds.append(Reason.of("held.period_assumed", start=period.start, end=period.end))
        rows = shifted(rows, day, change)
    lowest = min((row.units for row in rows), default=0)
    if made and lowest < 0:
        draft.holds.append(Reason.of("held.would_go_negative", units=lowest))
    expected = steps_of(rows) if rows else _steps_without_rows(made)
    if made and rows:
        expected = _beyond(expected, rows, sum(one.change for one in made))
    return Adjusted(tuple(made), expected, tuple(draft.holds), tuple(draft.notes))


def _treat_future(
    draft: _Draft, path: LevelPath, units: LineUnits, future: tuple[UnitStep, ...], choice: FutureSteps
) -> None:
    first = future[0]
    if choice is FutureSteps.ABSORB:
        before = units.on(path.decided_until)
        for step in future:
            draft.add(step.start, before - step.units)
            before = step.units
        return
    reason = Reason.of("held.future_steps", day=first.start, units=first.units, steps=len(future))
    (draft.holds if choice is FutureSteps.HOLD else draft.notes).append(reason)


def _beyond(steps: tuple[UnitStep, ...], rows: tuple[UnitRow, ...], change: int) -> tuple[UnitStep, ...]:
    """The steps with what a change inside a posted last row does to the rows behind it, which were not read."""
    last = max(rows, key=lambda row: row.end)
    if last.posted is None:
        return steps
    return (*steps, UnitStep(last.end + DAY, last.units + change))


def _steps_without_rows(made: list[Adjustment]) -> tuple[UnitStep, ...]:
    level = 0
    steps: list[UnitStep] = []
    for adjustment in made:
        level += adjustment.change
        steps.append(UnitStep(adjustment.day, level))
    return tuple(steps)


def money_steps(adjusted: Adjusted) -> tuple[Reason, ...]:
    """Each adjustment with its period and its amounts, as the chain of reasons shows it."""
    return tuple(
        Reason.of(
            "step.adjustment",
            day=adjustment.day,
            change=adjustment.change,
            amount=adjustment.amount,
            recurring=adjustment.recurring,
            period_start=adjustment.period_start,
            period_end=adjustment.period_end,
        )
        for adjustment in adjusted.adjustments
    )
