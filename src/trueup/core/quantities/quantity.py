"""From usage by day to whole units: basis over a window, then the policy's steps in their fixed order.

basis -> minus included (not below 0) -> x multiplier -> rounding -> multiples or packs -> minimum -> maximum.
Silence is never zero: a day that was not measured gives no quantity of its own (design law 1, section 5 "gaps").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

from trueup.core.contract import DAY
from trueup.core.period import BillingCalendar, Period, month_of
from trueup.core.reason import Reason
from trueup.core.rule import Basis, Override, QuantityPolicy, Rounding, Window
from trueup.core.usage import Coverage

_EXACT = Context(prec=40)
_ROUNDING = {Rounding.UP: ROUND_CEILING, Rounding.NEAREST: ROUND_HALF_UP, Rounding.DOWN: ROUND_FLOOR}
_AVERAGE_SHARE = Decimal("0.8")
_GRAIN = Decimal("1e-12")
"""What a division may leave over counts for nothing: a third of 5, three times, is 5 and not a unit more
(docs/decisions/0007-rounding-after-division.md)."""


@dataclass(frozen=True, slots=True)
class DayQuantity:
    """Value of a rule's expression on one usage day. `value` is None where nothing may be concluded; with coverage
    `partial` it is the measured part, and `grows` says that the whole cannot be less than that part."""

    value: Decimal | None
    coverage: Coverage
    grows: bool = False


@dataclass(frozen=True, slots=True)
class Quantity:
    """Units that a line should have as seen on one usage day, or the reason why that cannot be said.

    `only_raise`: the figure is a lower bound (a gap in a peak, a partial source), so it may raise units and never
    lower them. `source_day` is the day that gave the figure, None for an override or an average.
    """

    units: int | None
    basis: Decimal | None = None
    source_day: date | None = None
    only_raise: bool = False
    problem: Reason | None = None
    steps: tuple[Reason, ...] = ()


def window_of(window: Window, day: date, billing: BillingCalendar) -> Period:
    """The days that a basis looks at, as seen from a usage day."""
    if window in (Window.CALENDAR_MONTH_CURRENT, Window.CALENDAR_MONTH_PREVIOUS):
        current = month_of(day)
        return current if window is Window.CALENDAR_MONTH_CURRENT else month_of(current.start - DAY)
    current = billing.period_of(day)
    return current if window is Window.BILLING_PERIOD_CURRENT else billing.period_of(current.start - DAY)


def _measured(daily: Mapping[date, DayQuantity], day: date) -> Decimal | None:
    found = daily.get(day)
    return found.value if found is not None and found.coverage is Coverage.MEASURED else None


@dataclass(frozen=True, slots=True)
class _BasisResult:
    value: Decimal | None
    day: date | None = None
    only_raise: bool = False
    problem: Reason | None = None


def _last(daily: Mapping[date, DayQuantity], until: date, stale_days: int) -> _BasisResult:
    newest = daily.get(until)
    if newest is not None and newest.coverage is Coverage.PARTIAL and newest.grows and newest.value is not None:
        return _BasisResult(newest.value, until, only_raise=True)
    for back in range(stale_days + 1):
        day = until - timedelta(days=back)
        value = _measured(daily, day)
        if value is not None:
            return _BasisResult(value, day)
    earlier = [day for day in daily if day <= until and _measured(daily, day) is not None]
    last_day = max(earlier, default=None)
    return _BasisResult(None, problem=Reason.of("held.stale", day=until, last_measured=last_day, days=stale_days))


def _over_window(
    policy: QuantityPolicy, daily: Mapping[date, DayQuantity], window: Period, until: date
) -> _BasisResult:
    days = [window.start + timedelta(days=place) for place in range((until - window.start).days + 1)]
    values = [(value, day) for day in days if (value := _measured(daily, day)) is not None]
    if not values:
        return _BasisResult(None, problem=Reason.of("held.unmeasured", first=window.start, last=until))
    if policy.basis is Basis.PEAK:
        value, day = max(values, key=lambda found: found[0])
        return _BasisResult(value, day, only_raise=len(values) < len(days))
    if Decimal(len(values)) < _AVERAGE_SHARE * len(days):
        return _BasisResult(
            None,
            problem=Reason.of(
                "held.too_few_days", measured=len(values), days=len(days), first=window.start, last=until
            ),
        )
    total = sum((value for value, _ in values), Decimal(0))
    return _BasisResult(_EXACT.divide(total, Decimal(len(values))))


def _on_day(daily: Mapping[date, DayQuantity], wanted: date, seen: date) -> _BasisResult:
    if wanted > seen:
        return _BasisResult(None, problem=Reason.of("scheduled.basis_day", day=wanted))
    value = _measured(daily, wanted)
    if value is None:
        return _BasisResult(None, problem=Reason.of("held.unmeasured", first=wanted, last=wanted))
    return _BasisResult(value, wanted)


def _basis(
    policy: QuantityPolicy, daily: Mapping[date, DayQuantity], day: date, billing: BillingCalendar, stale_days: int
) -> _BasisResult:
    window = window_of(policy.window, day, billing)
    until = min(day, window.end)
    if policy.basis is Basis.LAST:
        return _last(daily, until, stale_days)
    if policy.basis is Basis.FIRST:
        return _on_day(daily, window.start, day)
    if policy.basis is Basis.DAY:
        number = policy.day or 1
        return _on_day(daily, min(window.start + timedelta(days=number - 1), window.end), day)
    return _over_window(policy, daily, window, until)


def _applies(since: date | None, until: date | None, day: date) -> bool:
    return (since is None or since <= day) and (until is None or day <= until)


def _grained(value: Decimal) -> Decimal:
    return value.quantize(_GRAIN, rounding=ROUND_HALF_EVEN, context=_EXACT)


def _whole(value: Decimal, rounding: Rounding) -> int:
    return int(_grained(value).quantize(Decimal(1), rounding=_ROUNDING[rounding], context=_EXACT))


def _in_steps(units: int, size: int, rounding: Rounding) -> int:
    return _whole(_EXACT.divide(Decimal(units), Decimal(size)), rounding)


def units_from(policy: QuantityPolicy, basis: Decimal, day: date) -> tuple[int, tuple[Reason, ...]]:
    """Apply the policy's steps to a basis; also returns each step that changed something, with its numbers."""
    steps: list[Reason] = []
    value = basis
    if policy.included:
        value = max(value - policy.included, Decimal(0))
        steps.append(Reason.of("step.included", included=policy.included, result=value))
    if policy.multiplier != 1:
        value = _EXACT.multiply(value, policy.multiplier)
        steps.append(Reason.of("step.multiplier", multiplier=policy.multiplier, result=value))
    units = _whole(value, policy.rounding)
    if units != _grained(value):
        steps.append(Reason.of("step.rounding", rounding=policy.rounding.value, value=value, result=units))
    if policy.round_to_multiple:
        units = _in_steps(units, policy.round_to_multiple, policy.rounding) * policy.round_to_multiple
        steps.append(Reason.of("step.round_to_multiple", multiple=policy.round_to_multiple, result=units))
    if policy.pack_size:
        units = _in_steps(units, policy.pack_size, policy.rounding)
        steps.append(Reason.of("step.pack_size", size=policy.pack_size, result=units))
    used = basis > 0 or not policy.only_if_used
    if policy.minimum is not None and used and _applies(policy.minimum_from, policy.minimum_until, day):
        if units < policy.minimum:
            steps.append(Reason.of("step.minimum", minimum=policy.minimum, result=policy.minimum))
        units = max(units, policy.minimum)
    if policy.maximum is not None and _applies(policy.maximum_from, policy.maximum_until, day):
        if units > policy.maximum:
            steps.append(Reason.of("step.maximum", maximum=policy.maximum, result=policy.maximum))
        units = min(units, policy.maximum)
    if policy.offset:
        units = max(units + policy.offset, 0)
        steps.append(Reason.of("step.offset", offset=policy.offset, result=units))
    return units, tuple(steps)


def quantity_on(
    policy: QuantityPolicy,
    override: Override | None,
    daily: Mapping[date, DayQuantity],
    day: date,
    billing: BillingCalendar,
    stale_days: int,
) -> Quantity:
    """Units wanted as seen on `day`. `daily` holds the value of the rule's expression for each collected usage day."""
    if override is not None and override.covers(day):
        step = Reason.of("step.override", units=override.units, reason=override.reason, until=override.until)
        return Quantity(override.units, steps=(step,))
    found = _basis(policy, daily, day, billing, stale_days)
    if found.value is None:
        return Quantity(None, problem=found.problem)
    first = Reason.of("step.basis", basis=policy.basis.value, value=found.value, day=found.day)
    units, steps = units_from(policy, found.value, day)
    only_raise = found.only_raise
    return Quantity(units, found.value, found.day, only_raise, None, (first, *steps))
