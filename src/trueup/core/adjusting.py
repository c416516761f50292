"""From levels to dated adjustments: compare the wanted path with the PSA's rows, and keep to what the PSA allows.

An adjustment is a signed delta that moves every later row too, so only the differences of the differences are
sent. Dates outside the contract, in posted periods, or already used on the line are treated as the tenant's
PSA is known to treat them (design section 6).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from trueup.core.contract import DAY, Contract, UnitRow, UnitStep, row_on, shifted, steps_of, units_on
from trueup.core.money import prorated
from trueup.core.outcome import Adjustment
from trueup.core.period import BillingCalendar
from trueup.core.reason import Reason
from trueup.core.rule import FutureSteps, Timing, TimingPolicy
from trueup.core.timing import LevelPath


@dataclass(frozen=True, slots=True)
class PsaHabits:
    """How this tenant's PSA treats a change in a posted period and a second change on one date.

    `posted_period`: proration_item | refuse | unproven; `same_day`: never | reused_at_period_start | merged.
    """

    posted_period: str = "unproven"
    same_day: str = "never"


@dataclass(frozen=True, slots=True)
class LineUnits:
    """Units of one line as far as they are known.

    `remembered` are the steps that were agreed with when the line was last looked at: they stand in for posted
    rows, which the PSA does not rewrite. `used_dates` are days on which Trueup has already changed the line.
    """

    rows: tuple[UnitRow, ...]
    remembered: tuple[UnitStep, ...] = ()
    used_dates: frozenset[date] = frozenset()

    def on(self, day: date) -> int:
        """Units in force on a day."""
        row = row_on(self.rows, day)
        if row is not None and row.posted is not None and self.remembered and self.remembered[0].start <= day:
            return max((step for step in self.remembered if step.start <= day), key=lambda step: step.start).units
        return row.units if row is not None else 0

    def change_days(self) -> tuple[date, ...]:
        """Days on which the units may change."""
        return tuple(sorted({row.start for row in self.rows} | {step.start for step in self.remembered}))


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Adjustments to send, what they lead to, and why they may not be sent as they stand."""

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
        row = row_on(self.units.rows, day)
        if row is not None and row.posted is not None:
            day = self._after_posting(draft, day, change, price)
        if self.contract.end is not None and day > self.contract.end:
            draft.holds.append(Reason.of("held.contract_ends", end=self.contract.end, day=day, change=change))
            return
        if self._used(day):
            if self._timing(change) is not Timing.USAGE_DAY:
                draft.holds.append(Reason.of("held.date_taken", day=day, change=change))
            else:
                day = self._next_free(draft, day, change, price)
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

    def _after_posting(self, draft: _Draft, day: date, change: int, price: Decimal | None) -> date:
        if self.habits.posted_period == "proration_item":
            draft.notes.append(Reason.of("note.posted_proration", day=day, change=change))
            return day
        if self.habits.posted_period == "unproven":
            draft.holds.append(Reason.of("held.posted_unproven", day=day, change=change))
            return day
        open_days = [row.start for row in self.units.rows if row.posted is None and row.start > day]
        moved = min(open_days, default=None)
        if moved is None:
            draft.holds.append(Reason.of("held.posted_period", day=day, change=change))
            return day
        shortfall = prorated(change, price, day, self.billing.period_of(day)) if price is not None else None
        draft.notes.append(Reason.of("note.posted_shortfall", day=day, moved_to=moved, change=change, amount=shortfall))
        return moved


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
    differences = _differences(path, units)
    future = _future_steps(path, units)
    draft = _Draft()
    placing = _Placing(policy, billing, contract, units, habits)
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
        made.append(Adjustment(line_id, day, change, amount, full, period.start, period.end))
        if period.assumed and not any(hold.code == "held.period_assumed" for hold in draft.holds):
            draft.holds.append(Reason.of("held.period_assumed", start=period.start, end=period.end))
        rows = shifted(rows, day, change)
    lowest = min((row.units for row in rows), default=0)
    if made and lowest < 0:
        draft.holds.append(Reason.of("held.would_go_negative", units=lowest))
    return Adjusted(tuple(made), _expected(units, made, rows), tuple(draft.holds), tuple(draft.notes))


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


def _expected(units: LineUnits, made: list[Adjustment], rows: tuple[UnitRow, ...]) -> tuple[UnitStep, ...]:
    """Steps that the PSA should show afterwards, with the posted rows' days as they were agreed."""
    if not rows:
        return _steps_without_rows(made)
    if not units.remembered and not any(row.posted for row in rows):
        return steps_of(rows)
    days = sorted({*units.change_days(), *(adjustment.day for adjustment in made)})
    steps: list[UnitStep] = []
    for day in days:
        level = units.on(day) + sum(adjustment.change for adjustment in made if adjustment.day <= day)
        if not steps or steps[-1].units != level:
            steps.append(UnitStep(day, level))
    return tuple(steps)


def _steps_without_rows(made: list[Adjustment]) -> tuple[UnitStep, ...]:
    level = 0
    steps: list[UnitStep] = []
    for adjustment in made:
        level += adjustment.change
        steps.append(UnitStep(adjustment.day, level))
    return tuple(steps)


def units_now(units: LineUnits, day: date) -> int:
    """Units in force on a day, remembered ones in posted periods included."""
    return units.on(day) if units.remembered else units_on(units.rows, day)
